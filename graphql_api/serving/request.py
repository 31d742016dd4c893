"""What was sent, read against a plan: typed columns, or every problem at once."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import msgspec

from graphql_api.domain.times import parse_rfc3339
from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import Scalar
from graphql_api.errors import InvalidInput, LimitExceeded, Problem
from graphql_api.serving.plan import PlannedView, RequestColumn

PROBLEMS_A_COLUMN = 5
_INT64 = range(-(2**63), 2**63)
_DECIMAL = re.compile(r"-?\d{1,19}", re.ASCII)
_encode_key = msgspec.msgpack.Encoder().encode

Column = list[Scalar | list[Scalar | None] | None]


@dataclass(frozen=True, slots=True)
class Request:
    """`columns` in the order of the plan's request columns."""

    rows: int
    columns: tuple[Column, ...]


def read_request(
    wanted: Sequence[RequestColumn], entities: object, request_data: object = None, *, most_rows: int
) -> Request:
    """Join keys from `entities`, other values from `request_data`. A column that nothing needs is ignored.

    Raises InvalidInput, LimitExceeded for too many entities."""
    if not isinstance(entities, Mapping):
        raise _invalid([Problem("entities", "Send an object of columns.", '{"tailnum": ["N14228", "N24211"]}')])
    if request_data is not None and not isinstance(request_data, Mapping):
        raise _invalid([Problem("requestData", "Send an object of columns.", '{"sched_hour": [7, 18]}')])
    sent = cast(Mapping[str, object], entities)
    data = cast(Mapping[str, object], request_data or {})
    problems: list[Problem] = []
    lists: dict[str, Sequence[object]] = {}
    for column in wanted:
        held = data if column.entity_id is None else sent
        values = held.get(column.name)
        path = _path(column)
        if column.name not in held:
            problems.append(Problem(path, f"The request column {column.name!r} is missing.", _shape(column.name)))
        elif not isinstance(values, list | tuple):
            problems.append(Problem(path, "A column is a list, one value an entity.", _shape(column.name)))
        else:
            lists[column.name] = cast(Sequence[object], values)
    rows = _rows(lists, sent, problems)
    if rows > most_rows:
        raise LimitExceeded(f"{rows} entities are asked for; a look-up takes at most {most_rows}.")
    columns = tuple(
        _read_column(_path(column), column.value_type, lists[column.name], problems)
        for column in wanted
        if column.name in lists
    )
    if problems:
        raise _invalid(problems)
    return Request(rows, columns)


def _path(column: RequestColumn) -> str:
    return f"{'requestData' if column.entity_id is None else 'entities'}.{column.name}"


def keys_of(view: PlannedView, request: Request) -> list[bytes | None]:
    """The key of each entity's row in a view; None where a part of it is null."""
    prefix = view.key_prefix
    if not view.key_columns:
        return [prefix + _encode_key(())] * request.rows
    columns = [request.columns[at] for at in view.key_columns]
    if any(None in column for column in columns):
        return [None if None in keys else prefix + _encode_key(keys) for keys in zip(*columns, strict=True)]
    return [prefix + _encode_key(keys) for keys in zip(*columns, strict=True)]


def _invalid(problems: Sequence[Problem]) -> InvalidInput:
    return InvalidInput(f"The look-up is not valid: {problems[0].path}: {problems[0].message}", problems)


def _shape(name: str) -> str:
    return f'{{"{name}": [...]}}'


def _rows(needed: Mapping[str, Sequence[object]], sent: Mapping[str, object], problems: list[Problem]) -> int:
    """Where no column is needed, whatever was sent says how many rows are asked for; one, if nothing was."""
    counted = needed or {
        name: cast(Sequence[object], values) for name, values in sent.items() if isinstance(values, list | tuple)
    }
    lengths = {name: len(values) for name, values in counted.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        problems.append(Problem("entities", f"Columns must be equally long: {told}."))
    return max(lengths.values(), default=1)


def _read_column(path: str, value_type: ValueType, values: Sequence[object], problems: list[Problem]) -> Column:
    if _is_as_it_should(value_type, values):
        return cast(Column, list(values))
    read, wanted = _READERS[value_type]
    column: Column = []
    refused = 0
    for at, value in enumerate(values):
        try:
            column.append(None if value is None else read(value))
        except ValueError:
            refused += 1
            if refused <= PROBLEMS_A_COLUMN:
                problems.append(Problem(f"{path}[{at}]", f"{_told(value)} is not {wanted}."))
    if refused > PROBLEMS_A_COLUMN:
        problems.append(Problem(path, f"{refused - PROBLEMS_A_COLUMN} more values are not {wanted}."))
    return column


def _is_as_it_should(value_type: ValueType, values: Sequence[object]) -> bool:
    """The usual case, without a step in Python for each value."""
    kinds = set(map(type, values)) - {type(None)}
    if value_type is ValueType.STRING:
        return kinds <= {str} and _is_unicode("".join(cast(list[str], [v for v in values if v is not None])))
    if value_type is ValueType.BOOL:
        return kinds <= {bool}
    return not kinds


def _is_unicode(text: str) -> bool:
    """JSON can write half of a surrogate pair, which is no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _told(value: object) -> str:
    text = msgspec.json.encode(value).decode() if not isinstance(value, str) or _is_unicode(value) else ascii(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _int64(value: object) -> int:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = int(value)
    if type(value) is not int or value not in _INT64:
        raise ValueError
    return value


def _string(value: object) -> str:
    if not isinstance(value, str) or not _is_unicode(value):
        raise ValueError
    return value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _timestamp(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError
    return parse_rfc3339(value)


def _float64(value: object) -> float:
    if type(value) not in (int, float):
        raise ValueError
    number = float(cast("int | float", value))
    if not math.isfinite(number):
        raise ValueError
    return number


def _list_of(read: Callable[[object], Scalar]) -> Callable[[object], list[Scalar | None]]:
    def read_list(value: object) -> list[Scalar | None]:
        if not isinstance(value, list):
            raise ValueError
        return [None if one is None else read(one) for one in cast("list[object]", value)]

    return read_list


_READERS: dict[ValueType, tuple[Callable[[object], Scalar | list[Scalar | None]], str]] = {
    ValueType.INT64: (_int64, "an INT64: a whole number from -2^63 to 2^63 - 1, or one as a decimal string"),
    ValueType.STRING: (_string, "a STRING"),
    ValueType.BOOL: (_bool, "a BOOL"),
    ValueType.TIMESTAMP: (_timestamp, "a TIMESTAMP: RFC 3339 with an offset, such as 2026-11-24T23:39:34Z"),
    ValueType.FLOAT64: (_float64, "a FLOAT64: a finite number"),
    ValueType.BOOL_LIST: (_list_of(_bool), "a BOOL_LIST: a list of BOOLs and nulls"),
    ValueType.INT64_LIST: (_list_of(_int64), "an INT64_LIST: a list of whole numbers and nulls"),
    ValueType.FLOAT64_LIST: (_list_of(_float64), "a FLOAT64_LIST: a list of finite numbers and nulls"),
    ValueType.STRING_LIST: (_list_of(_string), "a STRING_LIST: a list of STRINGs and nulls"),
}

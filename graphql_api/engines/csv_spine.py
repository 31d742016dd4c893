"""A CSV as a spine: what the join wants of it is read as that, and the rest keeps its values."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from graphql_api.domain.types import ValueType
from graphql_api.engines.csv_columns import WIDE, is_naive, kept_types, kept_value, wanted_value
from graphql_api.engines.csv_files import CSV_TABLE, CsvFile, line_of, load_csv
from graphql_api.engines.join_shapes import SpineProblem
from graphql_api.engines.shapes import FileColumn
from graphql_api.engines.text import quoted
from graphql_api.engines.types import is_list

_SHOWN = 40
"""Characters of a value that are told."""
_ACCEPTED = {
    ValueType.BOOL: "Write true or false, and nothing where there is no value.",
    ValueType.INT64: "Write whole numbers such as 42, and nothing where there is none.",
    ValueType.FLOAT64: "Write numbers such as 1.5, and nothing where there is none.",
    ValueType.TIMESTAMP: (
        "Write it as 2026-01-31T12:00:00Z, or with another offset or time zone behind it; one without is of UTC. Write "
        "nothing where there is none."
    ),
}


@dataclass(frozen=True, slots=True)
class CsvSpine:
    """`relation`: FROM what SQL reads `columns`. `is_naive`: an event timestamp has no offset. `problems`: of values,
    the first of each column."""

    columns: list[FileColumn]
    relation: str
    problems: list[SpineProblem]
    is_naive: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    text: str
    name: str
    value_type: ValueType

    @property
    def widest(self) -> str:
        return wanted_value(self.text, self.value_type, is_wide=True)

    @property
    def value(self) -> str:
        return wanted_value(self.text, self.value_type)


def read_csv_spine(
    connection: duckdb.DuckDBPyConnection, file: CsvFile, wanted: Sequence[tuple[str, ValueType]], event: str
) -> CsvSpine:
    """`wanted`: names of columns, as which types. Makes `__csv`."""
    load_csv(connection, file)
    texts = {name: f"c{at}" for at, name in enumerate(file.names)}
    typed = [
        _Wanted(text, name, value_type)
        for name, text in texts.items()
        if (value_type := _type_of(name, wanted, event)) is not None
    ]
    problems, wide = _look_at(connection, file, typed)
    values = {one.name: (one.widest, WIDE) if one.name in wide else (one.value, one.value_type.sql) for one in typed}
    kept = kept_types(connection, CSV_TABLE, [text for name, text in texts.items() if name not in values])
    for name, text in texts.items():
        if name not in values:
            values[name] = (kept_value(text, kept[text]), kept[text])
    columns = [FileColumn(name, values[name][1]) for name in file.names]
    items = ", ".join(f"{values[name][0]} AS {quoted(name)}" for name in file.names)
    moment = next((text for name, text in texts.items() if name.lower() == event.lower()), None)
    without_offset = moment is not None and _is_any(connection, is_naive(moment))
    return CsvSpine(columns, f"(SELECT {items} FROM {CSV_TABLE})", problems, without_offset)


def _type_of(name: str, wanted: Sequence[tuple[str, ValueType]], event: str) -> ValueType | None:
    """None: it is not wanted. A column that is wanted as several types stays a text, and so do lists."""
    if name.lower() == event.lower():
        return ValueType.TIMESTAMP
    types = {value_type for one, value_type in wanted if one.lower() == name.lower()}
    if not types:
        return None
    only = next(iter(types))
    return ValueType.STRING if len(types) > 1 or is_list(only) else only


def _look_at(
    connection: duckdb.DuckDBPyConnection, file: CsvFile, typed: Sequence[_Wanted]
) -> tuple[list[SpineProblem], set[str]]:
    """What is no value, and the columns that hold whole numbers outside of INT64."""
    asked = [one for one in typed if one.value_type is not ValueType.STRING]
    if not asked:
        return [], set()
    items = [
        f"min_by({{'i': i, 'text': {one.text}}}, i) FILTER ({_is_bad(one)}), count(*) FILTER ({_is_bad(one)}), "
        f"count({one.widest}) > count({one.value})"
        for one in asked
    ]
    row = connection.execute(f"SELECT {', '.join(items)} FROM {CSV_TABLE}").fetchall()[0]
    problems: list[SpineProblem] = []
    wide: set[str] = set()
    for at, one in enumerate(asked):
        first, count, is_wide = row[3 * at : 3 * at + 3]
        if first is not None:
            problems.append(_problem(file, one, first["i"], first["text"], count))
        if is_wide:
            wide.add(one.name)
    return problems, wide


def _is_bad(one: _Wanted) -> str:
    return f"{one.text} <> '' AND {one.widest} IS NULL"


def _problem(file: CsvFile, one: _Wanted, row: int, text: str, count: int) -> SpineProblem:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    kind = "time" if one.value_type is ValueType.TIMESTAMP else one.value_type
    others = {1: "", 2: ", and 1 more row has none"}.get(count, f", and {count - 1:,} more rows have none")
    where = f"Row {row + 1:,} (line {line_of(file, row):,})"
    message = f"{where}: {one.name!r} is {shown!r}, which is no {kind}{others}."
    return SpineProblem(one.name, message, _ACCEPTED[one.value_type])


def _is_any(connection: duckdb.DuckDBPyConnection, condition: str) -> bool:
    return bool(connection.execute(f"SELECT EXISTS(SELECT 1 FROM {CSV_TABLE} WHERE {condition})").fetchall()[0][0])

"""Types in the words of DuckDB: which widen to which, and how an output of SQL becomes a value of a feature."""

import re
from collections.abc import Callable

from graphql_api.domain.times import FIRST_MOMENT, LAST_MOMENT
from graphql_api.domain.types import ValueType
from graphql_api.engines.problems import raising
from graphql_api.engines.text import literal

NAIVE = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP_US", "DATETIME"})
_MOMENTS = NAIVE | {"TIMESTAMP WITH TIME ZONE"}
_TIMESTAMPS = _MOMENTS | {"TIMESTAMPTZ", "DATE"}
# Bits of the magnitude that a type holds exactly.
_SIGNED = {"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63, "HUGEINT": 127}
_UNSIGNED = {"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64, "UHUGEINT": 128}
_WORDS = {
    "INT": "INTEGER", "INT4": "INTEGER", "INT8": "BIGINT", "INT64": "BIGINT", "INT32": "INTEGER", "LONG": "BIGINT",
    "INT16": "SMALLINT", "INT2": "SMALLINT", "SHORT": "SMALLINT", "INT1": "TINYINT", "FLOAT4": "FLOAT", "REAL": "FLOAT",
    "FLOAT8": "DOUBLE", "FLOAT64": "DOUBLE", "STRING": "VARCHAR", "TEXT": "VARCHAR", "BOOL": "BOOLEAN",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "DATETIME": "TIMESTAMP", "TIMESTAMP_US": "TIMESTAMP", "BYTEA": "BLOB",
}  # fmt: skip
UNKNOWN = '"NULL"'
"""What DuckDB calls the type of a column that holds nothing but nulls, and no type either."""
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d+),\s*(\d+)\)")


def canonical(data_type: str) -> str:
    """The one way in which a type is written here: `int[]` is `INTEGER[]`."""
    text = data_type.strip()
    if text.endswith("[]"):
        return canonical(text[:-2]) + "[]"
    upper = text.upper()
    if match := _DECIMAL.fullmatch(upper):
        return f"DECIMAL({match[1]},{match[2]})"
    return _WORDS.get(upper, upper if upper.isidentifier() or upper == "TIMESTAMP WITH TIME ZONE" else text)


def is_timestamp(data_type: str) -> bool:
    return canonical(data_type) in _TIMESTAMPS


def widens(held: str, wanted: str) -> bool:
    """Every value of `held` is one of `wanted`: equal types, numbers to wider ones, and nulls without a type to any.
    Whole numbers and decimals become DOUBLE; naive timestamps differ in precision alone."""
    one, other = canonical(held), canonical(wanted)
    if one in (other, UNKNOWN) or (one in NAIVE and other in NAIVE):
        return True
    if one.endswith("[]") and other.endswith("[]"):
        return widens(one[:-2], other[:-2])
    if other == "DOUBLE":
        return _is_number(one)
    if other == "FLOAT":
        return one in ("TINYINT", "SMALLINT", "UTINYINT", "USMALLINT")
    one_decimal, other_decimal = _DECIMAL.fullmatch(one), _DECIMAL.fullmatch(other)
    if other_decimal:
        whole = int(other_decimal[1]) - int(other_decimal[2])
        if one_decimal:
            return int(one_decimal[2]) <= int(other_decimal[2]) and int(one_decimal[1]) - int(one_decimal[2]) <= whole
        bits = _SIGNED.get(one) or _UNSIGNED.get(one)
        return bits is not None and 2**bits <= 10**whole
    if other in _SIGNED:
        return _SIGNED.get(one, _UNSIGNED.get(one, 1000)) <= _SIGNED[other]
    return other in _UNSIGNED and _UNSIGNED.get(one, 1000) <= _UNSIGNED[other]


def reads(held: str, wanted: str) -> bool:
    """May a column frozen as `wanted` be filled from `held`? Also a time with an offset from one without, and the other
    way: the zone of the source says which moment a naive one is."""
    return widens(held, wanted) or {canonical(held), canonical(wanted)} <= _MOMENTS


def widened(one: str, other: str) -> str | None:
    """The type to which both widen; naive timestamps are cut to microseconds. None where the two disagree."""
    one, other = canonical(one), canonical(other)
    if one == other:
        return one
    if one in NAIVE and other in NAIVE:
        return "TIMESTAMP"
    if UNKNOWN in (one, other):
        return other if one == UNKNOWN else one
    if one.endswith("[]") and other.endswith("[]"):
        element = widened(one[:-2], other[:-2])
        return f"{element}[]" if element else None
    if not (_is_number(one) and _is_number(other)):
        return None
    if {one, other} & {"FLOAT", "DOUBLE"}:
        return "DOUBLE"
    if widens(one, other) or widens(other, one):
        return other if widens(one, other) else one
    if _DECIMAL.fullmatch(one) or _DECIMAL.fullmatch(other):
        return _widened_decimal(_digits(one), _digits(other))
    # A signed number and one without a sign.
    bits = max(_SIGNED.get(one, 0), _SIGNED.get(other, 0), _UNSIGNED.get(one, 0), _UNSIGNED.get(other, 0))
    return next((name for name, held in _SIGNED.items() if held >= bits), "DOUBLE")


def _digits(data_type: str) -> tuple[int, int]:
    """Digits before and after the point."""
    if decimal := _DECIMAL.fullmatch(data_type):
        return int(decimal[1]) - int(decimal[2]), int(decimal[2])
    return len(str(2 ** (_SIGNED.get(data_type) or _UNSIGNED[data_type]))), 0


def _widened_decimal(one: tuple[int, int], other: tuple[int, int]) -> str:
    before, after = max(one[0], other[0]), max(one[1], other[1])
    return f"DECIMAL({before + after},{after})" if before + after <= 38 else "DOUBLE"


def _is_number(data_type: str) -> bool:
    return (
        data_type in _SIGNED
        or data_type in _UNSIGNED
        or data_type in ("FLOAT", "DOUBLE")
        or bool(_DECIMAL.fullmatch(data_type))
    )


def fits(data_type: str, value_type: ValueType) -> bool:
    """May SQL that gives `data_type` be declared as `value_type`?"""
    text = canonical(data_type)
    match value_type:
        case ValueType.BOOL:
            return text == "BOOLEAN"
        case ValueType.INT64:
            decimal = _DECIMAL.fullmatch(text)
            whole = text in _SIGNED or (text in _UNSIGNED and text != "UHUGEINT")
            return whole or (decimal is not None and decimal[2] == "0")
        case ValueType.FLOAT64:
            return _is_number(text)
        case ValueType.STRING:
            return text in ("VARCHAR", "UUID") or text.upper().startswith("ENUM(")
        case ValueType.TIMESTAMP:
            return text in _TIMESTAMPS
        case _:
            return text.endswith("[]") and fits(text[:-2], element_of(value_type))


def castable(data_type: str, value_type: ValueType) -> bool:
    """Is there a CAST from the one to the other? Of a text one may still fail, by its value."""
    text, wanted = canonical(data_type), canonical(value_type.sql)
    if wanted.endswith("[]") or text.endswith("[]"):
        both = wanted.endswith("[]") and text.endswith("[]")
        return wanted == "VARCHAR" or (both and castable(text[:-2], element_of(value_type)))
    if "VARCHAR" in (text, wanted) or UNKNOWN in (text, wanted):
        return True
    if wanted == "TIMESTAMP WITH TIME ZONE":
        return text in _TIMESTAMPS
    return _is_number(text) or text == "BOOLEAN"


def element_of(value_type: ValueType) -> ValueType:
    return ValueType(value_type.value.removesuffix("_LIST"))


def is_list(value_type: ValueType) -> bool:
    return value_type.value.endswith("_LIST")


def converted(expression: str, data_type: str, value_type: ValueType, name: str) -> str:
    """SQL for the value of `value_type` that an output of `data_type` (which fits) stands for; floats still as they
    are, also those that are not finite. A value that has none ends the computation."""

    def outside(one: str, told: str) -> str:
        return raising("VALUE_OUT_OF_RANGE", f"{literal(f'{name}: ')} || {one} || {literal(f' is {told}')}")

    return _converted(expression, data_type, value_type, outside)


def converted_or_null(expression: str, data_type: str, value_type: ValueType) -> str:
    """As `converted`, but a value that has none is null."""
    return _converted(expression, data_type, value_type, lambda one, told: "NULL")


def _converted(expression: str, data_type: str, value_type: ValueType, outside: Callable[[str, str], str]) -> str:
    """`outside` gives the SQL of what stands for a value that has none, and is told why."""
    text = canonical(data_type)
    if is_list(value_type):
        inner = _converted("x", text[:-2], element_of(value_type), outside)
        same = inner == "x"
        return expression if same else f"list_transform({expression}, lambda x: {inner})"
    match value_type:
        case ValueType.INT64 if text in ("UBIGINT", "HUGEINT") or text.startswith("DECIMAL"):
            return (
                f"CASE WHEN {expression} IS NOT NULL AND TRY_CAST({expression} AS BIGINT) IS NULL "
                f"THEN {outside(expression, 'outside INT64')}::BIGINT ELSE TRY_CAST({expression} AS BIGINT) END"
            )
        case ValueType.TIMESTAMP:
            micros = f"epoch_us({expression})" if text != "DATE" else f"epoch_us(TRY_CAST({expression} AS TIMESTAMP))"
            is_none = (
                f"NOT isfinite({expression}) OR coalesce({micros} NOT BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT}, true)"
            )
            return (
                f"CASE WHEN {expression} IS NOT NULL AND ({is_none}) "
                f"THEN {outside(expression, 'no moment of AD')}::TIMESTAMPTZ ELSE make_timestamptz({micros}) END"
            )
        case _:
            return expression if text == value_type.sql else f"CAST({expression} AS {value_type.sql})"

"""The types of DuckDB and those of features: which fits which, and how columns of several files become one."""

import re

from graphql_api.domain.types import ValueType

_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_FLOATS = ("FLOAT", "DOUBLE")
_NAIVE = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_TIMES = (*_NAIVE, "TIMESTAMP WITH TIME ZONE", "DATE")
_TEXTS = ("VARCHAR", "UUID")
_BEYOND_INT64 = ("UHUGEINT",)
_LISTS = {
    ValueType.BOOL_LIST: ValueType.BOOL,
    ValueType.INT64_LIST: ValueType.INT64,
    ValueType.FLOAT64_LIST: ValueType.FLOAT64,
    ValueType.STRING_LIST: ValueType.STRING,
}
UNKNOWN = '"NULL"'
"""What DuckDB calls the type of a column that holds nothing but nulls, and no type either."""


def is_time(data_type: str) -> bool:
    return data_type in _TIMES


def value_type_of(data_type: str) -> ValueType | None:
    """The type that a column of this type has without being told another; None where no feature can hold it."""
    return next((value_type for value_type in ValueType if fits(data_type, value_type)), None)


def fits(data_type: str, value_type: ValueType) -> bool:
    """May a column of this type be a feature (or a join key) of that one?"""
    element = _LISTS.get(value_type)
    if element is not None:
        return data_type.endswith("[]") and fits(data_type[:-2], element)
    match value_type:
        case ValueType.BOOL:
            return data_type == "BOOLEAN"
        case ValueType.INT64:
            return _is_whole(data_type) and data_type not in _BEYOND_INT64
        case ValueType.FLOAT64:
            return _is_whole(data_type) or data_type in _FLOATS or _DECIMAL.fullmatch(data_type) is not None
        case ValueType.STRING:
            return data_type in _TEXTS or data_type.startswith("ENUM(")
        case _:
            return is_time(data_type)


def cast_to(name: str, value_type: ValueType) -> str:
    """The SQL that makes a column fit."""
    return f"CAST(… AS {value_type.sql}) AS {name}"


def widened(one: str, other: str) -> str | None:
    """The type that holds the values of both: numbers widen, and naive timestamps differ in precision alone, which
    is cut to microseconds. None where the two disagree."""
    if one == other:
        return one
    if one in _NAIVE and other in _NAIVE:
        return "TIMESTAMP"
    if UNKNOWN in (one, other):
        return other if one == UNKNOWN else one
    if one.endswith("[]") and other.endswith("[]"):
        element = widened(one[:-2], other[:-2])
        return f"{element}[]" if element else None
    if not (fits(one, ValueType.FLOAT64) and fits(other, ValueType.FLOAT64)):
        return None
    if one in _FLOATS or other in _FLOATS:
        return "DOUBLE"
    if one in (*_SIGNED, *_UNSIGNED) and other in (*_SIGNED, *_UNSIGNED):
        return _widened_whole(one, other)
    return _widened_decimal(_digits(one), _digits(other))


def _is_whole(data_type: str) -> bool:
    decimal = _DECIMAL.fullmatch(data_type)
    return data_type in _SIGNED or data_type in _UNSIGNED or (decimal is not None and decimal[2] == "0")


def _widened_whole(one: str, other: str) -> str:
    for family in (_SIGNED, _UNSIGNED):
        if one in family and other in family:
            return max(one, other, key=family.index)
    signed, unsigned = (one, other) if one in _SIGNED else (other, one)
    rank = max(_SIGNED.index(signed), _UNSIGNED.index(unsigned) + 1)
    return _SIGNED[rank] if rank < len(_SIGNED) else "DOUBLE"


_WHOLE_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 39}


def _digits(data_type: str) -> tuple[int, int]:
    """Digits before and after the point."""
    decimal = _DECIMAL.fullmatch(data_type)
    if decimal is not None:
        return int(decimal[1]) - int(decimal[2]), int(decimal[2])
    return _WHOLE_DIGITS.get(data_type.removeprefix("U"), 39) + data_type.startswith("U"), 0


def _widened_decimal(one: tuple[int, int], other: tuple[int, int]) -> str:
    before, after = max(one[0], other[0]), max(one[1], other[1])
    return f"DECIMAL({before + after},{after})" if before + after <= 38 else "DOUBLE"

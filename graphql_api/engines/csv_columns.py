"""Texts of a CSV as values: as the join wants a column, and otherwise only what comes back as it was written."""

from collections.abc import Mapping, Sequence

import duckdb

from graphql_api.domain.types import ValueType
from graphql_api.engines.text import literal

_SAMPLE = 2_048
"""Rows that are looked at first: most texts are no numbers from the start."""
_WHOLE = r"\s*[+-]?\d+(\.0*)?\s*"
_NUMBER = r"-?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_DAY = r"(000[1-9]|00[1-9]\d|0[1-9]\d{2}|[1-9]\d{3})-\d{2}-\d{2}"
_TIME = _DAY + r"[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
WIDE = "DECIMAL(38,0)"
"""Of whole numbers that are no INT64."""


def wanted_value(text: str, value_type: ValueType, *, is_wide: bool = False) -> str:
    """SQL for the value of `value_type` that a text stands for, null where it stands for none. `is_wide`: whole numbers
    of any size. An empty text is null, but for a STRING."""
    filled = f"nullif({text}, '')"
    match value_type:
        case ValueType.STRING:
            return text
        case ValueType.INT64:
            number = f"regexp_replace({filled}, '\\.0*\\s*$', '')"
            return f"CASE WHEN {_is(filled, _WHOLE)} THEN TRY_CAST({number} AS {WIDE if is_wide else 'BIGINT'}) END"
        case _:
            return f"TRY_CAST({filled} AS {value_type.sql})"


def is_naive(text: str) -> str:
    """Does the text stand for a time, or a day, without an offset or a zone? Then it may be given one."""
    return (
        f"(TRY_CAST({text} || ' Asia/Tokyo' AS TIMESTAMPTZ) IS NOT NULL "
        f"OR TRY_CAST({text} || ' 00:00 Asia/Tokyo' AS TIMESTAMPTZ) IS NOT NULL)"
    )


def kept_types(connection: duckdb.DuckDBPyConnection, table: str, texts: Sequence[str]) -> dict[str, str]:
    """For each column of texts the type in which every value comes back: a number and a moment as the same one, true
    and false in whatever letters. VARCHAR where there is none, or no value."""
    possible = _possible(
        connection, f"(FROM {table} LIMIT {_SAMPLE})", {text: list(_KEPT) for text in texts}, default=True
    )
    found = _possible(connection, table, possible, default=False)
    return {text: next(iter(found[text]), "VARCHAR") for text in texts}


def kept_value(text: str, data_type: str) -> str:
    return text if data_type == "VARCHAR" else f"CAST({text} AS {data_type})"


def _possible(
    connection: duckdb.DuckDBPyConnection, relation: str, candidates: Mapping[str, Sequence[str]], *, default: bool
) -> dict[str, list[str]]:
    """Of each column the candidates that keep all of its values; `default`: where it has none."""
    asked = [(text, data_type) for text, types in candidates.items() for data_type in types]
    found: dict[str, list[str]] = {text: [] for text in candidates}
    if asked:
        kept = [
            f"bool_and(coalesce({_KEPT[one].format(text)}, false)) FILTER ({text} IS NOT NULL)" for text, one in asked
        ]
        items = [f"coalesce({one}, {default})" for one in kept]
        row = connection.execute(f"SELECT {', '.join(items)} FROM {relation}").fetchall()[0]
        for (text, data_type), is_kept in zip(asked, row, strict=True):
            if is_kept:
                found[text].append(data_type)
    return found


def _is(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def _digits(text: str) -> str:
    """Of a number, without its sign, point and exponent, and without zeros at its ends."""
    return f"trim(regexp_replace(regexp_replace({text}, '[eE].*$', ''), '[-.]', '', 'g'), '0')"


def _template(sql: str) -> str:
    """For `format`, with `%` where the text goes."""
    return sql.replace("{", "{{").replace("}", "}}").replace("%", "{0}")


# Each holds where the text is written as its type would be; a double is read to the nearest, so where its shortest form
# has the same digits it is the same number.
_KEPT = {
    "BIGINT": _template("(CAST(TRY_CAST(% AS BIGINT) AS VARCHAR) = %)"),
    "DOUBLE": _template(
        f"({_is('%', _NUMBER)} AND isfinite(TRY_CAST(% AS DOUBLE)) "
        f"AND {_digits('%')} = {_digits('CAST(TRY_CAST(% AS DOUBLE) AS VARCHAR)')})"
    ),
    "BOOLEAN": _template("(lower(%) IN ('true', 'false'))"),
    "DATE": _template(f"({_is('%', _DAY)} AND CAST(TRY_CAST(% AS DATE) AS VARCHAR) = %)"),
    "TIMESTAMP": _template(f"({_is('%', _TIME)} AND TRY_CAST(% AS TIMESTAMP) IS NOT NULL)"),
    "TIMESTAMP WITH TIME ZONE": _template(
        f"({_is('%', _TIME + '(Z|[+]00:00)')} AND TRY_CAST(% AS TIMESTAMPTZ) IS NOT NULL)"
    ),
}

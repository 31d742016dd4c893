"""Values as JSON texts, made inside DuckDB a column at a time: floats as the shortest text that reads back, INT64
exact, moments as RFC 3339, as `domain.times.rfc3339` writes them.
"""

from collections.abc import Sequence

import duckdb
import msgspec

from graphql_api.domain.times import FIRST_MOMENT, LAST_MOMENT
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, Value
from graphql_api.engines.text import quoted
from graphql_api.engines.types import canonical, is_timestamp

_SHOWN_CHARACTERS = 1_000
_SHOWN_ELEMENTS = 100


def moment_text(micros: str) -> str:
    """SQL for the RFC 3339 text of a moment in microseconds, a year of four digits."""
    naive = f"make_timestamp({micros})"
    return (
        f"CASE WHEN {micros} % 1000000 = 0 THEN strftime({naive}, '%Y-%m-%dT%H:%M:%SZ') "
        f"ELSE strftime({naive}, '%Y-%m-%dT%H:%M:%S.%fZ') END"
    )


def json_text(expression: str, value_type: ValueType) -> str:
    """SQL for the JSON text of a stored value; NULL where it is null."""
    match value_type:
        case ValueType.BOOL | ValueType.INT64:
            return f"CAST({expression} AS VARCHAR)"
        case ValueType.TIMESTAMP:
            text = moment_text(f"epoch_us({expression})")
            return f"'\"' || {text} || '\"'"
        case _:
            return f"CAST(to_json({expression}) AS VARCHAR)"


def shown(columns: Sequence[Value], alias: str | None = None) -> str:
    """SQL for a row as one JSON array, long texts and lists cut, for people to read."""
    prefix = f"{alias}." if alias else ""
    texts = [
        f"coalesce({json_text(_cut(prefix + quoted(c.name), c.value_type), c.value_type)}, 'null')" for c in columns
    ]
    return "'[' || concat_ws(',', " + ", ".join(texts) + ") || ']'"


def as_rows(columns: Sequence[Value], texts: Sequence[tuple[str]]) -> list[dict[str, object]]:
    """What `shown` gave, a dict a row."""
    names = [column.name for column in columns]
    return [dict(zip(names, msgspec.json.decode(text, type=list[object]), strict=True)) for (text,) in texts]


def shown_as_found(column: FileColumn) -> str:
    """SQL for the JSON text of a column of any type."""
    name = quoted(column.name)
    data_type = canonical(column.data_type)
    if data_type.endswith("[]") or data_type.startswith(("STRUCT", "MAP", "UNION")):
        return f"CAST(to_json({name}) AS VARCHAR)"
    if is_timestamp(data_type):
        micros = f"epoch_us(CAST({name} AS TIMESTAMP))" if data_type == "DATE" else f"epoch_us({name})"
        readable = f"isfinite({name}) AND {micros} BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT}"
        return (
            f"CASE WHEN {readable} THEN '\"' || {moment_text(micros)} || '\"' ELSE CAST(to_json({name}) AS VARCHAR) END"
        )
    if data_type in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isfinite({name}) THEN CAST(to_json({name}) AS VARCHAR) END"
    if data_type in ("BLOB", "BIT", "GEOMETRY"):
        return f"CAST(to_json(left(CAST({name} AS VARCHAR), {_SHOWN_CHARACTERS})) AS VARCHAR)"
    return f"CAST(to_json({name}) AS VARCHAR)"


def fetch(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[str]]:
    return connection.execute(query).fetchall()


def _cut(expression: str, value_type: ValueType) -> str:
    if value_type is ValueType.STRING:
        return f"left({expression}, {_SHOWN_CHARACTERS})"
    return f"{expression}[1:{_SHOWN_ELEMENTS}]" if value_type.value.endswith("_LIST") else expression

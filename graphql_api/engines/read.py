"""The first rows of Parquet files, as people see them."""

import json
import math

import duckdb

from graphql_api.engines.files import columns_of_files
from graphql_api.engines.json_text import fetch, shown_as_found
from graphql_api.engines.shapes import FileColumn, ReadRows, Rows
from graphql_api.engines.text import listed

_SIXTY_FOUR_BITS = range(-(1 << 63), 1 << 64)
_LONGEST_WHOLE = 20


def read_rows(connection: duckdb.DuckDBPyConnection, request: ReadRows) -> Rows:
    """Columns by name over all the files, in the order of the files."""
    if not request.paths:
        return Rows([], [])
    columns_of_files(connection, request.paths)
    source = f"read_parquet({listed(request.paths)}, union_by_name=true)"
    described = connection.execute(f"DESCRIBE FROM {source}").fetchall()
    columns = [FileColumn(name, data_type) for name, data_type, *_ in described]
    texts = ", ".join(f"coalesce({shown_as_found(column)}, 'null')" for column in columns)
    rows = fetch(
        connection, f"SELECT '[' || concat_ws(',', {texts}) || ']' FROM {source} LIMIT {max(request.limit, 0)}"
    )
    return Rows(columns, [_values(text) for (text,) in rows])


def _values(text: str) -> list[object]:
    """What JSON has no word for is null, and a number that is too long for 64 bits is a text, wherever it stands."""
    return json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=lambda _: None)


def _whole(digits: str) -> int | str:
    number = int(digits) if len(digits) <= _LONGEST_WHOLE else None
    return number if number is not None and number in _SIXTY_FOUR_BITS else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits

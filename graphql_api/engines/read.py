"""The first rows of Parquet files, as people see them."""

import duckdb
import msgspec

from graphql_api.engines.files import columns_of_files
from graphql_api.engines.json_text import fetch, shown_as_found
from graphql_api.engines.shapes import FileColumn, ReadRows, Rows
from graphql_api.engines.text import listed


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
    return Rows(columns, [msgspec.json.decode(text, type=list[object]) for (text,) in rows])

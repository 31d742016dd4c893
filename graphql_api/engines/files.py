"""What Parquet files say of themselves in their footers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from graphql_api.engines.problems import refuse
from graphql_api.engines.shapes import DescribeFiles, FileColumn, FileSchema
from graphql_api.engines.text import listed


@dataclass(frozen=True, slots=True)
class FileColumns:
    path: str
    columns: tuple[FileColumn, ...]
    types: dict[str, str]
    """By the name in small letters, since SQL does not tell letters' case apart."""

    def type_of(self, name: str) -> str | None:
        return self.types.get(name.lower())


def columns_of_files(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> list[FileColumns]:
    """The top-level columns of each file, in the order of `paths`."""
    rows = _footers(
        connection,
        paths,
        "SELECT file_name, name, coalesce(num_children, 0), duckdb_type FROM parquet_schema({}) "
        "ORDER BY file_name, column_id",
    )
    nodes: dict[str, list[tuple[str, int, str]]] = {}
    for file_name, name, children, data_type in rows:
        nodes.setdefault(file_name, []).append((name, children, data_type))
    return [_top_level(path, nodes[path]) for path in paths]


def describe_files(connection: duckdb.DuckDBPyConnection, request: DescribeFiles) -> list[FileSchema]:
    if not request.paths:
        return []
    rows = dict(_footers(connection, request.paths, "SELECT file_name, num_rows FROM parquet_file_metadata({})"))
    return [FileSchema(list(file.columns), rows[file.path]) for file in columns_of_files(connection, request.paths)]


def _footers(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], query: str) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(query.format(listed(dict.fromkeys(paths)))).fetchall()
    except (duckdb.PermissionException, duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error:
        for path in paths:
            _refuse_unreadable(connection, path)
        raise


def _refuse_unreadable(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    try:
        connection.execute(f"SELECT count(*) FROM parquet_schema({listed([path])})")
    except duckdb.Error:
        refuse("SOURCE_UNREADABLE", f"{path} cannot be read as a Parquet file.")


def _top_level(path: str, nodes: Sequence[tuple[str, int, str]]) -> FileColumns:
    """The nodes of a schema come depth first; the first is its root."""
    columns: list[FileColumn] = []
    inside = 0
    for name, children, data_type in nodes[1:]:
        if inside == 0:
            columns.append(FileColumn(name, data_type))
            inside = children
        else:
            inside += children - 1
    return FileColumns(path, tuple(columns), {column.name.lower(): column.data_type for column in columns})

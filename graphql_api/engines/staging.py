"""Staged files: the same rows give the same bytes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import duckdb

from graphql_api.domain.types import ValueType
from graphql_api.engines.layout import EVENT
from graphql_api.engines.shapes import Staged, Value
from graphql_api.engines.text import literal, quoted

_BLOCK = 1 << 20


def stage(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, role: str, keys: Sequence[Value]
) -> Staged | None:
    """The file of the query's rows, in its order, which begins with the keys; None, and no file, where it has none."""
    connection.execute(
        f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )
    rows, oldest, newest = connection.execute(
        f"SELECT count(*), min(epoch_us({EVENT})), max(epoch_us({EVENT})) FROM read_parquet({literal(str(path))})"
    ).fetchall()[0]
    if rows == 0:
        path.unlink()
        return None
    first, last = _first_and_last(connection, path, rows, keys) if keys else (None, None)
    return Staged(str(path), role, file_sha256(path), path.stat().st_size, rows, oldest, newest, first, last)


def _first_and_last(
    connection: duckdb.DuckDBPyConnection, path: Path, rows: int, keys: Sequence[Value]
) -> tuple[list[bool | int | str], list[bool | int | str]]:
    """The keys of the first and the last row."""
    names = ", ".join(
        f"epoch_us({quoted(key.name)})" if key.value_type is ValueType.TIMESTAMP else quoted(key.name) for key in keys
    )
    row = f"SELECT {names} FROM read_parquet({literal(str(path))}) LIMIT 1"
    (first,), (last,) = (connection.execute(f"{row} OFFSET {place}").fetchall() for place in (0, rows - 1))
    return list(first), list(last)


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()

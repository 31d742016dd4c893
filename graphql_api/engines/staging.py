"""Staged files: the same rows give the same bytes."""

import hashlib
from pathlib import Path

import duckdb

from graphql_api.engines.layout import EVENT
from graphql_api.engines.shapes import Staged
from graphql_api.engines.text import literal

_BLOCK = 1 << 20


def stage(connection: duckdb.DuckDBPyConnection, query: str, path: Path, role: str) -> Staged | None:
    """The file of the query's rows, in its order; None, and no file, where it has none."""
    connection.execute(
        f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )
    rows, oldest, newest = connection.execute(
        f"SELECT count(*), min(epoch_us({EVENT})), max(epoch_us({EVENT})) FROM read_parquet({literal(str(path))})"
    ).fetchall()[0]
    if rows == 0:
        path.unlink()
        return None
    return Staged(str(path), role, file_sha256(path), path.stat().st_size, rows, oldest, newest)


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()

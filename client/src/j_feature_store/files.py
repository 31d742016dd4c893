"""Files on this machine: spines on their way out, downloads on their way in."""

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from j_feature_store.datasets import DataFile
from j_feature_store.errors import Conflict, InvalidInput, UnexpectedAnswer
from j_feature_store.parquet import write_parquet
from j_feature_store.tables import Columns, is_table

PIECE = 1 << 20
CONTENT_TYPES = {".parquet": "application/vnd.apache.parquet", ".csv": "text/csv"}

Sendable: TypeAlias = Columns | str | Path
"""Columns by name, a table of pandas, polars, Arrow or DuckDB, or the path of a Parquet or CSV file."""


@contextmanager
def as_file(given: Sendable) -> Generator[Path]:
    """A file that holds it: the one that is named, or Parquet that is there as long as the block."""
    if isinstance(given, str | Path):
        path = Path(given)
        if not path.is_file():
            raise InvalidInput(f"There is no file {path}.")
        content_type(path)
        yield path
        return
    if not (is_table(given) or isinstance(given, Mapping)):
        raise InvalidInput(f"A {type(given).__name__} is neither columns by name, nor a table, nor the path of a file.")
    with TemporaryDirectory(prefix="jfs-") as folder:
        path = Path(folder) / "table.parquet"
        write_parquet(given, path)
        yield path


def content_type(path: Path) -> str:
    found = CONTENT_TYPES.get(path.suffix.lower())
    if found is None:
        raise InvalidInput(f"{path.name} is neither .parquet nor .csv.")
    return found


def place_in(folder: Path, file: DataFile) -> Path:
    """Where a file of a data set comes to lie: in the folder, whatever the server calls it."""
    if Path(file.name).name != file.name or file.name in ("", ".", ".."):
        raise UnexpectedAnswer(f"{file.name!r} is no name of a file.")
    return folder / file.name


def partial(path: Path, file: DataFile) -> Path:
    """Where it lies until it is whole; another file of the same name has another."""
    return path.with_name(f".{path.name}.{file.sha256[:12]}.part")


def is_whole(path: Path, file: DataFile) -> bool:
    """Is this the very file that the server announced?"""
    if not path.is_file() or path.stat().st_size != file.bytes:
        return False
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256


def must_be_free(path: Path) -> None:
    """Raises Conflict where something lies."""
    if path.exists():
        raise Conflict(f"{path} is there already, and is another file: move it away, or name another folder.")


def size_of(path: Path) -> int:
    """Bytes; 0 where nothing is."""
    return path.stat().st_size if path.exists() else 0

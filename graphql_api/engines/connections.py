"""One fresh in-memory database a request: its settings lock, so it could not serve a second set of files."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from graphql_api.engines.text import listed, literal


class Limits(msgspec.Struct, frozen=True):
    """What one computation may use."""

    memory_bytes: int
    temp_bytes: int
    threads: int


@contextmanager
def sandboxed(
    limits: Limits, *, spill: Path, readable: Sequence[str], writable: Sequence[str] = ()
) -> Generator[duckdb.DuckDBPyConnection]:
    """A database that reads the files of `readable`, writes below the folders of `writable`, and reaches nothing else.

    The order holds: where files lie is said before external access goes off, and the lock comes last."""
    connection = duckdb.connect(":memory:")
    try:
        for statement in (
            f"SET temp_directory={literal(str(spill))}",
            f"SET max_temp_directory_size='{limits.temp_bytes}B'",
            f"SET memory_limit='{limits.memory_bytes}B'",
            f"SET threads={limits.threads}",
            "SET TimeZone='UTC'",
            "SET errors_as_json=true",
            "SET enable_progress_bar=false",
            "SET python_enable_replacements=false",
            "SET autoinstall_known_extensions=false",
            "SET autoload_known_extensions=false",
            "SET allow_community_extensions=false",
            f"SET allowed_paths={listed(readable)}",
            f"SET allowed_directories={listed(folder.rstrip('/') + '/' for folder in writable)}",
            "SET enable_external_access=false",
            "SET lock_configuration=true",
        ):
            connection.execute(statement)
        yield connection
    finally:
        connection.close()

"""The engine without its process: the same connection settings, requests answered in place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from graphql_api.domain.types import ValueType
from graphql_api.engines.connections import Limits, sandboxed
from graphql_api.engines.join_shapes import JoinProgress
from graphql_api.engines.join_spine import ignored
from graphql_api.engines.operations import answer, writable_folders
from graphql_api.engines.requests import Request
from graphql_api.engines.shapes import (
    Check,
    ChunkResult,
    ComputeChunk,
    FileColumn,
    PackedFile,
    Relation,
    Slice,
    Value,
    View,
)

HOUR = 3_600_000_000
DAY = 24 * HOUR
JAN = 1_767_225_600_000_000  # 2026-01-01
NEVER = JAN + 3_650 * DAY
LIMITS = Limits(memory_bytes=500_000_000, temp_bytes=500_000_000, threads=1)
RUN = "0123456789abcdef01234567"


def ask(
    request: Request,
    *,
    readable: Sequence[str],
    spill: Path,
    threads: int = 1,
    tell: Callable[[JoinProgress], None] = ignored,
) -> Any:
    """The answer, or Refused."""
    limits = msgspec.structs.replace(LIMITS, threads=threads)
    folders = writable_folders(request)
    with sandboxed(limits, spill=spill, readable=readable, writable=folders) as connection:
        return answer(connection, request, tell)


def write_parquet(path: Path, query: str) -> str:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone='UTC'")
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return str(path)


def read(path: str) -> list[dict[str, Any]]:
    """Moments as microseconds."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone='UTC'")
        described = connection.execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()
        items = ", ".join(
            f"epoch_us({name})" if "TIMESTAMP" in data_type else f'"{name}"' for name, data_type, *_ in described
        )
        rows = connection.execute(f"SELECT {items} FROM read_parquet('{path}')").fetchall()
    return [dict(zip([name for name, *_ in described], row, strict=True)) for row in rows]


def at(micros: int) -> str:
    return f"make_timestamptz({micros}::BIGINT)"


def values(*pairs: str) -> list[Value]:
    """`values("n:INT64")`"""
    return [Value(name, ValueType(value_type)) for name, value_type in (pair.split(":") for pair in pairs)]


def columns(*pairs: str) -> list[FileColumn]:
    """`columns("n BIGINT")`"""
    return [FileColumn(*pair.split(" ", 1)) for pair in pairs]


def a_view(
    sql: str,
    relations: list[Relation],
    *,
    keys: str = "k:STRING",
    features: Sequence[str] = ("v:INT64",),
    lookback: int = 0,
    has_created: bool = False,
    is_static: bool = False,
    checks: Sequence[Check] = (),
) -> View:
    return View(
        keys=values(*keys.split()),
        features=values(*features),
        sql=sql,
        lookback=lookback,
        has_created=has_created,
        is_static=is_static,
        relations=relations,
        checks=list(checks),
    )


@dataclass
class Bench:
    """A place for source files and for what is made of them."""

    folder: Path
    count: int = 0
    made: list[str] = field(default_factory=list[str])

    def source(self, query: str) -> str:
        self.count += 1
        path = write_parquet(self.folder / f"source-{self.count}.parquet", query)
        self.made.append(path)
        return path

    def ask(
        self,
        request: Request,
        *,
        threads: int = 1,
        readable: Sequence[str] = (),
        tell: Callable[[JoinProgress], None] = ignored,
    ) -> Any:
        spill = self.folder / "spill"
        return ask(request, readable=[*self.made, *readable], spill=spill, threads=threads, tell=tell)

    def out(self) -> str:
        self.count += 1
        folder = self.folder / f"out-{self.count}"
        folder.mkdir()
        return str(folder)

    def compute(
        self, view: View, start: int, end: int, *, old: Sequence[Slice] = (), frozen_at: int = NEVER, threads: int = 1
    ) -> ChunkResult:
        request = ComputeChunk(view, start, end, frozen_at, list(old), self.out())
        result: ChunkResult = self.ask(request, readable=[piece.path for piece in old], threads=threads)
        return result

    def rows(self, view: View, start: int, end: int, **more: Any) -> list[dict[str, Any]]:
        return rows_of(self.compute(view, start, end, **more))


def entries(made: PackedFile) -> list[list[Any]]:
    """The stream is what stands in an array behind its header."""
    header = b"\xdd" + made.rows.to_bytes(4, "big")
    return msgspec.msgpack.decode(header + Path(made.path).read_bytes(), type=list[list[Any]])


def rows_of(result: ChunkResult, role: str = "ROWS") -> list[dict[str, Any]]:
    return [row for file in result.files if file.role == role for row in read(file.path)]

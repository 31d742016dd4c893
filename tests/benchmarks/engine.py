"""Rows a second of computing and packing, beside a bare COPY of the same rows. By hand:

uv run python -m tests.benchmarks.engine [rows]
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import ComputeChunk, FileColumn, PackOnline, PlanChunks, Relation, Slice, Value, View
from graphql_api.sandbox.pool import SandboxPool

DAY = 86_400_000_000
START = 1_735_689_600_000_000
RUN = "ab" * 12
PLAIN = """SELECT user_id, seen_at AS event_timestamp, amount, amount * 2 AS twice, visits, name, seen_at AS at, late,
[amount, null] AS pair FROM events"""
WINDOWED = """SELECT user_id, seen_at AS event_timestamp, avg(amount) OVER w AS amount, sum(amount) OVER w AS twice,
count(*) OVER w AS visits, name, seen_at AS at, late, [amount, null] AS pair FROM events
WINDOW w AS (PARTITION BY user_id ORDER BY seen_at RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW)"""


@contextmanager
def measured(name: str, rows: int) -> Generator[None]:
    begin = time.perf_counter()
    yield
    seconds = time.perf_counter() - begin
    print(f"{name:42} {seconds:6.2f} s {rows / seconds:12,.0f} rows/s")


def make_source(path: Path, rows: int) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT (hash(i) % {max(rows // 5, 1)})::BIGINT AS user_id,
            make_timestamp({START} + i * {28 * DAY // rows}) AS seen_at, (hash(i + 1) % 100000) / 7.0::DOUBLE AS amount,
            (hash(i + 2) % 100)::BIGINT AS visits, 'name ' || hash(i + 3) % 1000 AS name,
            CASE WHEN i % 10 > 0 THEN i % 3 = 0 END AS late FROM range({rows}) AS r(i)) TO '{path}' (FORMAT parquet)"""
        )


def view(sql: str, path: Path, lookback: int) -> View:
    features = ["amount:FLOAT64", "twice:FLOAT64", "visits:INT64", "name:STRING", "at:TIMESTAMP", "late:BOOL"]
    pairs = [feature.split(":") for feature in [*features, "pair:FLOAT64_LIST"]]
    columns = ["user_id BIGINT", "seen_at TIMESTAMP", "amount DOUBLE", "visits BIGINT", "name VARCHAR", "late BOOLEAN"]
    return View(
        keys=[Value("user_id", ValueType.INT64)],
        features=[Value(name, ValueType(value_type)) for name, value_type in pairs],
        sql=sql,
        lookback=lookback,
        has_created=False,
        is_static=False,
        relations=[
            Relation(
                "events",
                [FileColumn(*column.split(" ", 1)) for column in columns],
                event_timestamp="seen_at",
                files=[str(path)],
            )
        ],
        checks=[],
    )


async def run(folder: Path, rows: int) -> None:
    source, bare = folder / "source.parquet", folder / "bare.parquet"
    make_source(source, rows)
    for threads in (1, 2):
        with duckdb.connect(config={"threads": threads}) as connection:
            for name, sql in (("as it is", PLAIN), ("with windows", WINDOWED)):
                query = sql.replace("FROM events", f"FROM read_parquet('{source}')")
                with measured(f"bare COPY, {name}, {threads} threads", rows):
                    connection.execute(f"COPY ({query} ORDER BY ALL) TO '{bare}' (FORMAT parquet, COMPRESSION zstd)")
    async with SandboxPool(folder / "sandbox", spares=0) as pool:
        for name, sql, lookback in (("as it is", PLAIN, 0), ("with windows", WINDOWED, 7 * DAY)):
            async with pool.lease([str(source)]) as box:
                asked = view(sql, source, lookback)
                with measured(f"PlanChunks, {name}", rows):
                    await box.call(PlanChunks(asked, None, START + 28 * DAY, 500_000))
                request = ComputeChunk(asked, START, START + 28 * DAY, START + 400 * DAY, [], str(box.folder))
                with measured(f"ComputeChunk, {name}", rows):
                    result = await box.call(request)
                slices = [Slice(file.path, 1, RUN) for file in result.files]
                paths = [piece.path for piece in slices]
                with measured(f"PackOnline of a row in five, {name}", rows):
                    await box.call(PackOnline(1, 1, RUN, asked, slices, [], [], str(box.folder)), readable=paths)
                unique = msgspec.structs.replace(
                    asked,
                    keys=[*asked.keys, Value("at", ValueType.TIMESTAMP)],
                    features=[feature for feature in asked.features if feature.name != "at"],
                )
                with measured(f"PackOnline of every row, {name}", rows):
                    await box.call(PackOnline(1, 1, RUN, unique, slices, [], [], str(box.folder)), readable=paths)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))

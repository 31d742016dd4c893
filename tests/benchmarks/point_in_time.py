"""The join of a spine against two views, 30 features, beside one bare ASOF join over the same files. By hand:

uv run python -m tests.benchmarks.point_in_time [rounds]

Reference and join run in turns, each in a process of its own, so that a busy machine is busy for both; what is printed
of each is the best round. The bare join keeps no order, counts nothing and hashes nothing.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import msgspec

from graphql_api.domain.types import ValueType
from graphql_api.engines.connections import Limits, sandboxed
from graphql_api.engines.join_shapes import Join, JoinedView, JoinKey, JoinSpine, Spine, StoredColumn
from graphql_api.engines.operations import answer, writable_folders
from graphql_api.engines.shapes import Slice, Value

START, YEAR = 1_700_000_000_000_000, 365 * 86_400_000_000
VIEWS = {"a": (1_000_000, 5_000, 20), "b": (500_000, 300, 10)}
"""Rows, keys, features."""
SPINES = (100_000, 1_000_000)
MEMORY, THREADS = 900_000_000, 2
LATE = "late"
"""A view of which one row in ten becomes known up to ten days later than its event."""


def make_files(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone='UTC'; SELECT setseed(0.5)")
        for name, (rows, keys, features) in VIEWS.items():
            values = ", ".join(f"random() AS f{at}" for at in range(features))
            moment = f"make_timestamptz({START} + (random() * {YEAR})::BIGINT)"
            for file, late in ((name, "0"), (f"{name}-{LATE}", "CASE WHEN random() < 0.1 THEN random() ELSE 0 END")):
                rows_of = f"SELECT 'k' || (random() * {keys})::INT AS key, {moment} AS event_timestamp, {late} AS late"
                connection.execute(
                    "COPY (SELECT key, event_timestamp, event_timestamp + INTERVAL 10 DAY * late AS created_timestamp, "
                    f"COLUMNS('^f[0-9]') FROM ({rows_of}, {values} FROM range({rows})) ORDER BY key, event_timestamp) "
                    f"TO '{folder / file}.parquet' (FORMAT parquet, COMPRESSION zstd)"
                )
        for rows in SPINES:
            connection.execute(
                f"COPY (SELECT 'k' || (random() * 5200)::INT AS ka, 'k' || (random() * 310)::INT AS kb, "
                f"make_timestamptz({START} + (random() * {YEAR})::BIGINT) AS ts, random() AS label FROM range({rows})) "
                f"TO '{folder}/spine-{rows}.parquet' (FORMAT parquet)"
            )


def bare(folder: Path, rows: int, suffix: str) -> None:
    names = [f"{view}.f{at} AS {view}{at}" for view, (_, _, features) in VIEWS.items() for at in range(features)]
    joins = " ".join(
        f"ASOF LEFT JOIN '{folder}/{view}{suffix}.parquet' AS {view} "
        f"ON s.k{view} = {view}.key AND s.ts >= {view}.event_timestamp"
        for view in VIEWS
    )
    with duckdb.connect() as connection:
        connection.execute(f"SET threads={THREADS}; SET TimeZone='UTC'")
        connection.execute(
            f"COPY (SELECT s.*, {', '.join(names)} FROM '{folder}/spine-{rows}.parquet' AS s {joins}) "
            f"TO '{folder}/bare.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )


def join(folder: Path, rows: int, suffix: str) -> None:
    views: list[JoinedView] = []
    for name, (_, _, features) in VIEWS.items():
        slices = [Slice(f"{folder}/{name}{suffix}.parquet", 1, "ab" * 12)]
        held = [Value(f"f{at}", ValueType.FLOAT64) for at in range(features)]
        key = JoinKey("key", f"k{name}", ValueType.STRING)
        views.append(JoinedView(name, [key], held, slices, has_created=bool(suffix)))
    columns = [
        StoredColumn(f"{view.name}{at}", place, feature.name)
        for place, view in enumerate(views)
        for at, feature in enumerate(view.features)
    ]
    out = folder / "out"
    out.mkdir(exist_ok=True)
    spine = Spine([f"{folder}/spine-{rows}.parquet"], "ts")
    request = JoinSpine(Join(views, list(columns)), spine, str(out))
    readable = [*spine.paths, *(piece.path for view in views for piece in view.slices)]
    limits = Limits(MEMORY, 100 * MEMORY, THREADS)
    with sandboxed(limits, spill=folder / "spill", readable=readable, writable=writable_folders(request)) as connection:
        answer(connection, request)


class Round(msgspec.Struct):
    seconds: float
    megabytes: int


def measured(folder: Path, *words: str) -> Round:
    """One round in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.point_in_time", "round", str(folder), *words]
    done = subprocess.run(command, check=True, capture_output=True)
    return msgspec.json.decode(done.stdout, type=Round)


def one_round(folder: str, which: str, rows: str, suffix: str) -> None:
    begin = time.perf_counter()
    {"bare": bare, "join": join}[which](Path(folder), int(rows), suffix)
    seconds = time.perf_counter() - begin
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.buffer.write(msgspec.json.encode(Round(seconds, megabytes)))


def best(rounds: Sequence[Round]) -> Round:
    return Round(min(one.seconds for one in rounds), max(one.megabytes for one in rounds))


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder)
        for rows in SPINES:
            for suffix in ("", f"-{LATE}"):
                pairs = [
                    (measured(folder, "bare", str(rows), suffix), measured(folder, "join", str(rows), suffix))
                    for _ in range(rounds)
                ]
                reference, joined = best([one for one, _ in pairs]), best([one for _, one in pairs])
                what = "one row in ten late" if suffix else "no late rows"
                print(
                    f"{rows:9,} rows, {what:20}: {joined.seconds:6.2f} s, {joined.megabytes:4} MB; bare "
                    f"{reference.seconds:6.2f} s, {reference.megabytes:4} MB; "
                    f"{joined.seconds / reference.seconds:.2f} times the reference"
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["round"]:
        one_round(*sys.argv[2:6])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)

"""Runs over runs: what is visible offline and online after any of them, against an oracle in plain Python written from
the rules: a covered range run again replaces its rows, and keeps of the old ones just those that a new row of the same
keys and event timestamp supersedes with a later created timestamp, and that it did not write itself; online is each
entity's newest row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.domain.packing import ORDER_BYTES, RUN_BYTES, packed_key, packed_order, unpacked_order
from graphql_api.domain.times import Intervals, TimeRange
from graphql_api.engines.shapes import (
    Check,
    CheckCausality,
    JudgeRun,
    PackedFile,
    PackOnline,
    PlanChunks,
    Relation,
    Slice,
)
from tests.engines.support import HOUR, JAN, Bench, a_view, at, columns, entries, read

DATA_ID = 7
SQL = "SELECT k, t AS event_timestamp, c AS created_timestamp, v FROM src"
SLOW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


class Row(NamedTuple):
    k: str
    event: int
    created: int
    v: int


class Held(NamedTuple):
    row: Row
    commit: int


@dataclass
class Oracle:
    rows: list[Held] = field(default_factory=list[Held])

    def run(self, commit: int, span: TimeRange, source: list[Row]) -> None:
        new = [row for row in source if span.start <= row.event < span.end]
        written = {row[:3] for row in new}
        superseding = {(row.k, row.event): row.created for row in sorted(new, key=lambda row: row.created)}
        kept = [
            old
            for old in self.rows
            if not span.start <= old.row.event < span.end
            or (
                superseding.get((old.row.k, old.row.event), old.row.created) > old.row.created
                and old.row[:3] not in written
            )
        ]
        self.rows = [*kept, *(Held(row, commit) for row in new)]

    def online(self) -> dict[str, Held]:
        newest: dict[str, Held] = {}
        for held in self.rows:
            now = newest.get(held.row.k)
            if now is None or (held.row.event, held.row.created, held.commit) > (
                now.row.event, now.row.created, now.commit
            ):  # fmt: skip
                newest[held.row.k] = held
        return newest


class Online:
    """What the online store does with a packed file."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}

    def take(self, packed: PackedFile) -> None:
        for key, row, *held in entries(packed):
            now = self.rows.get(key)
            if (held and now is not None and now[:ORDER_BYTES] == held[0]) or (
                row is not None and (now is None or row[:ORDER_BYTES] >= now[:ORDER_BYTES])
            ):
                self._put(key, row)

    def _put(self, key: bytes, row: bytes | None) -> None:
        if row is None:
            del self.rows[key]
        else:
            self.rows[key] = row


@dataclass
class Store:
    """Commits and what of their files is visible."""

    bench: Bench
    commits: list[tuple[TimeRange, list[str]]] = field(default_factory=list[tuple[TimeRange, list[str]]])
    online: Online = field(default_factory=Online)

    def slices(self, window: TimeRange, upto: int) -> list[Slice]:
        found: list[Slice] = []
        left = Intervals.of([window])
        for number in range(upto, 0, -1):
            span, paths = self.commits[number - 1]
            ranges = [(piece.start, piece.end) for piece in left.intersect(span)]
            left = left.subtract(span)
            found += [Slice(path, number, run_id(number), ranges) for path in paths if ranges]
        return found

    def run(self, span: TimeRange, source: list[Row]) -> None:
        table = ", ".join(f"('{row.k}', {at(row.event)}, {at(row.created)}, {row.v})" for row in source)
        names = columns("k VARCHAR", "t TIMESTAMP WITH TIME ZONE", "c TIMESTAMP WITH TIME ZONE", "v BIGINT")
        file = self.bench.source(f"SELECT k, t, c, v::BIGINT AS v FROM (VALUES {table}) AS r(k, t, c, v)")
        view = a_view(SQL, [Relation("src", names, event_timestamp="t", files=[file])], has_created=True)
        before = self.slices(span, len(self.commits))
        middle = (span.start + span.end) // 2
        chunks = [(span.start, middle), (middle, span.end)]
        paths = [made.path for start, end in chunks for made in self.bench.compute(view, start, end, old=before).files]
        self.commits.append((span, paths))
        number = len(self.commits)
        rest = self.slices(ALL, number)
        request = PackOnline(
            DATA_ID, number, run_id(number), view, [piece for piece in rest if piece.commit == number], before, rest,
            self.bench.out(),
        )  # fmt: skip
        readable = [piece.path for piece in (*before, *rest)]
        self.online.take(self.bench.ask(request, readable=readable))

    def visible(self) -> Iterator[Held]:
        for piece in self.slices(ALL, len(self.commits)):
            for found in read(piece.path):
                if any(start <= found["event_timestamp"] < end for start, end in piece.ranges):
                    row = Row(found["k"], found["event_timestamp"], found["created_timestamp"], found["v"])
                    yield Held(row, found.get("__commit", piece.commit))


ALL = TimeRange(JAN - 100 * HOUR, JAN + 100 * HOUR)


def run_id(number: int) -> str:
    return f"{number:024x}"


def moments() -> st.SearchStrategy[int]:
    return st.integers(0, 5).map(lambda hour: JAN + hour * HOUR)


def sources() -> st.SearchStrategy[list[Row]]:
    rows = st.builds(Row, st.sampled_from("ab"), moments(), moments(), st.integers(0, 9))
    return st.lists(rows, min_size=1, max_size=12, unique_by=lambda row: row[:3])


def spans() -> st.SearchStrategy[TimeRange]:
    ordered = st.tuples(st.integers(0, 5), st.integers(1, 6)).filter(lambda pair: pair[0] < pair[1])
    return ordered.map(lambda pair: TimeRange(JAN + pair[0] * HOUR, JAN + pair[1] * HOUR))


@SLOW
@given(st.lists(st.tuples(spans(), sources()), min_size=2, max_size=4))
def test_after_every_run_offline_and_online_are_what_the_rules_say(runs: list[tuple[TimeRange, list[Row]]]) -> None:
    with TemporaryDirectory() as folder:
        store, oracle = Store(Bench(Path(folder))), Oracle()
        for number, (span, source) in enumerate(runs, start=1):
            store.run(span, source)
            oracle.run(number, span, source)

            assert sorted(store.visible()) == sorted(oracle.rows)
            assert store.online.rows == {
                packed_key(DATA_ID, [key]): packed(held) for key, held in oracle.online().items()
            }


def packed(held: Held) -> bytes:
    order = packed_order(held.row.event, held.row.created, held.commit)
    return order + bytes.fromhex(run_id(held.commit)) + b"\0" + str(held.row.v).encode()


def test_a_range_run_again_and_again_holds_each_row_once_of_the_last_run(bench: Bench) -> None:
    store, span = Store(bench), TimeRange(JAN, JAN + 6 * HOUR)
    first, correction = Row("a", JAN, JAN, 1), Row("a", JAN, JAN + HOUR, 2)
    store.run(span, [first])
    for _ in range(5):
        store.run(span, [first, correction])

    assert sorted(store.visible()) == [Held(first, 6), Held(correction, 6)]


def test_what_a_run_no_longer_writes_stays_known_beside_what_it_writes(bench: Bench) -> None:
    store, span = Store(bench), TimeRange(JAN, JAN + 6 * HOUR)
    first, second, third = (Row("a", JAN, JAN + hour * HOUR, hour) for hour in range(3))
    store.run(span, [first, second])

    store.run(span, [second, third])

    assert sorted(store.visible()) == [Held(first, 1), Held(second, 2), Held(third, 2)]


def test_a_racing_newer_row_online_survives_that_its_predecessor_was_taken_away(bench: Bench) -> None:
    store = Store(bench)
    span = TimeRange(JAN, JAN + 6 * HOUR)
    store.run(span, [Row("a", JAN + HOUR, JAN + HOUR, 1), Row("a", JAN + 2 * HOUR, JAN + 2 * HOUR, 2)])
    key = packed_key(DATA_ID, ["a"])
    pushed = packed_order(JAN + 3 * HOUR, JAN + 3 * HOUR, 1) + bytes(RUN_BYTES) + b"\x003"
    store.online.rows[key] = pushed

    store.run(span, [Row("a", JAN + HOUR, JAN + HOUR, 1)])

    assert store.online.rows == {key: pushed}
    del store.online.rows[key]
    store.run(span, [Row("b", JAN + HOUR, JAN + HOUR, 1)])
    assert [unpacked_order(row) for row in store.online.rows.values()] == [(JAN + HOUR, JAN + HOUR, 3)]


def test_a_packed_file_says_how_many_rows_it_holds_and_the_newest_event(bench: Bench) -> None:
    store = Store(bench)
    store.run(TimeRange(JAN, JAN + HOUR), [Row("a", JAN, JAN, 1)])
    [(span, paths)] = store.commits
    view = a_view(SQL, [], has_created=True)
    slices = [Slice(path, 1, run_id(1), [(span.start, span.end)]) for path in paths]

    made: PackedFile = bench.ask(PackOnline(DATA_ID, 1, run_id(1), view, slices, [], [], bench.out()), readable=paths)

    assert (made.rows, made.latest_event) == (1, JAN)
    assert entries(made) == [[packed_key(DATA_ID, ["a"]), packed(Held(Row("a", JAN, JAN, 1), 1))]]


# Names of the engine's own tables, columns and parameters, and words of SQL.
TAKEN = [
    "latest", "old", "new", "held", "place", "path", "number", "run", "lo", "hi", "twice", "shared", "gone", "rest",
    "event", "bucket", "failed", "out", "x", "p", "id", "one", "other", "row", "key", "values", "table", "order",
    "group", "filename", "file", "sql", "chunk",
]  # fmt: skip


@pytest.mark.parametrize(("keys", "features"), [(TAKEN, ["v"]), (["k"], TAKEN)], ids=["keys", "features"])
@pytest.mark.parametrize("source", ["new", "out", "order"])
def test_no_name_of_the_engine_clashes_with_those_of_a_view(
    bench: Bench, keys: list[str], features: list[str], source: str
) -> None:
    def relation(created: int) -> Relation:
        names = [*keys, *features]
        items = ", ".join(f'1::BIGINT AS "{name}"' for name in names)
        file = bench.source(f"SELECT {at(JAN)} AS t, {at(created)} AS c, {items}")
        moments = ["t TIMESTAMP WITH TIME ZONE", "c TIMESTAMP WITH TIME ZONE"]
        return Relation(source, columns(*moments, *(f"{name} BIGINT" for name in names)), "t", files=[file])

    listed = ", ".join(f'"{name}"' for name in [*keys, *features])
    sql = f'SELECT t AS event_timestamp, c AS created_timestamp, {listed} FROM "{source}"'
    checks = [
        Check("set", "IN_SET", "QUARANTINE", features[0], {"values": [1]}),
        Check("unique", "UNIQUE", "WARN", None, {"columns": [*keys, *features]}),
    ]
    options: dict[str, Any] = {
        "keys": " ".join(f"{name}:INT64" for name in keys),
        "features": [f"{name}:INT64" for name in features],
        "has_created": True,
        "checks": checks,
    }
    first = bench.compute(a_view(sql, [relation(JAN)], **options), JAN, JAN + HOUR)
    old = [Slice(file.path, 1, run_id(1)) for file in first.files]
    view = a_view(sql, [relation(JAN + 1)], **options)
    second = bench.compute(view, JAN, JAN + HOUR, old=old)
    new = [Slice(file.path, 2, run_id(2)) for file in second.files]
    paths = [piece.path for piece in (*old, *new)]
    rows = [file.path for file in second.files if file.role == "ROWS"]

    made: PackedFile = bench.ask(PackOnline(DATA_ID, 2, run_id(2), view, new, old, new, bench.out()), readable=paths)
    taken_away: PackedFile = bench.ask(
        PackOnline(DATA_ID, 3, run_id(3), view, [], new, old, bench.out()), readable=paths
    )

    assert [file.role for file in second.files] == ["ROWS", "KEPT"]
    assert (made.rows, taken_away.rows) == (1, 1)
    assert [check.failed for check in bench.ask(JudgeRun(view, rows, []), readable=rows)] == [0]
    assert bench.ask(PlanChunks(view, None, JAN + HOUR, 1)).rows_total == 1
    assert bench.ask(CheckCausality(view, JAN - HOUR, JAN + HOUR)) is None

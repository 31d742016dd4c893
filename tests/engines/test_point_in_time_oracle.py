"""The join against every rule of the specification, looked up row by row.

A long run: JOIN_EXAMPLES=20000 uv run pytest tests/engines/test_point_in_time_oracle.py
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import (
    AnswerMoments,
    Join,
    JoinedSpine,
    JoinedView,
    JoinSpine,
    Moments,
    OnDemandColumn,
    Spine,
    StoredColumn,
    ViewAnswers,
)
from graphql_api.engines.shapes import ColumnUse, Slice, Value
from tests.engines.joins import MOMENT, joined, pa, read_all, write_rows, write_table
from tests.engines.oracle import Key, Row, Table, newest_available, status_of, worst
from tests.engines.support import ask

EXAMPLES = int(os.environ.get("JOIN_EXAMPLES", "30"))
LAST = 12
FEATURES = [Value("f", ValueType.INT64), Value("g", ValueType.INT64)]
KEY_VALUES = {ValueType.INT64: (0, 2**63 - 1), ValueType.STRING: ("", "é\0")}


@dataclass(frozen=True)
class ViewCase:
    """`columns`: the spine's column of each part of the key."""

    columns: tuple[str, ...]
    types: tuple[ValueType, ...]
    table: Table
    has_created: bool
    delay: int
    ttl: int | None

    @property
    def keys(self) -> list[Value]:
        return [Value(f"k{at}", value_type) for at, value_type in enumerate(self.types)]

    def key_of(self, row: dict[str, Any]) -> Key:
        return tuple(row[column] for column in self.columns)


SPINE_TYPES = {"n": ValueType.INT64, "m": ValueType.INT64, "s": ValueType.STRING}
moments = st.integers(0, LAST)
ranges = st.one_of(
    st.just((0, LAST + 1)), st.tuples(moments, st.integers(1, LAST + 1)).map(lambda two: tuple(sorted(two)))
)


@st.composite
def views(draw: st.DrawFn) -> ViewCase:
    columns = tuple(draw(st.lists(st.sampled_from(sorted(SPINE_TYPES)), max_size=2, unique=True)))
    types = tuple(SPINE_TYPES[column] for column in columns)
    has_created = draw(st.sampled_from([True, True, False]))
    table = Table()
    keys = st.tuples(*(st.sampled_from(KEY_VALUES[value_type]) for value_type in types))
    later = st.sampled_from([0, 0, 1, 2, 5, -1]) if has_created else st.just(0)
    drawn = st.tuples(keys, moments, later, st.sampled_from([True, True, True, False]))
    for _ in range(draw(st.integers(0, 4))):
        start, end = draw(ranges)
        found = draw(st.lists(drawn, min_size=3, max_size=14))
        written: dict[tuple[Key, int, int], Row] = {}
        for at, (key, place, late, is_there) in enumerate(found):
            # Each row has values of its own, so that the right row cannot be mistaken for another.
            event, number = start + place % max(end - start, 1), 100 * (len(table.commits) + 1) + at
            values = (number if is_there else None, number if at % 3 else None)
            written.setdefault((key, event, event + late), Row(key, event, event + late, values))
        table.run(start, end, list(written.values()))
    return ViewCase(
        columns,
        types,
        table,
        has_created,
        delay=draw(st.sampled_from([0, 0, 1, 3])),
        ttl=draw(st.sampled_from([None, None, 0, 2, 4])),
    )


def every_moment() -> list[dict[str, Any]]:
    """Each entity at each moment, one twice, and rows with nulls: all that a spine may ask of these views."""
    whole = [
        {"n": n, "m": m, "s": s, "at": at, "hour": at % 3}
        for n, m, s in product(*(KEY_VALUES[value_type] for value_type in SPINE_TYPES.values()))
        for at in range(LAST + 8)
    ]
    odd: dict[str, Any] = {"n": 5, "m": 0, "s": "", "at": LAST, "hour": 1}
    return [*whole, whole[9], odd, *({**whole[11], name: None} for name in odd)]


EVERY_MOMENT = every_moment()


def shuffled(seed: int) -> list[dict[str, Any]]:
    return Random(seed).sample(EVERY_MOMENT, len(EVERY_MOMENT)) if seed else []


spines = st.integers(0, 9).map(shuffled)


def write_view(folder: Path, name: str, case: ViewCase) -> JoinedView:
    slices: list[Slice] = []
    for commit in case.table.commits:
        ranges = case.table.visible_of(commit)
        for role, rows in (("rows", commit.rows), ("kept", commit.kept)):
            if rows and ranges:
                path = write_rows(
                    folder / f"{name}-{commit.number}-{role}.parquet",
                    case.keys,
                    FEATURES,
                    [(row.key, row.event, row.created, row.values) for row in rows],
                    kept=[(row.commit, row.run) for row in rows] if role == "kept" else None,
                )
                slices.append(Slice(path, commit.number, commit.run, ranges))
    keys = dict(zip(case.columns, case.keys, strict=True))
    return joined(name, keys, FEATURES, slices, delay=case.delay, ttl=case.ttl, has_created=case.has_created)


def columns_of(cases: Sequence[ViewCase]) -> list[StoredColumn | OnDemandColumn]:
    """Every feature; an expression over all the views, the request and the moment; one that never is null."""
    stored = [
        StoredColumn(f"v{at}_{feature.name}", at, feature.name) for at in range(len(cases)) for feature in FEATURES
    ]
    names = {f"v{at}": at for at in range(len(cases))}
    total = " + ".join([*(f"v{at}.f" for at in range(len(cases))), "_request.hour", "epoch_us(_request.moment)"])
    request = [ColumnUse("_request", "hour"), ColumnUse("_request", "moment")]
    uses = [*(ColumnUse(name, "f") for name in names), *request]
    return [
        *stored,
        OnDemandColumn("total", ValueType.INT64, f"({total})", names, uses),
        OnDemandColumn("is_known", ValueType.BOOL, "(v0.g IS NOT NULL)", {"v0": 0}, [ColumnUse("v0", "g")]),
    ]


@dataclass(frozen=True)
class Expected:
    """By column of the join, one a row; by view."""

    values: list[list[int | bool | None]]
    statuses: list[list[str]]
    rows: list[list[Row | None]]


def expected(cases: Sequence[ViewCase], spine: Sequence[dict[str, Any]], known_before: int | None) -> Expected:
    rows = [
        [
            newest_available(case.table.rows, case.key_of(row), row["at"], delay=case.delay, known_before=known_before)
            for row in spine
        ]
        for case in cases
    ]
    values: list[list[int | bool | None]] = []
    statuses: list[list[str]] = []
    for case, found in zip(cases, rows, strict=True):
        for feature in range(len(FEATURES)):
            told = [status_of(row, feature, asked["at"], case.ttl) for row, asked in zip(found, spine, strict=True)]
            held = [row.values[feature] if row else None for row in found]
            values.append([value if status == "PRESENT" else None for value, status in zip(held, told, strict=True)])
            statuses.append(told)
    width = len(FEATURES)
    totals: list[int | bool | None] = []
    total_statuses: list[str] = []
    for at, asked in enumerate(spine):
        parts = [*(values[view * width][at] for view in range(len(cases))), asked["hour"], asked["at"]]
        totals.append(None if None in parts else sum(part or 0 for part in parts))
        inputs = [statuses[view * width][at] for view in range(len(cases))]
        total_statuses.append(worst(inputs) if totals[at] is None else "PRESENT")
    known: list[int | bool | None] = [value is not None for value in values[1]]
    return Expected([*values, totals, known], [*statuses, total_statuses, ["PRESENT"] * len(spine)], rows)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(views(), min_size=1, max_size=3), spines, st.one_of(st.none(), moments), st.sampled_from([60, 500_000]))
def test_every_value_is_what_could_have_been_known(
    cases: list[ViewCase], spine: list[dict[str, Any]], known_before: int | None, rows_a_file: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = [write_view(folder, f"v{at}", case) for at, case in enumerate(cases)]
        columns = columns_of(cases)
        join = Join(written, columns, [Value("hour", ValueType.INT64)], known_before)
        right = expected(cases, spine, known_before)
        readable = [piece.path for view in written for piece in view.slices]

        answered: Moments = ask(
            AnswerMoments(
                join,
                [row["at"] if row["at"] is not None else -(10**15) for row in spine],
                {column: [row[column] for row in spine] for column in ("n", "m", "s", "hour")},
            ),
            readable=readable,
            spill=folder / "spill",
        )
        made = join_files(folder, join, spine, readable, rows_a_file)

    check_moments(answered, right, spine)
    rows, joined_spine = made
    names = [column.column for column in columns]
    assert rows == [
        {**row, **{name: right.values[column][at] for column, name in enumerate(names)}} for at, row in enumerate(spine)
    ]
    assert joined_spine.views == [counts(case, found, spine) for case, found in zip(cases, right.rows, strict=True)]
    assert joined_spine.nulls == [held.count(None) for held in right.values]
    assert joined_spine.without_moment == sum(row["at"] is None for row in spine)


def join_files(
    folder: Path, join: Join, spine: Sequence[dict[str, Any]], readable: Sequence[str], rows_a_file: int
) -> tuple[list[dict[str, Any]], JoinedSpine]:
    types = {"n": pa.int64(), "m": pa.int64(), "s": pa.string(), "at": MOMENT, "hour": pa.int64()}
    path = write_table(
        folder / "spine.parquet", {name: ([row[name] for row in spine], kind) for name, kind in types.items()}
    )
    out = folder / "out"
    out.mkdir()
    made: JoinedSpine = ask(
        JoinSpine(join, Spine([path], "at"), str(out), rows_a_file=rows_a_file),
        readable=[*readable, path],
        spill=folder / "spill",
    )
    return read_all([file.path for file in made.files]), made


def counts(case: ViewCase, found: Sequence[Row | None], spine: Sequence[dict[str, Any]]) -> ViewAnswers:
    states = [status_of(row, 0, asked["at"], case.ttl) for row, asked in zip(found, spine, strict=True)]
    missing, expired = states.count("MISSING"), states.count("EXPIRED")
    return ViewAnswers(len(states) - missing - expired, missing, expired, 0)


def check_moments(answered: Moments, right: Expected, spine: Sequence[dict[str, Any]]) -> None:
    """A look-up always has a moment: rows of the spine without one are left to the files."""
    asked = [at for at, row in enumerate(spine) if row["at"] is not None]

    def of_asked(columns: Sequence[Sequence[Any]]) -> list[list[Any]]:
        return [[column[at] for at in asked] for column in columns]

    assert of_asked(answered.texts) == [[text(held) for held in column] for column in of_asked(right.values)]
    assert of_asked(answered.statuses) == of_asked(right.statuses)
    assert of_asked(answered.events) == [[row and row.event for row in found] for found in of_asked(right.rows)]
    assert of_asked(answered.runs) == [[row and row.run for row in found] for found in of_asked(right.rows)]


def text(value: int | bool | None) -> str:
    return "null" if value is None else str(value).lower()

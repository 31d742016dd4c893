"""Cutting a range: the same way every time, and for causal and local SQL without any effect on the rows."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.engines.shapes import CheckCausality, ChunkPlan, PlanChunks, Relation, View
from tests.engines.support import DAY, HOUR, JAN, Bench, a_view, at, columns

WINDOWED = """SELECT k, t AS event_timestamp, sum(v) OVER w AS v, count(*) OVER w AS n FROM src
WINDOW w AS (PARTITION BY k ORDER BY t RANGE BETWEEN INTERVAL 3 HOUR PRECEDING AND CURRENT ROW)"""


def timed(*files: str) -> Relation:
    names = columns("k VARCHAR", "t TIMESTAMP WITH TIME ZONE", "v DOUBLE")
    return Relation("src", names, event_timestamp="t", files=list(files))


def view(bench: Bench, moments: list[int], sql: str = WINDOWED, lookback: int = 3 * HOUR, **options: Any) -> View:
    table = ", ".join(f"('k{index % 2}', {at(moment)}, {index}.5)" for index, moment in enumerate(moments))
    file = bench.source(f"SELECT k, t, v::DOUBLE AS v FROM (VALUES {table}) AS r(k, t, v)")
    chosen: dict[str, Any] = {"features": ["v:FLOAT64", "n:INT64"]} | options
    return a_view(sql, [timed(file)], lookback=lookback, **chosen)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(0, 20).map(lambda hour: JAN + hour * HOUR), min_size=1, max_size=25),
    st.lists(st.integers(1, 20 * 4), max_size=3, unique=True),
)
def test_a_range_in_pieces_gives_the_rows_of_the_whole(moments: list[int], cuts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        asked = view(bench, sorted(set(moments)))
        edges = [JAN, *(JAN + cut * HOUR // 4 for cut in sorted(cuts)), JAN + 21 * HOUR]

        whole = bench.rows(asked, edges[0], edges[-1])
        pieces = [row for start, end in pairwise(edges) for row in bench.rows(asked, start, end)]

    order = ["k", "event_timestamp"]
    assert sorted(pieces, key=lambda row: [row[name] for name in order]) == whole


# ---------------------------------------------------------------- chunks


def plan(bench: Bench, asked: View, start: int | None, end: int, target: int) -> ChunkPlan:
    made: ChunkPlan = bench.ask(PlanChunks(asked, start, end, target), threads=2)
    assert made == bench.ask(PlanChunks(asked, start, end, target), threads=1)
    return made


def test_without_a_start_a_plan_begins_at_the_oldest_row(bench: Bench) -> None:
    asked = view(bench, [JAN + 7 * HOUR, JAN + 5 * HOUR, JAN + 99 * DAY])

    assert plan(bench, asked, None, JAN + DAY, 100) == ChunkPlan(JAN + 5 * HOUR, [(JAN + 5 * HOUR, JAN + DAY)], 2, 0)
    assert plan(bench, asked, JAN, JAN + DAY, 100) == ChunkPlan(JAN, [(JAN, JAN + DAY)], 2, 0)


def test_sources_without_a_row_before_the_end_give_no_chunk(bench: Bench) -> None:
    assert plan(bench, view(bench, [JAN + DAY]), None, JAN, 100) == ChunkPlan(None, [], 0, 0)


def test_rows_without_an_event_timestamp_are_counted_whatever_the_range(bench: Bench) -> None:
    one = bench.source(f"SELECT 'a' AS k, {at(JAN)} AS t, 1.0 AS v UNION ALL SELECT 'b', NULL, 1.0")
    two = bench.source("SELECT 'c' AS k, 'infinity'::TIMESTAMPTZ AS t, 1.0 AS v")
    three = bench.source("SELECT 'd' AS k, 1.0 AS v FROM range(3)")
    asked = a_view(WINDOWED, [timed(one, two, three)], features=["v:FLOAT64", "n:INT64"])

    assert plan(bench, asked, JAN, JAN + DAY, 100) == ChunkPlan(JAN, [(JAN, JAN + DAY)], 1, 5)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(0, 10 * 24 * 60).map(lambda minute: JAN + minute * 60_000_000), min_size=1, max_size=80),
    st.integers(1, 30),
    st.integers(0, 12),
)
def test_chunks_cover_the_range_and_none_is_shorter_than_the_lookback(
    moments: list[int], target: int, lookback: int
) -> None:
    start, end = JAN, JAN + 11 * DAY
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        made = plan(bench, view(bench, moments, lookback=lookback * HOUR), start, end, target)

    assert [made.chunks[0][0], made.chunks[-1][1], made.rows_total] == [start, end, len(moments)]
    assert all(one[1] == other[0] for one, other in pairwise(made.chunks))
    assert all(last - first >= lookback * HOUR for first, last in made.chunks)
    if lookback == 0:
        held = [sum(first <= moment < last for moment in moments) for first, last in made.chunks]
        most_at_once = max(moments.count(moment) for moment in moments)
        assert all(rows <= max(target, most_at_once) for rows in held)


def test_a_dense_stretch_in_a_long_range_is_cut_too(bench: Bench) -> None:
    asked = view(bench, [JAN - 20_000 * DAY, *(JAN + second * 1_000_000 for second in range(400))], lookback=0)

    made = plan(bench, asked, None, JAN + DAY, 100)

    assert 5 <= len(made.chunks) <= 8


def test_a_static_view_is_one_chunk(bench: Bench) -> None:
    file = bench.source("SELECT 'a' AS k, 1 AS v FROM range(30)")
    asked = a_view(
        "SELECT k, v FROM src", [Relation("src", columns("k VARCHAR", "v INTEGER"), files=[file])], is_static=True
    )

    assert plan(bench, asked, None, JAN, 10) == ChunkPlan(0, [(0, JAN)], 30, 0)


# ---------------------------------------------------------------- causality

HOURLY = [JAN + hour * HOUR for hour in range(24 * 10)]


def difference(bench: Bench, sql: str, lookback: int) -> str | None:
    text: str | None = bench.ask(CheckCausality(view(bench, HOURLY, sql, lookback), JAN, JAN + 10 * DAY))
    return text


def test_causal_and_local_sql_differs_nowhere(bench: Bench) -> None:
    daily = """SELECT k, date_trunc('day', t) + INTERVAL 1 DAY AS event_timestamp, avg(v) AS v, count(*) AS n FROM src
        GROUP BY ALL"""

    assert difference(bench, WINDOWED, 3 * HOUR) is None
    assert difference(bench, daily, DAY) is None


@pytest.mark.parametrize(
    ("sql", "lookback"),
    [
        (WINDOWED, HOUR),
        ("SELECT k, t AS event_timestamp, lead(v) OVER (PARTITION BY k ORDER BY t) AS v, 1 AS n FROM src", DAY),
        ("SELECT k, t AS event_timestamp, sum(v) OVER (PARTITION BY k ORDER BY t) AS v, 1 AS n FROM src", DAY),
        ("SELECT k, date_trunc('day', t) AS event_timestamp, sum(v) AS v, 1 AS n FROM src GROUP BY ALL", DAY),
        ("SELECT k, t AS event_timestamp, v - avg(v) OVER () AS v, 1 AS n FROM src", DAY),
    ],
    ids=["lookback too short", "looks ahead", "looks back to the start", "total at the start of its day", "of all"],
)
def test_sql_that_looks_ahead_or_too_far_behind_is_found_and_rows_are_shown(
    bench: Bench, sql: str, lookback: int
) -> None:
    text = difference(bench, sql, lookback)

    assert text is not None
    assert "\nrun whole: k=k" in text
    assert "\nrun in two pieces: k=k" in text
    assert len(text.splitlines()) <= 11


def test_floats_that_are_not_finite_are_compared_and_shown_as_the_nulls_that_they_become(bench: Bench) -> None:
    sql = "SELECT k, t AS event_timestamp, 'nan'::DOUBLE AS v, ['inf'::DOUBLE, 1] AS l{} FROM src"
    options: dict[str, Any] = {"lookback": DAY, "features": ["v:FLOAT64", "l:FLOAT64_LIST"]}
    causal = view(bench, HOURLY, sql.format(""), **options)
    options["features"].append("n:INT64")
    looking = view(bench, HOURLY, sql.format(", count(*) OVER () AS n"), **options)

    assert bench.ask(CheckCausality(causal, JAN, JAN + 10 * DAY)) is None
    text: str | None = bench.ask(CheckCausality(looking, JAN, JAN + 10 * DAY))
    assert text is not None
    assert "v=None, l=[None, 1.0], n=" in text

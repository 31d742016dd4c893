"""The first and the last moment: what lies outside of the years 1 to 9999 is no moment, from files to answers."""

import pytest

from graphql_api.domain.times import FIRST_MOMENT, LAST_MOMENT, from_micros, parse_moment, parse_rfc3339, rfc3339
from graphql_api.engines.shapes import ChunkPlan, PlanChunks, Relation
from tests.engines.support import DAY, JAN, Bench, a_view, columns

CENTURY = 36_525 * DAY


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00+00:01", "0001-01-01T04:59:59.999999+05:00", "9999-12-31T23:59:59.999999-00:01"],
)
def test_a_moment_that_utc_cannot_write_is_refused(text: str) -> None:
    for parse in (parse_rfc3339, parse_moment):
        with pytest.raises(ValueError, match="is in UTC outside of the years 1 to 9999"):
            parse(text)


def test_the_first_and_the_last_moment_are_moments() -> None:
    assert parse_moment("0001-01-01") == parse_rfc3339("0001-01-01T05:00:00+05:00") == FIRST_MOMENT
    assert parse_rfc3339("9999-12-31T23:59:59.999999Z") == LAST_MOMENT


def test_every_number_can_be_shown() -> None:
    assert [rfc3339(micros) for micros in (-(1 << 63), FIRST_MOMENT - 1, LAST_MOMENT + 1, (1 << 63) - 1)] == [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.999999Z",
    ]
    assert from_micros(1).microsecond == 1


BERLIN = ["0001-01-01 00:00:00", "0001-01-01 00:53:28", "0001-01-01 00:53:27.999999", "2026-01-01 01:00:00"]
"""Berlin's clocks stood 53 minutes and 28 seconds ahead of Greenwich before there were time zones."""


@pytest.mark.parametrize(
    ("data_type", "zone", "rows", "oldest", "timed"),
    [
        ("TIMESTAMP", "Europe/Berlin", BERLIN, FIRST_MOMENT, 2),
        ("TIMESTAMP", "America/New_York", ["0001-01-01", "9999-12-31 23:00:00"], None, 1),
        ("TIMESTAMP", "UTC", ["0001-01-01", "0001-12-31 (BC)", "9999-12-31 23:59:59.999999", "10000-01-01"], None, 2),
        ("TIMESTAMPTZ", "UTC", ["0001-01-01 00:00:00+02", "10000-01-01 00:00:00+00", "2026-01-01 00:00:00+00"], JAN, 1),
        (
            "DATE",
            "UTC",
            ["5881580-07-10", "0001-12-31 (BC)", "5877642-06-25 (BC)", "2026-01-01", "0001-01-01"],
            None,
            2,
        ),
        ("TIMESTAMP_NS", "America/New_York", ["1677-09-22", "2262-04-11", "infinity"], None, 2),
    ],
)
def test_a_row_of_another_year_has_no_event_timestamp_and_is_counted(
    bench: Bench, data_type: str, zone: str, rows: list[str], oldest: int | None, timed: int
) -> None:
    table = ", ".join(f"('k{index}', '{row}'::{data_type}, 1::BIGINT)" for index, row in enumerate(rows))
    file = bench.source(f"SELECT * FROM (VALUES {table}) AS r(k, t, v)")
    kept = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}.get(data_type, data_type)
    relation = Relation("src", columns("k VARCHAR", f"t {kept}", "v BIGINT"), "t", timezone=zone, files=[file])
    view = a_view("SELECT k, t AS event_timestamp, v FROM src", [relation])
    end = LAST_MOMENT + 1

    made: ChunkPlan = bench.ask(PlanChunks(view, None, end, 1_000_000))

    assert (made.rows_total, made.rejected_sources) == (timed, len(rows) - timed)
    assert made.start is not None
    assert oldest in (None, made.start)
    assert bench.compute(view, made.start, end, frozen_at=end).rows_written == timed
    assert bench.compute(view, -(1 << 62), 1 << 62, frozen_at=end).rows_written == timed


@pytest.mark.parametrize(("start", "lookback"), [(FIRST_MOMENT, 0), (JAN, 4 * CENTURY), (JAN, 1_000 * CENTURY)])
@pytest.mark.parametrize("data_type", ["TIMESTAMP_NS", "TIMESTAMP", "DATE"])
def test_a_range_may_begin_before_what_the_type_of_a_file_can_hold(
    bench: Bench, data_type: str, start: int, lookback: int
) -> None:
    file = bench.source(f"SELECT 'a' AS k, {data_type} '2026-01-01' AS t, 1::BIGINT AS v")
    relation = Relation("src", columns("k VARCHAR", f"t {data_type}", "v BIGINT"), "t", files=[file])
    view = a_view("SELECT k, t AS event_timestamp, v FROM src", [relation], lookback=lookback)

    assert bench.compute(view, start, JAN + 4 * CENTURY).rows_written == 1
    assert bench.compute(view, start - 1, start).rows_written == 0

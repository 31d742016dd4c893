"""Sources as SQL sees them: frozen columns, windows of event time, time zones."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graphql_api.domain.times import rfc3339, to_micros
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import (
    CheckExpression,
    ComputeProblem,
    DescribeFiles,
    DescribeSql,
    FileColumn,
    FileSchema,
    PlanChunks,
    Relation,
    SqlProblem,
    View,
)
from graphql_api.engines.types import widens
from tests.engines.support import DAY, HOUR, JAN, Bench, a_view, at, columns


def timed(*files: str, more: tuple[str, ...] = ("v BIGINT",), event: str = "t TIMESTAMP", **options: str) -> Relation:
    name = event.split(" ", 1)[0]
    return Relation("src", columns("k VARCHAR", event, *more), event_timestamp=name, files=list(files), **options)


def passing(*relations: Relation, **options: Any) -> View:
    return a_view("SELECT k, t AS event_timestamp, v FROM src", list(relations), **options)


def problem(bench: Bench, view: View) -> ComputeProblem | SqlProblem:
    with pytest.raises(Refused) as caught:
        bench.compute(view, JAN, JAN + DAY)
    return caught.value.problem


def micros(text: str) -> int:
    return to_micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_the_footer_of_a_file_tells_its_columns_and_rows(bench: Bench) -> None:
    file = bench.source("SELECT 1::INTEGER AS a, [1.5] AS l, {'x': [1]} AS s, TIMESTAMP_NS '2026-01-01' AS t, 'q' AS z")

    assert bench.ask(DescribeFiles([file])) == [
        FileSchema(columns("a INTEGER", "l DECIMAL(2,1)[]", "s STRUCT(x INTEGER[])", "t TIMESTAMP_NS", "z VARCHAR"), 1)
    ]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1 this is not one PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_file_that_is_no_parquet_is_named(bench: Bench, content: bytes) -> None:
    path = bench.folder / "broken.parquet"
    path.write_bytes(content)
    bench.made.append(str(path))

    with pytest.raises(Refused) as caught:
        bench.ask(DescribeFiles([str(path)]))

    assert caught.value.problem == ComputeProblem("SOURCE_UNREADABLE", f"{path} cannot be read as a Parquet file.")


def test_sql_sees_event_timestamps_from_lookback_to_end_and_writes_those_from_start(bench: Bench) -> None:
    file = bench.source(
        f"SELECT 'a' AS k, {at(JAN)}::TIMESTAMP + INTERVAL (i) HOUR AS t, i AS v FROM range(-48, 48) r(i)"
    )
    sql = "SELECT k, t AS event_timestamp, count(*) OVER () AS v FROM src"

    rows = bench.rows(a_view(sql, [timed(file)], lookback=3 * HOUR), JAN, JAN + 5 * HOUR)

    assert [row["event_timestamp"] for row in rows] == [JAN + i * HOUR for i in range(5)]
    assert {row["v"] for row in rows} == {8}


def test_a_look_up_table_is_whole_and_a_source_row_without_a_time_is_unseen(bench: Bench) -> None:
    file = bench.source(f"SELECT 'a' AS k, {at(JAN)} AS t, 1 AS v UNION ALL SELECT 'b', NULL, 2")
    planes = bench.source("SELECT * FROM (VALUES ('a', 7), ('b', 8), (NULL, 9)) AS p(k, seats)")
    sql = (
        "SELECT s.k, t AS event_timestamp, (SELECT sum(seats) FROM planes) + (SELECT count(*) FROM src) AS v FROM src s"
    )
    relations = [
        timed(file, event="t TIMESTAMP WITH TIME ZONE"),
        Relation("planes", columns("seats BIGINT"), files=[planes]),
    ]

    assert [row["v"] for row in bench.rows(a_view(sql, relations), JAN, JAN + 1)] == [24 + 1]


def test_columns_are_the_frozen_ones_an_absent_one_is_null_and_numbers_widen(bench: Bench) -> None:
    one = bench.source(f"SELECT 'a' AS k, {at(JAN)}::TIMESTAMP AS t, 1::TINYINT AS v, 'unseen' AS extra")
    two = bench.source(f"SELECT 'b' AS k, {at(JAN)}::TIMESTAMP AS t")
    three = bench.source(f"SELECT 'c' AS k, {at(JAN)}::TIMESTAMP AS t, 16777217::INTEGER AS v")
    four = bench.source(f"SELECT 'd' AS k, {at(JAN)}::TIMESTAMP AS t, 0.5::FLOAT AS v")
    relation = timed(one, two, three, four, more=("v DOUBLE",))

    rows = bench.rows(passing(relation, features=("v:FLOAT64",)), JAN, JAN + 1)

    assert [(row["k"], row["v"]) for row in rows] == [("a", 1.0), ("b", None), ("c", 16777217.0), ("d", 0.5)]
    with pytest.raises(Refused) as caught:
        bench.compute(a_view("SELECT k, t AS event_timestamp, extra AS v FROM src", [relation]), JAN, JAN + 1)
    assert isinstance(caught.value.problem, SqlProblem)


def test_a_column_of_nulls_without_a_type_is_null_whatever_was_frozen(bench: Bench) -> None:
    typed = bench.source(f"SELECT 'a' AS k, make_timestamp({JAN}) AS t, 1::BIGINT AS v, [1.5::DOUBLE] AS l")
    nulls = bench.source(f"SELECT 'b' AS k, make_timestamp({JAN}) AS t, NULL AS v, [NULL] AS l")
    view = a_view(
        "SELECT k, t AS event_timestamp, v, l FROM src",
        [timed(typed, nulls, more=("v BIGINT", "l DOUBLE[]"))],
        features=("v:INT64", "l:FLOAT64_LIST"),
    )

    assert bench.ask(DescribeFiles([nulls]))[0].columns == columns("k VARCHAR", "t TIMESTAMP", 'v "NULL"', 'l "NULL"[]')
    assert [(row["k"], row["v"], row["l"]) for row in bench.rows(view, JAN, JAN + 1)] == [
        ("a", 1, [1.5]),
        ("b", None, [None]),
    ]


def test_a_type_that_does_not_widen_is_refused_naming_the_file_where_sql_uses_the_column(bench: Bench) -> None:
    good = bench.source(f"SELECT 'a' AS k, {at(JAN)}::TIMESTAMP AS t, 1::BIGINT AS v, 2::BIGINT AS w")
    bad = bench.source(f"SELECT 'b' AS k, {at(JAN)}::TIMESTAMP AS t, 1::BIGINT AS v, 'two' AS w")
    relation = timed(good, bad, more=("v BIGINT", "w BIGINT"))
    using = a_view("SELECT k, t AS event_timestamp, w AS v FROM src", [relation])

    assert len(bench.rows(passing(relation), JAN, JAN + 1)) == 2
    assert problem(bench, using) == ComputeProblem(
        "SOURCE_CHANGED",
        f"Source 'src': The column 'w' is VARCHAR in {bad}, which does not widen to BIGINT.",
        "Plan and apply the source again.",
    )


def test_a_used_column_that_no_file_has_is_refused_also_behind_a_star(bench: Bench) -> None:
    file = bench.source(f"SELECT 'a' AS k, {at(JAN)}::TIMESTAMP AS t, 1::BIGINT AS v")
    relation = timed(file, more=("v BIGINT", "gone BIGINT"))
    message = f"Source 'src': No file has the column 'gone', such as {file}."

    assert len(bench.rows(passing(relation), JAN, JAN + 1)) == 1
    for sql in ("SELECT k, t AS event_timestamp, gone AS v FROM src", "SELECT *, t AS event_timestamp FROM src"):
        found = problem(bench, a_view(sql, [relation]))
        assert (type(found), found.message) == (ComputeProblem, message)


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        ("INTEGER", "BIGINT", True), ("BIGINT", "INTEGER", False), ("UINTEGER", "BIGINT", True),
        ("UBIGINT", "BIGINT", False), ("UBIGINT", "HUGEINT", True), ("TINYINT", "UTINYINT", False),
        ("FLOAT", "DOUBLE", True), ("DOUBLE", "FLOAT", False), ("BIGINT", "DOUBLE", True), ("DOUBLE", "BIGINT", False),
        ("DECIMAL(9,2)", "DECIMAL(12,3)", True), ("DECIMAL(9,2)", "DECIMAL(9,3)", False),
        ("BIGINT", "DECIMAL(19,0)", True), ("BIGINT", "DECIMAL(18,0)", False), ("DECIMAL(4,1)", "DOUBLE", True),
        ("VARCHAR", "BIGINT", False), ("BOOLEAN", "BIGINT", False), ("INTEGER[]", "BIGINT[]", True),
        ("TIMESTAMP_NS", "TIMESTAMP", True), ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", False), ("int", "long", True),
    ],
)  # fmt: skip
def test_only_numbers_widen(held: str, wanted: str, expected: bool) -> None:
    assert widens(held, wanted) is expected


@pytest.mark.parametrize(
    ("data_type", "literal", "expected"),
    [
        ("TIMESTAMP", "TIMESTAMP '2026-01-01 12:00:00.000001'", "2026-01-01T12:00:00.000001"),
        ("TIMESTAMP_NS", "TIMESTAMP_NS '2026-01-01 12:00:00.000001999'", "2026-01-01T12:00:00.000001"),
        ("TIMESTAMP_NS", "TIMESTAMP_NS '1959-12-31 23:59:59.999999001'", "1959-12-31T23:59:59.999999"),
        ("TIMESTAMP_MS", "TIMESTAMP_MS '2026-01-01 12:00:00.123'", "2026-01-01T12:00:00.123"),
        ("TIMESTAMP_S", "TIMESTAMP_S '2026-01-01 12:00:00'", "2026-01-01T12:00:00"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ '2026-01-01 12:00:00+02'", "2026-01-01T10:00:00"),
        ("DATE", "DATE '2026-01-01'", "2026-01-01T00:00:00"),
    ],
)
def test_every_kind_of_timestamp_is_a_moment_in_utc_cut_down_to_microseconds(
    bench: Bench, data_type: str, literal: str, expected: str
) -> None:
    moment = micros(expected)
    file = bench.source(f"SELECT 'a' AS k, {literal} AS t, 1::BIGINT AS v")
    # Parquet may keep a precision as another one.
    view = passing(timed(file, event=f"t {data_type}"))

    assert [row["event_timestamp"] for row in bench.rows(view, moment, moment + 1)] == [moment]
    assert bench.rows(view, moment + 1, moment + DAY) == []
    assert bench.rows(view, moment - DAY, moment) == []


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("frozen", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
def test_a_declared_timestamp_is_read_from_files_with_and_without_offsets(bench: Bench, frozen: str, zone: str) -> None:
    noon = micros("2025-07-01T12:00:00")
    utc_of_naive = noon if zone == "UTC" else noon + 4 * HOUR
    items = "1::BIGINT AS v"
    naive = bench.source(f"SELECT 'naive' AS k, TIMESTAMP '2025-07-01 12:00:00' AS t, {items}")
    fine = bench.source(f"SELECT 'fine' AS k, TIMESTAMP_NS '2025-07-01 12:00:00.0000009' AS t, {items}")
    aware = bench.source(f"SELECT 'aware' AS k, TIMESTAMPTZ '2025-07-01 14:00:00+02' AS t, {items}")
    relation = timed(naive, fine, aware, event=f"t {frozen}", timezone=zone)

    rows = bench.rows(passing(relation), noon - DAY, noon + DAY)

    assert {row["k"]: row["event_timestamp"] for row in rows} == {
        "naive": utc_of_naive,
        "fine": utc_of_naive,
        "aware": noon,
    }
    assert bench.ask(PlanChunks(passing(relation), None, noon + DAY, 100)).rows_total == 3


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("America/New_York", "2025-07-01 12:00:00", "2025-07-01T16:00:00"),
        ("America/New_York", "2025-01-01 12:00:00", "2025-01-01T17:00:00"),
        ("America/New_York", "2025-11-02 00:59:59", "2025-11-02T04:59:59"),
        ("America/New_York", "2025-11-02 01:30:00", "2025-11-02T05:30:00"),
        ("America/New_York", "2025-11-02 02:00:00", "2025-11-02T07:00:00"),
        ("America/New_York", "2025-03-09 03:00:00", "2025-03-09T07:00:00"),
        ("Australia/Lord_Howe", "2025-04-06 01:45:00", "2025-04-05T14:45:00"),
        ("Asia/Kathmandu", "2025-04-06 01:45:00", "2025-04-05T20:00:00"),
        ("UTC", "2025-04-06 01:45:00", "2025-04-06T01:45:00"),
    ],
)
def test_a_naive_time_is_read_in_the_zone_of_its_source_and_one_shown_twice_is_the_earlier(
    bench: Bench, zone: str, local: str, utc: str
) -> None:
    moment = micros(utc)
    file = bench.source(f"SELECT 'a' AS k, TIMESTAMP '{local}' AS t, 1::BIGINT AS v")
    view = passing(timed(file, timezone=zone))

    assert [row["event_timestamp"] for row in bench.rows(view, moment, moment + 1)] == [moment]


def test_a_time_that_the_clock_skipped_ends_the_run_naming_file_and_value(bench: Bench) -> None:
    file = bench.source("SELECT 'a' AS k, TIMESTAMP '2025-03-09 02:30:00' AS t, 1::BIGINT AS v")
    view = passing(timed(file, timezone="America/New_York"))

    with pytest.raises(Refused) as caught:
        bench.compute(view, micros("2025-03-09T00:00:00"), micros("2025-03-10T00:00:00"))

    assert caught.value.problem == ComputeProblem(
        "SKIPPED_TIME",
        f"t is 2025-03-09 02:30:00, a time that the clock skipped in America/New_York, in {file}",
    )


def test_other_naive_columns_of_a_source_are_read_in_its_zone_too(bench: Bench) -> None:
    file = bench.source(
        "SELECT 'a' AS k, TIMESTAMP '2025-07-01 12:00:00' AS t, TIMESTAMP '2025-07-01 13:00:00' AS seen"
    )
    relation = timed(file, more=("seen TIMESTAMP",), timezone="America/New_York")
    view = a_view("SELECT k, t AS event_timestamp, seen AS v FROM src", [relation], features=["v:TIMESTAMP"])
    moment = micros("2025-07-01T16:00:00")

    assert [rfc3339(row["v"]) for row in bench.rows(view, moment, moment + 1)] == ["2025-07-01T17:00:00Z"]


def test_types_are_told_without_a_file(bench: Bench) -> None:
    sql = "SELECT k, max(v) OVER () AS m, v / 2 AS half, [t] AS l, NULL AS nothing FROM src"

    assert bench.ask(DescribeSql(sql, [timed()])) == [
        FileColumn(*pair.split(" ", 1))
        for pair in ("k VARCHAR", "m BIGINT", "half DOUBLE", "l TIMESTAMP[]", 'nothing "NULL"')
    ]


@pytest.mark.parametrize("end", ["", ";", " ; ; -- that's; all", "/* ; */;\n", " -- é;"])
def test_what_stands_behind_a_statement_or_an_expression_is_left_out(bench: Bench, end: str) -> None:
    relation = timed(bench.source(f"SELECT 'é;' AS k, make_timestamp({JAN}) AS t, 1::BIGINT AS v"))
    view = a_view(f"SELECT k, t AS event_timestamp, v FROM src WHERE k = 'é;'{end}", [relation])

    assert bench.compute(view, JAN, JAN + 1).rows_written == 1
    assert bench.ask(CheckExpression(f"k = 'é;'{end}", columns("k VARCHAR"))) == FileColumn("(k = 'é;')", "BOOLEAN")


@pytest.mark.parametrize("data_type", ["BIGINT), (SELECT 1", "BIGINT) AS x --", "nonsense", "BIGINT; DROP TABLE x"])
def test_a_declared_type_must_be_a_type(bench: Bench, data_type: str) -> None:
    with pytest.raises(Refused) as caught:
        bench.ask(DescribeSql("SELECT * FROM src", [Relation("src", [FileColumn("a", data_type)])]))

    assert isinstance(caught.value.problem, SqlProblem)


def test_a_column_that_is_not_there_is_refused_with_its_place_and_the_nearest_name(bench: Bench) -> None:
    with pytest.raises(Refused) as caught:
        bench.ask(DescribeSql("SELECT k,\n  vv FROM src", [timed()]))

    assert caught.value.problem == SqlProblem("There is no column 'vv' here.", "Did you mean 'v'?", line=2, column=3)

"""One chunk: what is rejected, collapsed and staged, and what its files hold."""

import math

import duckdb
import pytest

from graphql_api.engines.shapes import CheckResult, ReadRows, Relation, Rows
from tests.engines.chunks import over, row, source
from tests.engines.support import DAY, HOUR, JAN, Bench, a_view, at, columns, read, rows_of

EVERY_TYPE = {
    "BOOL": ("BOOLEAN", "true", True),
    "INT64": ("BIGINT", "9223372036854775807", 2**63 - 1),
    "FLOAT64": ("DOUBLE", "0.1", 0.1),
    "STRING": ("VARCHAR", "'é'", "é"),
    "TIMESTAMP": ("TIMESTAMP WITH TIME ZONE", at(JAN), JAN),
    "BOOL_LIST": ("BOOLEAN[]", "[true, NULL]", [True, None]),
    "INT64_LIST": ("BIGINT[]", "[1, NULL]", [1, None]),
    "FLOAT64_LIST": ("DOUBLE[]", "[1.5, NULL]", [1.5, None]),
    "STRING_LIST": ("VARCHAR[]", "['x', NULL]", ["x", None]),
}


def test_null_keys_null_times_and_rows_from_after_the_freeze_are_rejected_and_counted(bench: Bench) -> None:
    relation = source(
        bench, row("a", 1), row(None, 1), row("b", 1, created=30), row("c", 2), row(None, 50), row("d", 1, created=23)
    )
    sql = """SELECT k, CASE WHEN k = 'c' THEN NULL ELSE t END AS event_timestamp, c AS created_timestamp, v FROM src"""
    view = a_view(sql, [relation], features=["v:FLOAT64"], has_created=True)

    result = bench.compute(view, JAN, JAN + DAY, frozen_at=JAN + DAY)

    assert [found["k"] for found in rows_of(result)] == ["a", "d"]
    assert (result.rows_read, result.rows_written, result.rows_rejected) == (5, 2, 3)


def test_created_is_the_event_timestamp_where_the_sql_gives_none(bench: Bench) -> None:
    sql = "SELECT k, t AS event_timestamp, v FROM src"
    view = a_view(sql, [source(bench, row("a", 1, created=9))], features=["v:FLOAT64"])

    assert bench.rows(view, JAN, JAN + DAY) == [
        {"k": "a", "event_timestamp": JAN + HOUR, "created_timestamp": JAN + HOUR, "v": 1.0}
    ]


def test_equal_rows_of_one_identity_collapse(bench: Bench) -> None:
    relation = source(
        bench, row("a", 1, 2), row("a", 1, 2), row("a", 1, 2, created=2), row("b", 1, None), row("b", 1, None)
    )

    result = bench.compute(over(relation), JAN, JAN + DAY)

    assert [(found["k"], found["created_timestamp"] - JAN, found["v"]) for found in rows_of(result)] == [
        ("a", HOUR, 2.0), ("a", 2 * HOUR, 2.0), ("b", HOUR, None),
    ]  # fmt: skip
    assert result.checks == [CheckResult("one_row_per_key", 3, 0)]


@pytest.mark.parametrize(("one", "other"), [(1, 2), (1, None), (0.0, -0.0)])
def test_different_rows_of_one_identity_fail_one_row_per_key_and_are_shown(
    bench: Bench, one: float, other: float | None
) -> None:
    relation = source(bench, row("a", 1, one), row("a", 1, other), row("a", 1, other), row("b", 1, 5))

    [found] = bench.compute(over(relation), JAN, JAN + DAY).checks

    assert (found.id, found.checked, found.failed) == ("one_row_per_key", 3, 2)
    assert {repr(shown["v"]) for shown in found.sample} == {
        repr(None if value is None else float(value)) for value in (one, other)
    }


def test_floats_that_are_not_finite_become_null_and_are_counted(bench: Bench) -> None:
    relation = source(
        bench, row("a", 1, math.nan), row("b", 1, math.inf), row("c", 1, -math.inf), row("d", 1, 2.5), row("e", 1, None)
    )
    sql = "SELECT k, t AS event_timestamp, v, [v, 1, NULL] AS l FROM src"
    view = a_view(sql, [relation], features=["v:FLOAT64", "l:FLOAT64_LIST"])

    result = bench.compute(view, JAN, JAN + DAY)

    assert result.non_finite == {"v": 3, "l": 3}
    assert [(found["v"], found["l"]) for found in rows_of(result)] == [
        (None, [None, 1, None]), (None, [None, 1, None]), (None, [None, 1, None]), (2.5, [2.5, 1, None]),
        (None, [None, 1, None]),
    ]  # fmt: skip


def test_a_static_view_has_all_its_rows_at_the_epoch(bench: Bench) -> None:
    file = bench.source("SELECT * FROM (VALUES ('a', 1), ('b', 2), (NULL, 3)) AS p(k, v)")
    relation = Relation("src", columns("k VARCHAR", "v INTEGER"), files=[file])
    view = a_view("SELECT k, v FROM src", [relation], is_static=True)

    result = bench.compute(view, 0, JAN)

    assert rows_of(result) == [
        {"k": key, "event_timestamp": 0, "created_timestamp": 0, "v": value} for key, value in (("a", 1), ("b", 2))
    ]
    assert (result.rows_read, result.rows_written, result.rows_rejected) == (3, 2, 1)


def test_a_chunk_without_rows_makes_no_file(bench: Bench) -> None:
    result = bench.compute(over(source(bench, row("a", 50))), JAN, JAN + DAY)

    assert (result.files, result.rows_written) == ([], 0)


def test_every_column_of_a_file_is_nullable_whatever_it_holds(bench: Bench) -> None:
    names = [name.lower() for name in EVERY_TYPE]
    items = ", ".join(f"{literal} AS {name}" for name, (_, literal, _) in zip(names, EVERY_TYPE.values(), strict=True))
    features = [f"{name}:{value_type}" for name, value_type in zip(names, EVERY_TYPE, strict=True)]
    sql = f"SELECT k, t AS event_timestamp, {items} FROM src"
    result = bench.compute(a_view(sql, [source(bench, row("a", 1))], features=features), JAN, JAN + DAY)

    [file] = result.files
    with duckdb.connect() as connection:
        nodes = connection.execute(
            f"SELECT name, repetition_type, duckdb_type FROM parquet_schema('{file.path}') ORDER BY column_id"
        ).fetchall()[1:]
    types = [data_type for data_type, *_ in EVERY_TYPE.values()]
    moments = ["TIMESTAMP WITH TIME ZONE"] * 2
    assert {repetition for _, repetition, _ in nodes} == {"OPTIONAL", "REPEATED"}
    assert [(name, data_type) for name, _, data_type in nodes if name not in ("list", "element")] == list(
        zip(["k", "event_timestamp", "created_timestamp", *names], ["VARCHAR", *moments, *types], strict=True)
    )
    assert [{name: found[name] for name in names} for found in rows_of(result)] == [
        {name: expected for name, (_, _, expected) in zip(names, EVERY_TYPE.values(), strict=True)}
    ]


def test_the_same_inputs_give_the_same_bytes(bench: Bench) -> None:
    file = bench.source(
        f"SELECT 'k' || hash(i) % 50 AS k, {at(JAN)} + INTERVAL (i) SECOND AS t, hash(i) / 3.0 AS v "
        "FROM range(20000) r(i)"
    )
    names = columns("k VARCHAR", "t TIMESTAMP WITH TIME ZONE", "v DOUBLE")
    sql = "SELECT k, date_trunc('hour', t) + INTERVAL 1 HOUR AS event_timestamp, sum(v) AS v FROM src GROUP BY ALL"
    view = a_view(
        sql, [Relation("src", names, event_timestamp="t", files=[file])], features=["v:FLOAT64"], lookback=HOUR
    )

    one, other = (bench.compute(view, JAN, JAN + DAY) for _ in range(2))

    assert one.files[0].sha256 == other.files[0].sha256
    keys = [(found["k"], found["event_timestamp"]) for found in rows_of(one)]
    assert keys == sorted(keys)


def test_rows_of_files_are_shown_as_json_values(bench: Bench) -> None:
    file = bench.source(
        f"SELECT 9223372036854775807 AS n, {at(JAN + 1)} AS t, DATE '2026-01-01' AS d, 'nan'::DOUBLE AS f, "
        "[1, NULL] AS l, {'x': 'y'} AS s, 'é\"' AS text, NULL::BOOLEAN AS b"
    )

    rows: Rows = bench.ask(ReadRows([file, file], 1))

    assert rows.rows == [
        [2**63 - 1, "2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00Z", None, [1, None], {"x": "y"}, 'é"', None]
    ]
    assert [column.name for column in rows.columns] == ["n", "t", "d", "f", "l", "s", "text", "b"]


def test_rows_show_null_for_what_json_has_no_word_for_and_texts_for_numbers_that_are_too_long(bench: Bench) -> None:
    file = bench.source(
        "SELECT ['nan'::DOUBLE, 1.5] AS l, {'a': '-inf'::FLOAT, 'b': [100000000000000000000::DECIMAL(38,0)]} AS s, "
        "123456789012345678901234567890::DECIMAL(38,0) AS d, -9223372036854775809::DECIMAL(20,0) AS e, "
        "18446744073709551615::UBIGINT AS u, MAP {'x': 'inf'::DOUBLE} AS m"
    )

    rows: Rows = bench.ask(ReadRows([file], 1))

    assert rows.rows == [
        [
            [None, 1.5],
            {"a": None, "b": ["100000000000000000000"]},
            "123456789012345678901234567890",
            "-9223372036854775809",
            2**64 - 1,
            {"x": None},
        ]
    ]


def test_a_staged_file_says_what_it_holds(bench: Bench) -> None:
    [file] = bench.compute(over(source(bench, row("b", 2), row("a", 5), row("a", 1))), JAN, JAN + DAY).files

    assert (file.rows, file.min_event, file.max_event) == (3, JAN + HOUR, JAN + 5 * HOUR)
    assert [found["k"] for found in read(file.path)] == ["a", "a", "b"]
    with duckdb.connect() as connection:
        codecs = connection.execute(f"SELECT DISTINCT compression FROM parquet_metadata('{file.path}')").fetchall()
    assert codecs == [("ZSTD",)]

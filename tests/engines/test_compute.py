"""One chunk: what is rejected, collapsed, converted, checked and staged."""

import math
from typing import Any

import duckdb
import pytest

from graphql_api.domain.times import rfc3339
from graphql_api.domain.types import ValueType
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import (
    Check,
    CheckResult,
    ComputeProblem,
    JudgeRun,
    ReadRows,
    Relation,
    Rows,
    SqlProblem,
    View,
)
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


def row(k: str | None, hours: float | None, v: int | float | None = 1, created: float | None = None) -> str:
    def moment(hour: float | None) -> str:
        return "NULL" if hour is None else at(JAN + int(hour * HOUR))

    key = "NULL" if k is None else f"'{k}'"
    value = "NULL" if v is None else f"'{v}'::DOUBLE"
    return f"({key}, {moment(hours)}, {moment(hours if created is None else created)}, {value})"


def source(bench: Bench, *rows: str) -> Relation:
    table = f"(VALUES {', '.join(rows)}) AS r(k, t, c, v)"
    file = bench.source(f"SELECT k::VARCHAR AS k, t::TIMESTAMPTZ AS t, c::TIMESTAMPTZ AS c, v FROM {table}")
    names = columns("k VARCHAR", "t TIMESTAMP WITH TIME ZONE", "c TIMESTAMP WITH TIME ZONE", "v DOUBLE")
    return Relation("src", names, event_timestamp="t", created_timestamp="c", files=[file])


def over(*relations: Relation, value: str = "v", **options: Any) -> View:
    sql = f"SELECT k, t AS event_timestamp, c AS created_timestamp, {value} AS v FROM src"
    chosen: dict[str, Any] = {"features": ["v:FLOAT64"], "has_created": True} | options
    return a_view(sql, list(relations), **chosen)


def giving(bench: Bench, value: str, feature: str) -> View:
    """One row, whose feature is a SQL expression."""
    return over(source(bench, row("a", 0)), value=value, features=[f"v:{feature}"])


def refusal(bench: Bench, view: View) -> ComputeProblem | SqlProblem:
    with pytest.raises(Refused) as caught:
        bench.compute(view, JAN, JAN + DAY)
    return caught.value.problem


# ---------------------------------------------------------------- rows


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


# ---------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("value", "feature", "expected"),
    [
        ("9223372036854775807::UBIGINT", "INT64", 2**63 - 1), ("(-9223372036854775808)::HUGEINT", "INT64", -(2**63)),
        ("12::DECIMAL(5,0)", "INT64", 12), ("1::UTINYINT", "INT64", 1), ("sum(v::BIGINT) OVER ()", "INT64", 1),
        ("1::HUGEINT", "FLOAT64", 1.0), ("0.1::DECIMAL(2,1)", "FLOAT64", 0.1), ("1.5::FLOAT", "FLOAT64", 1.5),
        ("'x'::ENUM ('x', 'y')", "STRING", "x"), ("'0b5f4a7e-9e3c-4d55-8f3e-2f6f3c1a9d10'::UUID", "STRING",
         "0b5f4a7e-9e3c-4d55-8f3e-2f6f3c1a9d10"), ("true", "BOOL", True), ("DATE '1970-01-02'", "TIMESTAMP", DAY),
        ("TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", "TIMESTAMP", -1), ("TIMESTAMP '1970-01-01'", "TIMESTAMP", 0),
        ("[1::HUGEINT, NULL]", "INT64_LIST", [1, None]), ("[]::INTEGER[]", "INT64_LIST", []),
        ("NULL::INTEGER[]", "INT64_LIST", None), ("['x'::ENUM('x'), NULL]", "STRING_LIST", ["x", None]),
        ("[1, 2.5]", "FLOAT64_LIST", [1.0, 2.5]), ("[true, NULL]", "BOOL_LIST", [True, None]),
    ],
)  # fmt: skip
def test_outputs_become_values_of_features(bench: Bench, value: str, feature: str, expected: object) -> None:
    assert [found["v"] for found in bench.rows(giving(bench, value, feature), JAN, JAN + DAY)] == [expected]


@pytest.mark.parametrize(
    "value", ["9223372036854775808::UBIGINT", "9223372036854775808::HUGEINT", "9223372036854775808::DECIMAL(20,0)"]
)
def test_a_whole_number_outside_of_64_bits_fails_the_run_naming_feature_and_value(bench: Bench, value: str) -> None:
    expected = ComputeProblem("VALUE_OUT_OF_RANGE", "v: 9223372036854775808 is outside INT64")

    assert refusal(bench, giving(bench, value, "INT64")) == expected
    assert refusal(bench, giving(bench, f"[1, {value}]", "INT64_LIST")) == expected


def test_only_rows_that_are_kept_must_fit(bench: Bench) -> None:
    relation = source(bench, row("a", 1), row("a", 40))
    value = f"CASE WHEN t >= {at(JAN + DAY)} THEN 9223372036854775808::HUGEINT ELSE 1 END"

    assert len(bench.rows(over(relation, value=value, features=["v:INT64"]), JAN, JAN + DAY)) == 1


@pytest.mark.parametrize(
    ("value", "feature"),
    [("1.5", "INT64"), ("'1'", "INT64"), ("1", "BOOL"), ("1", "STRING"), ("'{}'::JSON", "STRING"), ("TIME '10:00'",
      "TIMESTAMP"), ("{'a': 1}", "STRING"), ("'x'::BLOB", "STRING"), ("1", "INT64_LIST"), ("[['x']]", "STRING_LIST")],
)  # fmt: skip
def test_an_output_of_another_type_is_refused_with_the_cast_to_write(bench: Bench, value: str, feature: str) -> None:
    found = refusal(bench, giving(bench, value, feature))

    assert isinstance(found, ComputeProblem)
    assert found.code == "TYPE_MISMATCH"
    assert found.hint == f"Write CAST(v AS {ValueType(feature).sql})."


def test_an_error_while_computing_says_where_in_the_sql(bench: Bench) -> None:
    view = a_view(
        "SELECT k, t AS event_timestamp,\n       (k || 'é')::INTEGER AS v FROM src", [source(bench, row("a", 1))]
    )

    assert refusal(bench, view) == ComputeProblem(
        "SQL_FAILED", "Could not convert string 'aé' to INT32 (line 2, column 18 of the SQL)"
    )


# ---------------------------------------------------------------- files


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


# ---------------------------------------------------------------- checks


def check(name: str, kind: str, severity: str = "WARN", feature: str | None = "v", **parameters: Any) -> Check:
    return Check(name, kind, severity, feature, parameters)


@pytest.mark.parametrize(
    ("kind", "parameters", "value_type", "rows", "failing"),
    [
        ("NOT_NULL", {}, "FLOAT64", ["1", "NULL", "'nan'"], ["NULL", "'nan'"]),
        ("IN_RANGE", {"min": -1, "max": 2.5}, "FLOAT64", ["-1", "2.5", "-1.1", "2.6", "NULL"], ["-1.1", "2.6"]),
        ("IN_RANGE", {"min": 1.5}, "INT64", ["1", "2", "NULL"], ["1"]),
        ("IN_RANGE", {"max": 2**63 - 1}, "INT64", ["9223372036854775807"], []),
        ("IN_RANGE", {"max": 2**70}, "INT64", ["9223372036854775807"], []),
        ("IN_RANGE", {"min": rfc3339(JAN)}, "TIMESTAMP", [f"'{rfc3339(JAN)}'", f"'{rfc3339(JAN - 1)}'"],
         [f"'{rfc3339(JAN - 1)}'"]),
        ("IN_RANGE", {"min": "2026-01-01"}, "TIMESTAMP", [f"'{rfc3339(JAN)}'", "'2025-12-31 23:59:59+00'"],
         ["'2025-12-31 23:59:59+00'"]),
        ("IN_SET", {"values": ["2026-01-01", rfc3339(JAN + 1)]}, "TIMESTAMP",
         [f"'{rfc3339(JAN)}'", f"'{rfc3339(JAN + 1)}'", f"'{rfc3339(JAN + 2)}'"], [f"'{rfc3339(JAN + 2)}'"]),
        ("IN_SET", {"values": ["a", "b'c"]}, "STRING", ["'a'", "'b''c'", "'A'", "NULL", "''"], ["'A'", "''"]),
        ("IN_SET", {"values": [1, 2.0]}, "INT64", ["1", "2", "3"], ["3"]),
        ("IN_SET", {"values": [True]}, "BOOL", ["true", "false", "NULL"], ["false"]),
        ("MATCHES", {"pattern": "N[0-9]+|x"}, "STRING", ["'N12'", "'x'", "'xN12'", "'N12 '", "NULL"],
         ["'xN12'", "'N12 '"]),
        ("LENGTH", {"min": 2, "max": 3}, "STRING", ["'né'", "'😀😀😀'", "'é'", "'four'", "NULL"], ["'é'", "'four'"]),
        ("LENGTH", {"min": 1}, "INT64_LIST", ["[NULL]", "[]", "NULL"], ["[]"]),
        ("SQL", {"expression": "v > 1 AND event_timestamp > '2025-01-01' AND k <> 'b'"}, "INT64", ["2", "1", "NULL"],
         ["1"]),
    ],
)  # fmt: skip
def test_a_row_check_counts_the_rows_that_fail_it(
    bench: Bench, kind: str, parameters: dict[str, Any], value_type: str, rows: list[str], failing: list[str]
) -> None:
    sql_type = ValueType(value_type).sql
    table = ", ".join(f"({index}, CAST({value} AS {sql_type}))" for index, value in enumerate(rows))
    file = bench.source(f"SELECT i::BIGINT AS k, {at(JAN)} AS t, v FROM (VALUES {table}) AS r(i, v)")
    relation = Relation(
        "src", columns("k BIGINT", "t TIMESTAMP WITH TIME ZONE", f"v {sql_type}"), event_timestamp="t", files=[file]
    )
    checks = [check("the_check", kind, **parameters)]
    sql = "SELECT 'k' || k AS k, t AS event_timestamp, v FROM src"
    view = a_view(sql, [relation], features=[f"v:{value_type}"], checks=checks)

    _, found = bench.compute(view, JAN, JAN + 1).checks

    assert (found.id, found.checked, found.failed) == ("the_check", len(rows), len(failing))
    assert [shown["k"] for shown in found.sample] == [f"k{rows.index(value)}" for value in failing]


def test_quarantined_rows_are_kept_out_counted_once_and_seen_by_every_check(bench: Bench) -> None:
    checks = [
        check("low", "IN_RANGE", "QUARANTINE", max=5),
        check("even", "SQL", "QUARANTINE", None, expression="v % 2 = 0"),
        check("high", "IN_RANGE", "WARN", min=100),
    ]
    relation = source(bench, row("a", 1, 2), row("b", 1, 3), row("c", 1, 7), row("d", 1, None))

    result = bench.compute(over(relation, checks=checks), JAN, JAN + DAY)

    assert [found["k"] for found in rows_of(result)] == ["a", "d"]
    assert [(found["k"], found["__failed"]) for found in rows_of(result, "QUARANTINE")] == [
        ("b", ["even"]), ("c", ["low", "even"]),
    ]  # fmt: skip
    assert (result.rows_written, result.rows_quarantined) == (2, 2)
    assert [(found.id, found.checked, found.failed) for found in result.checks] == [
        ("one_row_per_key", 4, 0), ("low", 4, 1), ("even", 4, 2), ("high", 4, 3),
    ]  # fmt: skip


def test_a_sample_shows_at_most_five_rows_with_exact_numbers_and_rfc_3339_times(bench: Bench) -> None:
    checks = [check("all", "NOT_NULL", feature="w")]
    sql = """SELECT 'k' AS k, t + to_seconds(i) AS event_timestamp, 9223372036854775807 AS v, NULL::VARCHAR AS w
        FROM src, range(50) r(i)"""
    view = a_view(sql, [source(bench, row("a", 1))], features=["v:INT64", "w:STRING"], checks=checks)

    found = bench.compute(view, JAN, JAN + DAY).checks[1]

    assert (found.failed, len(found.sample)) == (50, 5)
    moment = rfc3339(JAN + HOUR)
    assert found.sample[0] == {
        "k": "k", "event_timestamp": moment, "created_timestamp": moment, "v": 2**63 - 1, "w": None,
    }  # fmt: skip


def test_the_run_as_a_whole_is_judged_over_all_its_rows(bench: Bench) -> None:
    relation = source(
        bench, row("a", 1, 1), row("b", 1, 1), row("c", 30, 1), row("d", 30, 2), row("e", 30, None), row("f", 31, None)
    )
    checks = [
        check("out", "SQL", "QUARANTINE", None, expression="k <> 'c'"),
        check("unique", "UNIQUE", "BLOCK"),
        check("pair", "UNIQUE", "BLOCK", None, columns=["v", "event_timestamp"]),
        check("few", "ROW_COUNT", "WARN", None, min=6),
        check("some", "ROW_COUNT", "WARN", None, min=1, max=5),
    ]
    view = over(relation, checks=checks)
    files = [file for start in (0, 1) for file in bench.compute(view, JAN + start * DAY, JAN + (start + 1) * DAY).files]
    paths = {role: [file.path for file in files if file.role == role] for role in ("ROWS", "QUARANTINE")}

    found = bench.ask(
        JudgeRun(view, paths["ROWS"], paths["QUARANTINE"]), readable=[*paths["ROWS"], *paths["QUARANTINE"]]
    )

    assert [(one.id, one.checked, one.failed, one.observed, [shown["k"] for shown in one.sample]) for one in found] == [
        ("unique", None, 3, None, ["a", "b", "c"]), ("pair", None, 2, None, ["a", "b"]), ("few", None, 1, 5, []),
        ("some", None, 0, 5, []),
    ]  # fmt: skip


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

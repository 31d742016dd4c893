"""What is checked: rows, and a run as a whole."""

from typing import Any

import pytest

from graphql_api.domain.times import rfc3339
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import Check, JudgeRun, Relation
from tests.engines.chunks import over, row, source
from tests.engines.support import DAY, HOUR, JAN, Bench, a_view, at, columns, rows_of


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

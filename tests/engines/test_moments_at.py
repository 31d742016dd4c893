"""A few rows at their moments, and the timeline of one entity."""

from itertools import product

import duckdb
import pytest

from graphql_api.domain import availability
from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import (
    AnswerMoments,
    Join,
    JoinedView,
    Moments,
    OnDemandColumn,
    StoredColumn,
    Timeline,
    TimelineRow,
)
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import ColumnUse, ComputeProblem, Slice, Value
from tests.engines.joins import joined, moment, write_rows
from tests.engines.support import HOUR, JAN, RUN, Bench

KEY = Value("k", ValueType.STRING)
PUSHED = "0" * 24


def test_the_rule_is_the_same_in_numbers_and_in_sql() -> None:
    numbers = (-3, -1, 0, 1, 3)
    with duckdb.connect() as connection:
        for event, other, span in product(numbers, numbers, (None, 0, 2)):
            found = connection.execute(
                f"SELECT {availability.available_from_sql('e', 'c', span or 0)}, "
                f"{availability.is_known_sql('c', span)}, {availability.is_expired_sql('e', 'c', span)} "
                f"FROM (SELECT {event} AS e, {other} AS c)"
            ).fetchall()
            assert found == [
                (
                    availability.available_from(event, other, span or 0),
                    availability.is_known(other, span),
                    availability.is_expired(event, other, span),
                )
            ]


def every_type(bench: Bench) -> JoinedView:
    features = [
        Value(value_type.value.lower(), value_type) for value_type in ValueType if value_type.value[-4:] != "LIST"
    ]
    features.append(Value("list", ValueType.FLOAT64_LIST))
    values = (True, 2**63 - 1, 0.1, 'a"b\n', None, [1.5, None])
    path = bench.folder / "types.parquet"
    bench.made.append(write_rows(path, [KEY], features, [(("a",), JAN, JAN, values)]))
    return joined("types@1", {"name": KEY}, features, [Slice(str(path), 3, PUSHED)])


def test_values_are_the_texts_of_a_look_up(bench: Bench) -> None:
    view = every_type(bench)
    join = Join([view], [StoredColumn(feature.name, 0, feature.name) for feature in view.features])

    found: Moments = bench.ask(AnswerMoments(join, [JAN, JAN, JAN - 1], {"name": ["a", None, "a"]}))

    texts = ["true", "9223372036854775807", "0.1", '"a\\"b\\n"', "null", "[1.5,null]"]
    assert found == Moments(
        texts=[[text, "null", "null"] for text in texts],
        statuses=[["NULL_VALUE" if text == "null" else "PRESENT", "MISSING", "MISSING"] for text in texts],
        events=[[JAN, None, None]],
        runs=[[None, None, None]],
    )


def test_what_is_expired_answers_null_and_keeps_its_timestamp(bench: Bench) -> None:
    feature = Value("f", ValueType.INT64)
    path = bench.folder / "v.parquet"
    bench.made.append(write_rows(path, [KEY], [feature], [(("a",), JAN, JAN, (7,))]))
    view = joined("v@1", {"name": KEY}, [feature], [Slice(str(path), 3, RUN)], ttl=HOUR)
    uses = [ColumnUse("v", "f")]
    doubled = OnDemandColumn("twice", ValueType.FLOAT64, "(v.f * 2)", {"v": 0}, uses)
    join = Join([view], [StoredColumn("f", 0, "f"), doubled])

    found: Moments = bench.ask(AnswerMoments(join, [JAN + HOUR, JAN + HOUR + 1], {"name": ["a", "a"]}))

    assert found == Moments(
        texts=[["7", "null"], ["14.0", "null"]],
        statuses=[["PRESENT", "EXPIRED"], ["PRESENT", "EXPIRED"]],
        events=[[JAN, JAN]],
        runs=[[RUN, RUN]],
    )


@pytest.mark.parametrize(
    ("expression", "text", "status"),
    [
        ("(1.0 / 0.0)", "null", "NULL_VALUE"),
        ("coalesce(v.f, _request.n)", "5", "PRESENT"),
        ("list_sum(list_transform([v.f, _request.n], lambda x: (x + 1)))", "6", "PRESENT"),
        ("(v.f + _request.n)", "null", "MISSING"),
        ("year(_request.moment)", "2026", "PRESENT"),
    ],
)
def test_an_expression_sees_the_row_the_request_and_the_moment(
    bench: Bench, expression: str, text: str, status: str
) -> None:
    feature = Value("f", ValueType.INT64)
    view = joined("view@1", {"name": KEY}, [feature], [])
    uses = [ColumnUse("v", "f"), ColumnUse("_request", "n"), ColumnUse("_request", "moment")]
    value_type = ValueType.FLOAT64 if "/" in expression else ValueType.INT64
    uses = [use for use in uses if f"{use.relation}.{use.column}" in expression]
    column = OnDemandColumn("out", value_type, expression, {"v": 0}, uses)
    join = Join([view], [column], [Value("n", ValueType.INT64)])

    found: Moments = bench.ask(AnswerMoments(join, [JAN], {"name": ["a"], "n": [5]}))

    assert (found.texts, found.statuses, found.events) == ([[text]], [[status]], [[None]])


def test_an_expression_that_fails_is_named(bench: Bench) -> None:
    column = OnDemandColumn("out", ValueType.INT64, "CAST(_request.s AS BIGINT)", {}, [ColumnUse("_request", "s")])
    join = Join([], [column], [Value("s", ValueType.STRING)])

    with pytest.raises(Refused, match="The feature 'out' cannot be computed: Could not convert string 'x'"):
        bench.ask(AnswerMoments(join, [JAN], {"s": ["x"]}))


@pytest.mark.parametrize(
    ("expression", "code", "message"),
    [
        (
            "(_request.n + 1)",
            "SQL_FAILED",
            "The feature 'out' cannot be computed: Overflow in addition of INT64 (9223372036854775807 + 1)!",
        ),
        ("(CAST(_request.n AS HUGEINT) + 1)", "VALUE_OUT_OF_RANGE", "out: 9223372036854775808 is outside INT64"),
    ],
)
def test_a_number_that_grows_too_large_is_told_with_its_feature_and_a_remedy(
    bench: Bench, expression: str, code: str, message: str
) -> None:
    column = OnDemandColumn("out", ValueType.INT64, expression, {}, [ColumnUse("_request", "n")])
    join = Join([], [column], [Value("n", ValueType.INT64)])

    with pytest.raises(Refused) as refused:
        bench.ask(AnswerMoments(join, [JAN], {"n": [2**63 - 1]}))

    problem = refused.value.problem
    assert isinstance(problem, ComputeProblem)
    assert (problem.code, problem.message) == (code, message)
    assert problem.hint is not None
    assert "TRY_CAST(… AS …)" in problem.hint


@pytest.mark.parametrize("expression", ["TRY(_request.n + 1)", "TRY_CAST(CAST(_request.n AS HUGEINT) + 1 AS BIGINT)"])
def test_the_remedy_makes_such_a_row_null(bench: Bench, expression: str) -> None:
    column = OnDemandColumn("out", ValueType.INT64, expression, {}, [ColumnUse("_request", "n")])
    join = Join([], [column], [Value("n", ValueType.INT64)])

    found: Moments = bench.ask(AnswerMoments(join, [JAN, JAN], {"n": [2**63 - 1, 1]}))

    assert found.texts == [["null", "2"]]


def test_a_timeline_shows_corrections_and_where_they_come_from(bench: Bench) -> None:
    feature = Value("f", ValueType.INT64)
    other = "f" * 24
    new, kept = bench.folder / "new.parquet", bench.folder / "kept.parquet"
    rows = [(("a",), JAN, JAN + HOUR, (2,)), (("a",), JAN + 5, JAN + 5, (None,)), (("b",), JAN, JAN, (9,))]
    write_rows(new, [KEY], [feature], rows)
    write_rows(kept, [KEY], [feature], [(("a",), JAN, JAN, (1,))], kept=[(1, other)])
    bench.made += [str(new), str(kept)]
    view = joined("v@1", {"name": KEY}, [feature], [Slice(str(new), 2, RUN), Slice(str(kept), 2, RUN)], delay=10)

    found: list[TimelineRow] = bench.ask(Timeline(view, ["a"], JAN, JAN + 6, 10))

    assert found == [
        TimelineRow(JAN, JAN, JAN + 10, "1", other),
        TimelineRow(JAN, JAN + HOUR, JAN + HOUR, "2", RUN),
        TimelineRow(JAN + 5, JAN + 5, JAN + 15, "null", RUN),
    ]
    assert bench.ask(Timeline(view, ["a"], JAN, JAN + 5, 1)) == found[:1]
    assert bench.ask(Timeline(view, ["c"], JAN, JAN + 5, 1)) == []


def test_keys_of_every_type_are_found(bench: Bench) -> None:
    keys = [Value(name, ValueType(name.upper())) for name in ("bool", "int64", "string", "timestamp")]
    feature = Value("f", ValueType.INT64)
    path = bench.folder / "v.parquet"
    held = (True, -(2**63), "é\0", moment(JAN))
    bench.made.append(write_rows(path, keys, [feature], [(held, JAN, JAN, (7,))]))
    view = joined("v@1", {f"by_{key.name}": key for key in keys}, [feature], [Slice(str(path), 1, RUN)])
    asked = {"by_bool": True, "by_int64": -(2**63), "by_string": "é\0", "by_timestamp": JAN}

    found: Moments = bench.ask(
        AnswerMoments(Join([view], [StoredColumn("f", 0, "f")]), [JAN], {name: [key] for name, key in asked.items()})
    )

    assert found.texts == [["7"]]
    assert [row.text for row in bench.ask(Timeline(view, list(asked.values()), JAN, JAN + 1, 5))] == ["7"]

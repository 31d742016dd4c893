"""Expressions over several relations: every column is found, and the text written anew means one thing."""

from collections.abc import Iterator

import duckdb
import pytest

from graphql_api.engines.expressions import type_expression
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import ColumnUse, FileColumn, Relation, SqlProblem, TypedExpression, TypeExpression

RELATIONS = [
    Relation("a", [FileColumn("x", "BIGINT"), FileColumn("items", "BIGINT[]"), FileColumn("held", "DOUBLE")]),
    Relation("b", [FileColumn("y", "DOUBLE"), FileColumn("held", "DOUBLE")]),
    Relation("_request", [FileColumn("h", "BIGINT"), FileColumn("moment", "TIMESTAMP WITH TIME ZONE")]),
]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def typed(connection: duckdb.DuckDBPyConnection, expression: str) -> TypedExpression:
    return type_expression(connection, TypeExpression(expression, RELATIONS, "_request"))


@pytest.mark.parametrize(
    ("expression", "rendered", "data_type", "uses"),
    [
        ("x * (1 + H / 24.0)", "(a.x * (1 + (_request.h / 24.0)))", "DOUBLE", ["_request.h", "a.x"]),
        ("a.held + b.held", "(a.held + b.held)", "DOUBLE", ["a.held", "b.held"]),
        ("list_transform(items, lambda x: x + y)", "list_transform(a.items, (lambda x: (x + b.y)))", "DOUBLE[]", None),
        ("list_reduce(items, lambda p, x: p + x)", "list_reduce(a.items, (lambda p, x: (p + x)))", "BIGINT", None),
        ("date_part('hour', moment)", "date_part('hour', _request.moment)", "BIGINT", ["_request.moment"]),
        ("1", "1", "INTEGER", []),
    ],
)
def test_columns_are_written_with_their_relations(
    connection: duckdb.DuckDBPyConnection, expression: str, rendered: str, data_type: str, uses: list[str] | None
) -> None:
    answer = typed(connection, expression)

    assert (answer.rendered, answer.data_type) == (rendered, data_type)
    if uses is not None:
        assert answer.uses == [ColumnUse(*one.split(".")) for one in uses]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("held", "'held' is held by a and b."),
        ("_request.h", "There is no view '_request' here."),
        ("a", "There is no 'a' here."),
        ("a.x.y", "'a.x.y' is no feature."),
        ("items -> 1", "-> is refused: it may mean two things."),
        ("list_transform(items, lambda b: b + y)", "'b' is the name of a view."),
        ("COLUMNS(*)", "* is refused in an expression."),
        ("#1", "A column by its position is refused in an expression."),
        ("(SELECT max(x) FROM a)", "A subquery is refused in an expression."),
    ],
)
def test_what_may_mean_something_else_is_refused(
    connection: duckdb.DuckDBPyConnection, expression: str, message: str
) -> None:
    with pytest.raises(Refused) as refused:
        typed(connection, expression)

    assert isinstance(refused.value.problem, SqlProblem)
    assert refused.value.problem.message == message

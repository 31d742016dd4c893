"""Features that are expressions over other features, the request's values and the moment.

An expression was rendered with every column as `view.feature` or `_request.column`: here each relation is a struct.
"""

from collections.abc import Callable, Mapping

import duckdb

from graphql_api.engines.gate import pass_expression
from graphql_api.engines.join_shapes import OnDemandColumn
from graphql_api.engines.layout import finite
from graphql_api.engines.problems import Refused, compute_problem, marked
from graphql_api.engines.shapes import ComputeProblem, Value
from graphql_api.engines.text import quoted
from graphql_api.engines.types import converted

REQUEST, MOMENT = "_request", "moment"
VALUE = "value"
_SOURCE = "__source"
_REMEDY = (
    "One row is enough to end it. Let the expression compute in a wider type, such as CAST(… AS DOUBLE), or write "
    "TRY_CAST(… AS …), or TRY(…), where such a row is to be null."
)


def create_computed(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: OnDemandColumn,
    relation: str,
    feature: Callable[[int, str], str],
    values: Mapping[str, str],
) -> None:
    """Makes `table` of `i` and the column's `value`, in the order of `relation`. That one has `i`, `t`, the features
    (`feature` gives the name of one, of a view by its place) and the request's values, by the names in `values`.

    A number that is not finite is null, as it would be if it were stored."""
    text = pass_expression(connection, column.expression)
    items = ["i", *_structs(column, feature, values)]
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {_SOURCE} AS SELECT {', '.join(items)} FROM {relation}")
    data_type = connection.execute(f"DESCRIBE SELECT {text} AS {VALUE} FROM {_SOURCE}").fetchall()[0][1]
    value = converted(VALUE, data_type, column.value_type, column.column)
    typed = f"SELECT i, {value} AS {VALUE} FROM (SELECT i, {text} AS {VALUE} FROM {_SOURCE})"
    stored = finite(Value(VALUE, column.value_type))
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT i, {stored} AS {VALUE} FROM ({typed})")
    except duckdb.Error as error:
        raise Refused(_named(error, column.column)) from error


def _structs(column: OnDemandColumn, feature: Callable[[int, str], str], values: Mapping[str, str]) -> list[str]:
    fields: dict[str, list[str]] = {}
    for use in column.uses:
        if use.relation != REQUEST:
            source = feature(column.views[use.relation], use.column)
        elif use.column == MOMENT:
            source = "make_timestamptz(t)"
        else:
            source = values[use.column]
        fields.setdefault(use.relation, []).append(f"{quoted(use.column)} := {source}")
    return [f"struct_pack({', '.join(packed)}) AS {quoted(relation)}" for relation, packed in fields.items()]


def _named(error: duckdb.Error, column: str) -> ComputeProblem:
    problem = compute_problem(error)
    if problem.code == "VALUE_OUT_OF_RANGE":
        return ComputeProblem(problem.code, problem.message, _REMEDY)
    if marked(error) is not None or problem.retryable:
        return problem
    message = f"The feature {column!r} cannot be computed: {problem.message}"
    return ComputeProblem(problem.code, message, problem.hint or _REMEDY, problem.retryable)

"""Questions about texts, answered without a row: what does this SELECT give, is this one scalar expression?"""

from collections import Counter

import duckdb

from graphql_api.engines.gate import pass_expression, pass_select
from graphql_api.engines.problems import binding, refuse_sql
from graphql_api.engines.relations import create_typed
from graphql_api.engines.shapes import CheckExpression, CheckPattern, DescribeSql, FileColumn, Relation
from graphql_api.engines.text import columns_of, quoted, without_end

_ROW = "__row"


def describe_sql(connection: duckdb.DuckDBPyConnection, request: DescribeSql) -> list[FileColumn]:
    """The outputs of the SELECT, in its order; refused where it is no SELECT that may run, or two are named alike."""
    pass_select(connection, request.sql, (relation.name for relation in request.relations))
    create_typed(connection, request.relations)
    columns = bound_columns(connection, request.sql)
    twice = [name for name, count in Counter(column.name.lower() for column in columns).items() if count > 1]
    if twice:
        refuse_sql(f"Two outputs are named {twice[0]!r}.", hint="Name one of them otherwise with AS.")
    return columns


def bound_columns(connection: duckdb.DuckDBPyConnection, sql: str) -> list[FileColumn]:
    """What a text that has passed the gate gives over the relations that are there now."""
    prefix = "DESCRIBE "
    with binding(sql, before=len(prefix)):
        rows = connection.execute(prefix + sql).fetchall()
    return [FileColumn(name, data_type) for name, data_type, *_ in rows]


def check_expression(connection: duckdb.DuckDBPyConnection, request: CheckExpression) -> FileColumn:
    rendered = pass_expression(connection, request.expression)
    create_typed(connection, [Relation(_ROW, request.columns)])
    prefix = "DESCRIBE SELECT "
    with binding(request.expression, before=len(prefix)):
        rows = connection.execute(f"{prefix}{without_end(request.expression)}\n FROM {quoted(_ROW)}").fetchall()
        # The text as it will be used, over the row's columns alone.
        connection.execute(f"DESCRIBE SELECT ({rendered}) FROM (SELECT {_columns(request)} FROM {quoted(_ROW)})")
    return FileColumn(rendered, rows[0][1])


def check_pattern(connection: duckdb.DuckDBPyConnection, request: CheckPattern) -> None:
    """Refused, in RE2's own words, where it is no regular expression."""
    with binding(request.pattern):
        connection.execute("SELECT regexp_full_match('', ?)", [request.pattern])


def _columns(request: CheckExpression) -> str:
    return columns_of(column.name for column in request.columns) or "1"

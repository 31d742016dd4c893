"""Questions about texts, answered without a row: what does this SELECT give, is this one scalar expression?"""

from collections import Counter
from collections.abc import Sequence

import duckdb

from graphql_api.engines.binding_whole import bound_whole
from graphql_api.engines.duck_words import Told
from graphql_api.engines.gate import PREFIX, expression_tree, pass_expression, pass_select
from graphql_api.engines.problems import AT_FAULT_ELSEWHERE, binding, refuse_sql
from graphql_api.engines.relations import create_typed
from graphql_api.engines.shapes import CheckExpression, CheckPattern, DescribeSql, FileColumn, Relation
from graphql_api.engines.text import columns_of, quoted, without_end

_ROW = "__row"
_DESCRIBE = "DESCRIBE "


def describe_sql(connection: duckdb.DuckDBPyConnection, request: DescribeSql) -> list[FileColumn]:
    """The outputs of the SELECT, in its order; refused where it is no SELECT that may run, or two are named alike."""
    names = [relation.name for relation in request.relations]
    pass_select(connection, request.sql, names)
    create_typed(connection, request.relations)

    def described(sql: str) -> list[tuple[str, str]]:
        pass_select(connection, sql, names)
        return connection.execute(_DESCRIBE + sql).fetchall()

    rows = bound_whole(request.sql, described, before=len(_DESCRIBE), columns=_names(request.relations))
    columns = _columns_in(rows)
    twice = [name for name, count in Counter(column.name.lower() for column in columns).items() if count > 1]
    if twice:
        named = ", ".join(map(repr, twice))
        refuse_sql(f"Two outputs are named {named}.", hint="Name one of them otherwise with AS.")
    return columns


def bound_columns(connection: duckdb.DuckDBPyConnection, sql: str) -> list[FileColumn]:
    """What a text that has passed the gate gives over the relations that are there now."""
    with binding(sql, before=len(_DESCRIBE)):
        rows = connection.execute(_DESCRIBE + sql).fetchall()
    return _columns_in(rows)


def _columns_in(rows: Sequence[tuple[str, str]]) -> list[FileColumn]:
    return [FileColumn(name, data_type) for name, data_type, *_ in rows]


def check_expression(connection: duckdb.DuckDBPyConnection, request: CheckExpression) -> FileColumn:
    rendered = pass_expression(connection, request.expression)
    row = Relation(_ROW, request.columns)
    create_typed(connection, [row])
    prefix = f"{_DESCRIBE}{PREFIX}"

    def described(expression: str) -> list[tuple[str, str]]:
        expression_tree(connection, expression)
        return connection.execute(f"{prefix}{without_end(expression)}\n FROM {quoted(_ROW)}").fetchall()

    rows = bound_whole(request.expression, described, before=len(prefix), columns=_names([row]))
    with binding(request.expression):
        # The text as it will be used, over the row's columns alone.
        connection.execute(f"DESCRIBE SELECT ({rendered}) FROM (SELECT {_columns(request)} FROM {quoted(_ROW)})")
    return FileColumn(rendered, rows[0][1])


def check_pattern(connection: duckdb.DuckDBPyConnection, request: CheckPattern) -> None:
    """Refused, in RE2's own words, where it is no regular expression."""
    try:
        connection.execute("SELECT regexp_full_match('', ?)", [request.pattern])
    except AT_FAULT_ELSEWHERE:
        raise
    except duckdb.Error as error:
        hint = "It is written for RE2, which has no look-around and no references back."
        refuse_sql(f"The pattern cannot be read: {Told(error).plain}.", hint=hint)


def _names(relations: Sequence[Relation]) -> list[str]:
    return [column.name for relation in relations for column in relation.columns]


def _columns(request: CheckExpression) -> str:
    return columns_of(column.name for column in request.columns) or "1"

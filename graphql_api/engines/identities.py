"""One row an identity: equal ones collapse, different ones are found."""

import duckdb

from graphql_api.domain.types import ValueType
from graphql_api.engines.checks import sample
from graphql_api.engines.layout import identity_names, row_columns
from graphql_api.engines.shapes import CheckResult, Value, View
from graphql_api.engines.text import columns_of, quoted

ONE_ROW_PER_KEY = "one_row_per_key"
_TWICE = "__twice"
_DISTINCT = "__distinct"
_CONFLICTS = "__conflicts"


def collapse(connection: duckdb.DuckDBPyConnection, view: View, rows: str) -> tuple[str, CheckResult]:
    """The name of a relation with the rows of `rows` in which equal ones are one, and what `one_row_per_key` says of
    it; rows that differ are all still there."""
    identity = columns_of(identity_names(view))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_TWICE} AS "
        f"SELECT {identity} FROM {quoted(rows)} GROUP BY {identity} HAVING count(*) > 1"
    )
    if not _count(connection, _TWICE):
        return rows, CheckResult(ONE_ROW_PER_KEY, _count(connection, rows), 0)
    columns = columns_of(column.name for column in row_columns(view))
    bits = ", ".join([columns_of(identity_names(view)), *(_bits(feature) for feature in view.features)])
    using = f"USING ({identity})"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_DISTINCT} AS "
        f"SELECT {columns} FROM {quoted(rows)} ANTI JOIN {_TWICE} {using} UNION ALL "
        f"SELECT {columns} FROM (SELECT DISTINCT ON ({bits}) {columns} FROM {quoted(rows)} SEMI JOIN {_TWICE} {using})"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {_CONFLICTS} AS SELECT {columns} FROM {_DISTINCT} SEMI JOIN "
        f"(SELECT {identity} FROM {_DISTINCT} GROUP BY {identity} HAVING count(*) > 1) AS twice {using}"
    )
    failed = _count(connection, _CONFLICTS)
    shown = sample(connection, view, _CONFLICTS, "true") if failed else []
    return _DISTINCT, CheckResult(ONE_ROW_PER_KEY, _count(connection, _DISTINCT), failed, None, shown)


def _bits(feature: Value) -> str:
    """What tells values apart that SQL calls equal: 0.0 and -0.0 are different bits."""
    name = quoted(feature.name)
    if feature.value_type is ValueType.FLOAT64:
        return f"{name}, signbit({name})"
    if feature.value_type is ValueType.FLOAT64_LIST:
        return f"{name}, list_transform({name}, lambda x: signbit(x))"
    return name


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {quoted(relation)}").fetchall()[0][0]

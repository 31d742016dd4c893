"""A view's SQL over its sources, for one range: what it gives, as typed rows."""

import duckdb

from graphql_api.domain.types import ValueType
from graphql_api.engines.describe import bound_columns
from graphql_api.engines.gate import pass_select
from graphql_api.engines.layout import CREATED, EVENT
from graphql_api.engines.problems import Refused, compute_problem, marked, refuse, sql_place
from graphql_api.engines.relations import EVERYTHING, Window, create_filled, create_typed
from graphql_api.engines.shapes import ComputeProblem, FileColumn, View
from graphql_api.engines.text import quoted, without_end
from graphql_api.engines.types import canonical, converted, fits

STATIC_MOMENT = "make_timestamptz(0::BIGINT)"


def open_sources(connection: duckdb.DuckDBPyConnection, view: View, window: Window) -> None:
    """The view's relations: a source's rows with event timestamps in `window`, look-up tables whole."""
    pass_select(connection, view.sql, (relation.name for relation in view.relations))
    create_typed(connection, view.relations)
    for relation in view.relations:
        create_filled(connection, relation, EVERYTHING if view.is_static else window, view.sql)


def source_window(view: View, start: int, end: int) -> Window:
    """The sources' rows that the output rows of `[start, end)` may depend on."""
    return Window(start - view.lookback, end)


def create_output(connection: duckdb.DuckDBPyConnection, view: View, table: str, start: int, end: int) -> None:
    """Makes `table` of the SQL's rows in `[start, end)`, and of those without an event timestamp, with the columns of
    the layout; nothing is judged yet. The sources are open."""
    outputs = {column.name.lower(): column for column in bound_columns(connection, view.sql)}
    items = [_item(outputs, key.name, key.value_type) for key in view.keys]
    if view.is_static:
        items += [f"{STATIC_MOMENT} AS {EVENT}", f"{STATIC_MOMENT} AS {CREATED}"]
    else:
        items.append(_item(outputs, EVENT, ValueType.TIMESTAMP))
        created = CREATED if view.has_created else EVENT
        items.append(_item(outputs, created, ValueType.TIMESTAMP, named=CREATED))
    items += [_item(outputs, feature.name, feature.value_type) for feature in view.features]
    before = f"CREATE OR REPLACE TEMP TABLE {quoted(table)} AS SELECT {', '.join(items)} FROM (\n"
    where = "" if view.is_static else f" WHERE {_in_range(_output(outputs, EVENT), start, end)}"
    text = without_end(view.sql)
    try:
        connection.execute(f"{before}{text}\n) AS out{where}")
    except duckdb.Error as error:
        raise Refused(_with_place(error, text, len(before.encode()))) from error


def _with_place(error: duckdb.Error, text: str, before: int) -> ComputeProblem:
    problem = compute_problem(error)
    at = sql_place(error, text, before=before)
    if at is None or marked(error) is not None:
        return problem
    line, column = at
    message = f"{problem.message} (line {line}, column {column} of the SQL)"
    return ComputeProblem(problem.code, message, problem.hint, problem.retryable)


def _output(outputs: dict[str, FileColumn], name: str) -> FileColumn:
    if (column := outputs.get(name.lower())) is None:
        refuse("SQL_FAILED", f"The SQL gives no {name!r}.", hint="Plan and apply the view again.")
    return column


def _item(outputs: dict[str, FileColumn], name: str, value_type: ValueType, *, named: str | None = None) -> str:
    column = _output(outputs, name)
    if not fits(column.data_type, value_type):
        refuse(
            "TYPE_MISMATCH",
            f"The SQL gives {name!r} as {column.data_type}, which is no {value_type}.",
            hint=f"Write CAST({name} AS {value_type.sql}).",
        )
    return f"{converted(quoted(column.name), column.data_type, value_type, name)} AS {quoted(named or name)}"


def _in_range(event: FileColumn, start: int, end: int) -> str:
    name = quoted(event.name)
    micros = f"epoch_us(CAST({name} AS TIMESTAMP))" if canonical(event.data_type) == "DATE" else f"epoch_us({name})"
    return f"{name} IS NULL OR (isfinite({name}) AND {micros} >= {start} AND {micros} < {end})"

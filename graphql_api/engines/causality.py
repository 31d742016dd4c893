"""Is the SQL causal and local? A sample of the range, run whole and in two pieces, must give the same rows."""

import duckdb

from graphql_api.domain.times import TimeRange
from graphql_api.domain.types import ValueType
from graphql_api.engines.json_text import as_rows, fetch, shown
from graphql_api.engines.layout import CREATED, EVENT, finite, identity_names, row_columns, sorted_by_identity
from graphql_api.engines.plan import event_union
from graphql_api.engines.relations import Window
from graphql_api.engines.shapes import CheckCausality, Value, View
from graphql_api.engines.text import quoted
from graphql_api.engines.transform import create_output, open_sources, source_window

TOLERANCE = 1e-9
# Rows on either side: as many as the first where the range has them, no more than the second for a long lookback.
_FEW_ROWS, _MANY_ROWS = 25_000, 250_000
_SHOWN = 5
_DAY = 86_400_000_000
_HOUR = 3_600_000_000


def check_causality(connection: duckdb.DuckDBPyConnection, request: CheckCausality) -> str | None:
    view = request.view
    if view.is_static:
        return None
    open_sources(connection, view, Window(request.start, request.end))
    halves = _sample(connection, view, TimeRange(request.start, request.end))
    if halves is None:
        return None
    first, second = halves
    _run(connection, view, "__whole", TimeRange(first.start, second.end))
    _run(connection, view, "__first", first)
    _run(connection, view, "__second", second)
    connection.execute("CREATE OR REPLACE TEMP VIEW __pieces AS FROM __first UNION ALL FROM __second")
    return _difference(connection, view, second.start)


def _run(connection: duckdb.DuckDBPyConnection, view: View, table: str, span: TimeRange) -> None:
    open_sources(connection, view, source_window(view, span.start, span.end))
    create_output(connection, view, table, span.start, span.end)
    items = ", ".join(f"{finite(column)} AS {quoted(column.name)}" for column in row_columns(view))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {quoted(table)} AS SELECT DISTINCT {items} FROM {quoted(table)} "
        f"WHERE {EVENT} IS NOT NULL"
    )


def _sample(connection: duckdb.DuckDBPyConnection, view: View, whole: TimeRange) -> tuple[TimeRange, TimeRange] | None:
    """Two pieces that meet near the middle row, best at no full hour or day, where totals are cut anyway; each as long
    as the lookback if the range is, and with as many rows as a sample should have."""
    query = f"SELECT event FROM ({event_union(view)}) WHERE event > {whole.start} AND event < {whole.end}"
    middle = connection.execute(
        f"SELECT DISTINCT event FROM (SELECT event FROM ({query}) WHERE event >= "
        f"(SELECT quantile_disc(event, 0.5) FROM ({query})) ORDER BY event LIMIT 1000) "
        f"ORDER BY event % {_DAY} = 0, event % {_HOUR} = 0, event LIMIT 1"
    ).fetchall()
    if not middle:
        return None
    cut = middle[0][0]
    few, many = (_around(connection, query, cut, rows) for rows in (_FEW_ROWS, _MANY_ROWS))
    start = max(min(cut - view.lookback, _or(few[0], whole.start)), _or(many[0], whole.start))
    end = min(max(cut + view.lookback, _or(few[1], whole.end)), _or(many[1], whole.end))
    first = TimeRange(max(start, whole.start), cut)
    second = TimeRange(cut, min(end, whole.end))
    return None if first.is_empty or second.is_empty else (first, second)


def _around(connection: duckdb.DuckDBPyConnection, query: str, cut: int, rows: int) -> tuple[int | None, int | None]:
    """The event timestamps of the row so many before the cut and of the one so many after it, where they are."""
    return connection.execute(
        f"SELECT (SELECT event FROM ({query}) WHERE event < {cut} ORDER BY event DESC LIMIT 1 OFFSET {rows - 1}), "
        f"(SELECT event FROM ({query}) WHERE event >= {cut} ORDER BY event LIMIT 1 OFFSET {rows})"
    ).fetchall()[0]


def _or(moment: int | None, otherwise: int) -> int:
    return otherwise if moment is None else moment


def _difference(connection: duckdb.DuckDBPyConnection, view: View, cut: int) -> str | None:
    """Rows that only one way of running gives, and rows whose features differ."""
    columns = row_columns(view)
    same = " AND ".join(
        f"one.{quoted(name)} IS NOT DISTINCT FROM other.{quoted(name)}" for name in identity_names(view)
    )
    equal = " AND ".join([same, *(_equal(feature) for feature in view.features)])
    found: list[str] = []
    total = 0
    for one, other, said in (("__whole", "__pieces", "run whole"), ("__pieces", "__whole", "run in two pieces")):
        unmatched = f"FROM {one} AS one WHERE NOT EXISTS (FROM {other} AS other WHERE {equal})"
        total += connection.execute(f"SELECT count(*) {unmatched}").fetchall()[0][0]
        query = f"SELECT {shown(columns, 'one')} {unmatched} ORDER BY {sorted_by_identity(view, 'one')} LIMIT {_SHOWN}"
        found += [f"{said}: {_as_text(row)}" for row in as_rows(columns, fetch(connection, query))]
    if not total:
        return None
    moment = connection.execute(f"SELECT CAST(make_timestamp({cut}) AS VARCHAR)").fetchall()[0][0]
    listed = "\n".join(found)
    return (
        f"The SQL gives other rows when its range is cut at {moment} UTC: it looks ahead of a row's {EVENT}, or "
        f"further behind than the lookback. Rows that one way of running gives and the other does not:\n{listed}"
    )


def _as_text(row: dict[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if name != CREATED)


def _equal(feature: Value) -> str:
    one, other = f"one.{quoted(feature.name)}", f"other.{quoted(feature.name)}"
    if feature.value_type is ValueType.FLOAT64:
        return _close(one, other)
    if feature.value_type is ValueType.FLOAT64_LIST:
        pairs = f"list_zip({one}, {other})"
        far = f"list_filter({pairs}, lambda p: NOT ({_close('p[1]', 'p[2]')}))"
        return (
            f"(({one} IS NULL) = ({other} IS NULL) AND len({one}) IS NOT DISTINCT FROM len({other}) "
            f"AND coalesce(len({far}), 0) = 0)"
        )
    return f"{one} IS NOT DISTINCT FROM {other}"


def _close(one: str, other: str) -> str:
    near = f"abs({one} - {other}) <= {TOLERANCE} * greatest(abs({one}), abs({other}))"
    return f"({one} IS NOT DISTINCT FROM {other} OR coalesce({near}, false))"

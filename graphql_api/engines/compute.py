"""One chunk of a run: transform, reject, collapse, check, stage."""

from pathlib import Path

import duckdb

from graphql_api.domain.types import ValueType
from graphql_api.engines.checks import failed_ids, failing, judge, quarantine_condition
from graphql_api.engines.identities import collapse
from graphql_api.engines.layout import (
    COMMIT,
    CREATED,
    EVENT,
    FAILED,
    RUN,
    finite,
    identity_names,
    nullable,
    row_columns,
    sorted_by_identity,
    visible_rows,
)
from graphql_api.engines.relations import event_expression
from graphql_api.engines.shapes import ChunkResult, ComputeChunk, Slice, Staged, Value, View
from graphql_api.engines.staging import stage
from graphql_api.engines.text import columns_of, quoted
from graphql_api.engines.transform import create_output, open_sources, source_window

_RAW = "__raw"
_ROWS = "__rows"
_WRITTEN = "__written"
_LATEST = "__latest"
_SUPERSEDED = "__superseded"


def compute_chunk(connection: duckdb.DuckDBPyConnection, request: ComputeChunk) -> ChunkResult:
    view = request.view
    open_sources(connection, view, source_window(view, request.start, request.end))
    create_output(connection, view, _RAW, request.start, request.end)
    rejected, non_finite = _reject(connection, view, request.frozen_at)
    rows, one_row_per_key = collapse(connection, view, _ROWS)
    conditions = failing(connection, view)
    results = [one_row_per_key, *judge(connection, view, rows, conditions)]
    kept_out = quarantine_condition(view.checks, conditions)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {_WRITTEN} AS SELECT * FROM {quoted(rows)} WHERE NOT ({kept_out})")
    own = _stage_rows(connection, request)
    kept = _stage_kept(connection, request)
    aside = None
    if kept_out != "false":
        aside = _stage_quarantine(connection, request, rows, kept_out, failed_ids(view.checks, conditions))
    return ChunkResult(
        files=[file for file in (own, kept, aside) if file is not None],
        rows_read=source_rows(connection, view, request.start, request.end),
        rows_written=own.rows if own else 0,
        rows_rejected=rejected,
        rows_quarantined=aside.rows if aside else 0,
        non_finite=non_finite,
        checks=results,
    )


def source_rows(connection: duckdb.DuckDBPyConnection, view: View, start: int, end: int) -> int:
    """Rows of the open sources that count as read: those with event timestamps in `[start, end)`, and in a static
    view all of them. Look-up tables beside timed sources do not count."""
    if view.is_static:
        counts = [f"(SELECT count(*) FROM {quoted(relation.name)})" for relation in view.relations]
    else:
        counts = [
            f"(SELECT count(*) FROM {quoted(relation.name)} "
            f"WHERE {event_expression(relation)} >= {start} AND {event_expression(relation)} < {end})"
            for relation in view.relations
            if relation.event_timestamp is not None
        ]
    return connection.execute(f"SELECT {' + '.join(counts) or '0'}").fetchall()[0][0]


def _reject(connection: duckdb.DuckDBPyConnection, view: View, frozen_at: int) -> tuple[int, dict[str, int]]:
    """Makes `__rows` of what may be written, floats that are not finite as null; counts both."""
    needed = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in identity_names(view))
    accepted = f"{needed} AND {CREATED} <= make_timestamptz({frozen_at}::BIGINT)"
    floats = [f for f in view.features if f.value_type in (ValueType.FLOAT64, ValueType.FLOAT64_LIST)]
    counts = "".join(f", coalesce(sum({_not_finite(feature)}) FILTER (WHERE {accepted}), 0)" for feature in floats)
    rejected, *found = connection.execute(
        f"SELECT count(*) FILTER (WHERE ({accepted}) IS NOT true){counts} FROM {_RAW}"
    ).fetchall()[0]
    non_finite = {feature.name: int(count) for feature, count in zip(floats, found, strict=True) if count}
    items = ", ".join(
        f"{finite(column)} AS {quoted(column.name)}" if column.name in non_finite else quoted(column.name)
        for column in row_columns(view)
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {_ROWS} AS SELECT {items} FROM {_RAW} WHERE {accepted}")
    return rejected, non_finite


def _not_finite(feature: Value) -> str:
    name = quoted(feature.name)
    if feature.value_type is ValueType.FLOAT64:
        return f"CASE WHEN isfinite({name}) THEN 0 WHEN {name} IS NULL THEN 0 ELSE 1 END"
    return f"coalesce(len(list_filter({name}, lambda x: NOT isfinite(x))), 0)"


def _path(request: ComputeChunk, role: str) -> Path:
    return Path(request.folder) / f"{role.lower()}-{request.start}-{request.end}.parquet"


def _stage_rows(connection: duckdb.DuckDBPyConnection, request: ComputeChunk) -> Staged | None:
    view = request.view
    query = f"SELECT {nullable(row_columns(view))} FROM {_WRITTEN} ORDER BY {sorted_by_identity(view)}"
    return stage(connection, query, _path(request, "ROWS"), "ROWS", view.keys)


def _stage_quarantine(
    connection: duckdb.DuckDBPyConnection, request: ComputeChunk, rows: str, condition: str, failed: str
) -> Staged | None:
    view = request.view
    query = (
        f"SELECT {nullable(row_columns(view))}, {failed} AS {FAILED} FROM {quoted(rows)} WHERE {condition} "
        f"ORDER BY {sorted_by_identity(view)}"
    )
    return stage(connection, query, _path(request, "QUARANTINE"), "QUARANTINE", view.keys)


def _stage_kept(connection: duckdb.DuckDBPyConnection, request: ComputeChunk) -> Staged | None:
    """Old rows that a new row of the same keys and event timestamp supersedes with a later created timestamp.

    Not those that the run wrote itself, under the same identity: its own row answers for the time before the
    correction, and old copies beside it would become more with every run of the range."""
    view = request.view
    if not request.old or view.is_static:
        return None
    columns = row_columns(view)
    moment = columns_of([*(key.name for key in view.keys), EVENT])
    old = visible_rows(view, _within(request), [column.name for column in columns])
    # A table, since it is mostly empty, and then nothing needs to be looked up among all that was written.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_SUPERSEDED} AS SELECT old.* FROM ({old}) AS old "
        f"JOIN (SELECT {moment}, max({CREATED}) AS {_LATEST} FROM {_WRITTEN} GROUP BY ALL) AS new USING ({moment}) "
        f"WHERE old.{CREATED} < new.{_LATEST}"
    )
    if not connection.execute(f"SELECT 1 FROM {_SUPERSEDED} LIMIT 1").fetchall():
        return None
    identity = sorted_by_identity(view)
    query = (
        f"SELECT {nullable(columns, [COMMIT, RUN])} FROM {_SUPERSEDED} ANTI JOIN {_WRITTEN} USING ({identity}) "
        f"ORDER BY {identity}, {COMMIT}"
    )
    return stage(connection, query, _path(request, "KEPT"), "KEPT", view.keys)


def _within(request: ComputeChunk) -> list[Slice]:
    """The old slices, cut to the chunk."""
    chunk = (request.start, request.end)
    cut: list[Slice] = []
    for piece in request.old:
        ranges = [(max(start, chunk[0]), min(end, chunk[1])) for start, end in piece.ranges or [chunk]]
        ranges = [(start, end) for start, end in ranges if start < end]
        if ranges:
            cut.append(Slice(piece.path, piece.commit, piece.run_id, ranges))
    return cut

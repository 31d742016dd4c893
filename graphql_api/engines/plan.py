"""Cutting a range into chunks by how many source rows lie where: the same sources give the same cut."""

from itertools import pairwise

import duckdb

from graphql_api.domain.times import TimeRange
from graphql_api.engines.compute import source_rows
from graphql_api.engines.relations import Window, event_expression, untimed_rows
from graphql_api.engines.shapes import ChunkPlan, PlanChunks, View
from graphql_api.engines.text import quoted
from graphql_api.engines.transform import open_sources

_BUCKETS = 4_096


def plan_chunks(connection: duckdb.DuckDBPyConnection, request: PlanChunks) -> ChunkPlan:
    view = request.view
    window = Window(request.start, request.end)
    open_sources(connection, view, window)
    if view.is_static:
        end = max(request.end, 1)
        return ChunkPlan(0, [(0, end)], source_rows(connection, view, 0, end), 0)
    rejected = sum(untimed_rows(connection, relation) for relation in view.relations)
    start = _oldest(connection, view) if request.start is None else request.start
    if start is None:
        return ChunkPlan(None, [], 0, rejected)
    whole = TimeRange(start, request.end)
    total = source_rows(connection, view, whole.start, whole.end)
    if whole.is_empty:
        return ChunkPlan(start, [], 0, rejected)
    cuts = _Cutter(connection, view, request.target_rows).cuts(whole)
    edges = [whole.start, *cuts, whole.end]
    return ChunkPlan(start, list(pairwise(edges)), total, rejected)


def _oldest(connection: duckdb.DuckDBPyConnection, view: View) -> int | None:
    """Within what the open sources show."""
    return connection.execute(f"SELECT min(event) FROM ({event_union(view)})").fetchall()[0][0]


def event_union(view: View) -> str:
    """SELECT of the event timestamps, in microseconds, of all timed sources together, as `event`."""
    return " UNION ALL ".join(
        f"SELECT {event_expression(relation)} AS event FROM {quoted(relation.name)}"
        for relation in view.relations
        if relation.event_timestamp is not None
    )


class _Cutter:
    def __init__(self, connection: duckdb.DuckDBPyConnection, view: View, target_rows: int) -> None:
        self._connection = connection
        self._view = view
        self._target = max(target_rows, 1)
        self._shortest = max(view.lookback, 1)

    def cuts(self, whole: TimeRange) -> list[int]:
        """Moments inside the range: between two of them, and to its ends, lies no less than the lookback, and about
        the target of rows where that allows it."""
        cuts: list[int] = []
        last, held = whole.start, 0
        for edge, rows in self._counted(whole):
            if held and held + rows > self._target and edge - last >= self._shortest:
                cuts.append(edge)
                last, held = edge, 0
            held += rows
        while cuts and whole.end - cuts[-1] < self._shortest:
            cuts.pop()
        return cuts

    def _counted(self, span: TimeRange) -> list[tuple[int, int]]:
        """Where a bucket begins, and its rows; a bucket with more rows than a chunk should have is divided again."""
        width = max(-(-(span.end - span.start) // _BUCKETS), 1)
        counts = self._connection.execute(
            f"SELECT (event - {span.start}) // {width} AS bucket, count(*) FROM ({event_union(self._view)}) "
            f"WHERE event >= {span.start} AND event < {span.end} GROUP BY bucket ORDER BY bucket"
        ).fetchall()
        counted: list[tuple[int, int]] = []
        for bucket, rows in counts:
            begin = span.start + bucket * width
            inside = TimeRange(begin, min(begin + width, span.end))
            if rows > self._target and width > self._shortest:
                counted += self._counted(inside)
            else:
                counted.append((begin, rows))
        return counted

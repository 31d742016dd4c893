"""What a join of a few rows says, in the form of a look-up's answer."""

from collections.abc import Iterable, Sequence

import msgspec

from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import rfc3339
from graphql_api.engines.join_shapes import Moments
from graphql_api.serving.join_plan import AnsweredView, JoinPlan
from graphql_api.serving.lookup import OnlineAnswer

_NULL = "null"


def as_answer(plan: JoinPlan, moments: Moments, rows: int) -> OnlineAnswer:
    return OnlineAnswer(
        features=plan.names,
        rows=_table(rows, moments.texts),
        statuses=_table(rows, [[f'"{status}"' for status in column] for column in moments.statuses]),
        views=[view.name for view in plan.answered],
        view_of_feature=plan.view_of_feature,
        event_timestamps=_table(rows, [_events(view, moments, rows) for view in plan.answered]),
        materialization_ids=_table(rows, [_runs(view, moments, rows) for view in plan.answered]),
    )


def _events(view: AnsweredView, moments: Moments, rows: int) -> list[str]:
    """On demand the oldest of those that it is made from."""
    columns = [moments.events[at] for at in view.reads]
    found = ([column[row] for column in columns] for row in range(rows))
    oldest = (min((event for event in events if event is not None), default=None) for events in found)
    return [_NULL if event is None else f'"{rfc3339(event)}"' for event in oldest]


def _runs(view: AnsweredView, moments: Moments, rows: int) -> list[str]:
    """What is computed on demand was written by none."""
    if view.is_on_demand:
        return [_NULL] * rows
    return [_NULL if run is None else f'"{global_id("Materialization", run)}"' for run in moments.runs[view.reads[0]]]


def _table(rows: int, columns: Sequence[Iterable[str]]) -> msgspec.Raw:
    """JSON: one array a row, from texts column by column."""
    parts = [",".join(cells) for cells in zip(*columns, strict=True)] if columns else [""] * rows
    return msgspec.Raw(f"[[{'],['.join(parts)}]]".encode() if parts else b"[]")

"""Every row of one entity, corrections included."""

import duckdb

from graphql_api.domain.availability import available_from_sql
from graphql_api.domain.types import ValueType
from graphql_api.engines.json_text import json_text
from graphql_api.engines.layout import COMMIT, CREATED, EVENT, RUN, visible_columns
from graphql_api.engines.moments import run_of
from graphql_api.engines.shapes import JoinedView, Timeline, TimelineRow, Value
from graphql_api.engines.text import quoted


def timeline(connection: duckdb.DuckDBPyConnection, request: Timeline) -> list[TimelineRow]:
    view = request.view
    keys = [Value(key.name, key.value_type) for key in view.keys]
    times = [Value(EVENT, ValueType.TIMESTAMP), Value(CREATED, ValueType.TIMESTAMP)]
    event, created = f"epoch_us({EVENT})", f"epoch_us({CREATED})"
    feature = view.features[0]
    where = [f"{event} >= {request.start}", f"{event} < {request.end}", *_is_key(view)]
    rows = connection.execute(
        f"SELECT {event}, {created}, {available_from_sql(event, created, view.delay)}, "
        f"coalesce({json_text(quoted(feature.name), feature.value_type)}, 'null'), {RUN} "
        f"FROM ({visible_columns([*keys, *times, feature], view.slices)}) WHERE {' AND '.join(where)} "
        f"ORDER BY {EVENT}, {CREATED}, {COMMIT} LIMIT {request.limit}",
        request.key,
    ).fetchall()
    return [TimelineRow(event, created, available, text, run_of(run)) for event, created, available, text, run in rows]


def _is_key(view: JoinedView) -> list[str]:
    return [
        f"{quoted(key.name)} = {'make_timestamptz(?::BIGINT)' if key.value_type is ValueType.TIMESTAMP else '?'}"
        for key in view.keys
    ]

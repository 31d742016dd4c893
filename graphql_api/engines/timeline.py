"""Every row of one entity, corrections included; and which entities there are."""

import duckdb

from graphql_api.domain.availability import available_from_sql
from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import JoinedView, SampleKeys, Scalar, Timeline, TimelineRow
from graphql_api.engines.json_text import json_text
from graphql_api.engines.layout import COMMIT, CREATED, EVENT, RUN, visible_columns
from graphql_api.engines.moments import run_of
from graphql_api.engines.shapes import Value
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


def sample_keys(connection: duckdb.DuckDBPyConnection, request: SampleKeys) -> list[list[Scalar]]:
    keys = [Value(key.name, key.value_type) for key in request.view.keys]
    if not keys:
        return [[]]
    names = [quoted(key.name) for key in keys]
    parts = [
        f"epoch_us({name})" if key.value_type is ValueType.TIMESTAMP else name
        for name, key in zip(names, keys, strict=True)
    ]
    text = f"{request.seed} || ':' || concat_ws(':', {', '.join(parts)})"
    visible = visible_columns([*keys, Value(EVENT, ValueType.TIMESTAMP)], request.view.slices)
    rows = connection.execute(
        f"SELECT {', '.join(parts)} FROM (SELECT DISTINCT {', '.join(names)} FROM ({visible})) "
        f"ORDER BY sha256({text}), {', '.join(names)} LIMIT {request.limit}"
    ).fetchall()
    return [list(row) for row in rows]


def _is_key(view: JoinedView) -> list[str]:
    return [
        f"{quoted(key.name)} = {'make_timestamptz(?::BIGINT)' if key.value_type is ValueType.TIMESTAMP else '?'}"
        for key in view.keys
    ]

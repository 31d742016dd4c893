"""A few rows, each at its moment, answered as a look-up is: texts of JSON, statuses, and where they come from."""

from collections.abc import Sequence

import duckdb

from graphql_api.domain.enums import ValueStatus
from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import AnswerMoments, Join, Moments, OnDemandColumn
from graphql_api.engines.json_text import json_text
from graphql_api.engines.layout import RUN, visible_columns
from graphql_api.engines.on_demand import VALUE, create_computed
from graphql_api.engines.point_in_time import (
    ANSWERED,
    EVENT_AT,
    EXPIRED,
    MISSING,
    STATE,
    Asked,
    create_steps,
    matched,
    semi_join,
    stored_columns,
)
from graphql_api.engines.shapes import Value
from graphql_api.engines.text import quoted

_ASKED = "__asked"
_RUN = "__row_run"
_PUSHED = "0" * 24
"""The run of a pushed row."""


def answer_moments(connection: duckdb.DuckDBPyConnection, request: AnswerMoments) -> Moments:
    """Only rows of the keys that are asked for are read."""
    answering = _Answering(connection, request.join, _create_asked(connection, request))
    for at in range(len(request.join.views)):
        answering.find_rows(at)
    texts: list[list[str]] = []
    statuses: list[list[str]] = []
    for at in range(len(request.join.columns)):
        text, status = answering.column(at)
        texts.append(text)
        statuses.append(status)
    found = [answering.provenance(at) for at in range(len(request.join.views))]
    return Moments(texts, statuses, [events for events, _ in found], [runs for _, runs in found])


def _create_asked(connection: duckdb.DuckDBPyConnection, request: AnswerMoments) -> Asked:
    """Makes `__asked` of the rows as they were sent."""
    types = {key.column: key.value_type for view in request.join.views for key in view.keys}
    types |= {value.name: value.value_type for value in request.join.request}
    keys = {column: f"k{at}" for at, column in enumerate(types)}
    items = ["unnest(range(len($1))) AS i", "unnest($1::BIGINT[]) AS t"]
    parameters: list[object] = [request.moments]
    for column, value_type in types.items():
        parameters.append(request.values[column])
        items.append(_sent(f"${len(parameters)}", value_type) + f" AS {keys[column]}")
    connection.execute(f"CREATE TEMP TABLE {_ASKED} AS SELECT {', '.join(items)}", parameters)
    return Asked(_ASKED, {(column, types[column]): name for column, name in keys.items()})


def _sent(parameter: str, value_type: ValueType) -> str:
    if value_type is ValueType.TIMESTAMP:
        return f"make_timestamptz(unnest({parameter}::BIGINT[]))"
    return f"unnest({parameter}::{value_type.sql}[])"


def run_of(text: str | None) -> str | None:
    """The run that wrote a row, in hex; None for a pushed row."""
    return None if text == _PUSHED else text


class _Answering:
    def __init__(self, connection: duckdb.DuckDBPyConnection, join: Join, asked: Asked) -> None:
        self._connection = connection
        self._join = join
        self._asked = asked
        self._values = {value.name: asked.keys[value.name, value.value_type] for value in join.request}

    def find_rows(self, at: int) -> None:
        """Makes `__found<at>`: one row for each that is asked, in their order; values as they count at the moment."""
        view = self._join.views[at]
        carried = {f"f{place}": quoted(feature.name) for place, feature in enumerate(view.features)}
        visible = semi_join(view, self._asked, visible_columns([*stored_columns(view), *view.features], view.slices))
        create_steps(
            self._connection,
            view,
            visible,
            {**carried, _RUN: RUN},
            known_before=self._join.known_before,
            table=f"__steps{at}",
        )
        found = matched(view, self._asked, f"__steps{at}", [*carried, _RUN])
        held = [f"CASE WHEN {STATE} = {ANSWERED} THEN {name} END AS {name}" for name in carried]
        items = ", ".join([STATE, EVENT_AT, _RUN, *held])
        self._connection.execute(f"CREATE TEMP TABLE {_found(at)} AS SELECT {items} FROM ({found}) ORDER BY i")

    def column(self, at: int) -> tuple[list[str], list[str]]:
        """Texts and statuses."""
        column = self._join.columns[at]
        if isinstance(column, OnDemandColumn):
            create_computed(self._connection, "__computed", column, self._beside(), self._feature, self._values)
            return self._told(
                f"{self._beside()} POSITIONAL JOIN __computed",
                Value(f"__computed.{VALUE}", column.value_type),
                [(column.views[use.relation], use.column) for use in column.uses if use.relation in column.views],
            )
        view = self._join.views[column.view]
        value_type = next(feature.value_type for feature in view.features if feature.name == column.feature)
        name = self._feature(column.view, column.feature)
        return self._told(_found(column.view), Value(name, value_type), [(column.view, column.feature)])

    def _told(self, relation: str, value: Value, inputs: Sequence[tuple[int, str]]) -> tuple[list[str], list[str]]:
        """A value that is null has the worst status of its inputs."""
        states = [f"{_found(view)}.{STATE}" for view, _ in inputs]
        whens = [f"WHEN {value.name} IS NOT NULL THEN '{ValueStatus.PRESENT}'"]
        whens += [f"WHEN {state} = {EXPIRED} THEN '{ValueStatus.EXPIRED}'" for state in states]
        whens += [f"WHEN {state} = {MISSING} THEN '{ValueStatus.MISSING}'" for state in states]
        status = f"CASE {' '.join(whens)} ELSE '{ValueStatus.NULL_VALUE}' END"
        text = f"coalesce({json_text(value.name, value.value_type)}, 'null')"
        rows = self._connection.execute(f"SELECT {text}, {status} FROM {relation}").fetchall()
        return [text for text, _ in rows], [status for _, status in rows]

    def provenance(self, at: int) -> tuple[list[int | None], list[str | None]]:
        """The event and the run of each row."""
        rows = self._connection.execute(f"SELECT {EVENT_AT}, {_RUN} FROM {_found(at)}").fetchall()
        return [event for event, _ in rows], [run_of(run) for _, run in rows]

    def _beside(self) -> str:
        return " POSITIONAL JOIN ".join([_ASKED, *(_found(at) for at in range(len(self._join.views)))])

    def _feature(self, at: int, name: str) -> str:
        place = [feature.name for feature in self._join.views[at].features].index(name)
        return f"{_found(at)}.f{place}"


def _found(at: int) -> str:
    return f"__found{at}"

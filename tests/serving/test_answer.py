"""Pasting bytes gives what a plain reading of the rules would give."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.domain.packing import ORDER_BYTES, PUSHED, RUN_BYTES, bitmap_bytes, packed_order, packed_row
from graphql_api.domain.times import rfc3339
from graphql_api.serving.answer import answer
from graphql_api.serving.plan import LookupPlan, PlannedView, segments
from tests.factories import NOON
from tests.serving.online import told

_texts = st.text(st.characters(codec="utf-8"), max_size=5)
_values = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _texts | st.lists(st.none() | _texts, max_size=3)
)


@dataclass(frozen=True)
class Held:
    width: int
    ttl: int | None
    rows: Sequence[tuple[int, Sequence[object]] | None]


@st.composite
def _held(draw: st.DrawFn, entities: int) -> Held:
    width = draw(st.integers(1, 10))
    row = st.tuples(st.integers(NOON - 3, NOON), st.lists(_values, min_size=width, max_size=width))
    rows = draw(st.lists(st.none() | row, min_size=entities, max_size=entities))
    return Held(width, draw(st.none() | st.integers(0, 3)), rows)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[list[Held], list[tuple[int, int]]]:
    entities = draw(st.integers(0, 4))
    views = draw(st.lists(_held(entities), min_size=1, max_size=3))
    every = [(view, place) for view, held in enumerate(views) for place in range(held.width)]
    whole = st.just(every)
    return views, draw(whole | st.lists(st.sampled_from(every), min_size=1, max_size=12))


@given(case=_cases())
def test_rows_and_statuses_are_those_of_the_rules(case: tuple[list[Held], list[tuple[int, int]]]) -> None:
    views, features = case
    plan = LookupPlan(
        revision=1,
        features=tuple(f"f{n}" for n in range(len(features))),
        views=tuple(
            PlannedView(f"v{n}", n, (), held.ttl, ORDER_BYTES + RUN_BYTES + bitmap_bytes(held.width))
            for n, held in enumerate(views)
        ),
        view_of_feature=tuple(view for view, _ in features),
        request_columns=(),
        segments=tuple(segments(features, [held.width for held in views])),
    )
    packed = [[None if row is None else _packed(*row) for row in held.rows] for held in views]

    told_answer = told(answer(plan, packed, NOON))

    entities = range(len(views[0].rows))
    cells = [[_cell(views[view], entity, place) for view, place in features] for entity in entities]
    assert told_answer["rows"] == [[value for value, _ in row] for row in cells]
    assert told_answer["statuses"] == [[status for _, status in row] for row in cells]
    assert told_answer["eventTimestamps"] == [
        [rfc3339(row[0]) if (row := held.rows[entity]) else None for held in views] for entity in entities
    ]


def _cell(held: Held, entity: int, place: int) -> tuple[object, str]:
    row = held.rows[entity]
    if row is None:
        return None, "MISSING"
    event, values = row
    if held.ttl is not None and event + held.ttl < NOON:
        return None, "EXPIRED"
    return values[place], "NULL_VALUE" if values[place] is None else "PRESENT"


def _packed(event: int, values: Sequence[object]) -> bytes:
    return packed_row(packed_order(event, event, 1), PUSHED, [msgspec.json.encode(value) for value in values])

"""Sequences of runs and merges in the store itself: what is visible as of every commit is what the rules say."""

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.domain.times import TimeRange
from graphql_api.runs.tools import Tools
from tests.engines.support import HOUR, JAN
from tests.runs.ledger import Model, Row, open_ledger

_IDS = itertools.count(1)
SLOW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


def moments() -> st.SearchStrategy[int]:
    return st.integers(0, 5).map(lambda hour: JAN + hour * HOUR)


def sources() -> st.SearchStrategy[list[Row]]:
    rows = st.builds(Row, st.sampled_from("ab"), moments(), moments(), st.integers(0, 9))
    return st.lists(rows, min_size=1, max_size=12, unique_by=lambda row: row[:3])


def spans() -> st.SearchStrategy[TimeRange]:
    ends = st.lists(st.integers(0, 6), min_size=2, max_size=2, unique=True).map(sorted)
    return ends.map(lambda pair: TimeRange(JAN + pair[0] * HOUR, JAN + pair[1] * HOUR))


Step = TimeRange | tuple[TimeRange, list[Row]]


def steps() -> st.SearchStrategy[list[Step]]:
    """Runs, and merges of what is visible in a range."""
    runs = st.tuples(spans(), sources())
    return st.tuples(runs, runs, st.one_of(spans(), runs), runs, spans()).map(list)


@SLOW
@given(steps=steps(), window=spans())
async def test_as_of_every_commit_the_rows_are_what_the_rules_say(
    tools: Tools, steps: list[Step], window: TimeRange
) -> None:
    with TemporaryDirectory() as folder:
        ledger, model = await open_ledger(tools, Path(folder), next(_IDS)), Model()
        for step in steps:
            if isinstance(step, TimeRange):
                model.merged(await ledger.merge(step))
            else:
                model.run(*await ledger.run(*step), *step)

        for number, state in model.states.items():
            assert await ledger.rows(up_to=number) == state
            seen = await ledger.rows(window, up_to=number)
            assert seen == [held for held in state if window.start <= held.row.event < window.end]
            of_b = await ledger.store.visible(ledger.copy.id, up_to=number, keys=[("b",)])
            assert [held for held in await ledger.held(of_b) if held.row.shop == "b"] == [
                held for held in state if held.row.shop == "b"
            ]
        assert await ledger.rows() == model.states[max(model.states)]

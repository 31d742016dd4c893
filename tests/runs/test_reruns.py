"""Sequences of runs and merges in the store itself: what is visible as of every commit is what the rules say."""

import itertools
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.domain.times import TimeRange, utc_now
from graphql_api.errors import NotFound
from graphql_api.runs.retention import forget_history
from graphql_api.runs.tools import Tools
from tests.engines.support import HOUR, JAN
from tests.runs.ledger import Ledger, Model, Row, open_ledger, wipe

_IDS = itertools.count(1)
SLOW = settings(
    max_examples=8,
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
@given(steps=steps(), window=spans(), first=st.integers(0, 5), pinned=st.sets(st.integers(1, 5), max_size=1))
async def test_as_of_every_commit_the_rows_are_what_the_rules_say(
    shared_tools: Tools, steps: list[Step], window: TimeRange, first: int, pinned: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        ledger, model = await open_ledger(shared_tools, Path(folder), next(_IDS)), Model()
        for step in steps:
            if isinstance(step, TimeRange):
                model.merged(await ledger.merge(step))
            else:
                model.run(*await ledger.run(*step), *step)

        await require_equal(ledger, model, range(6), window)
        await keep(ledger, first, pinned)
        for number in {*range(6)} - {*range(first, 6), *pinned}:
            with pytest.raises(NotFound):
                await ledger.rows(up_to=number)
        await require_equal(ledger, model, {*range(first, 6), *pinned}, window)
    await wipe(shared_tools)


async def require_equal(ledger: Ledger, model: Model, numbers: Iterable[int], window: TimeRange) -> None:
    """As of each of the commits, in all, in the window, and of one key."""
    for number in numbers:
        state = model.states[number]
        assert await ledger.rows(up_to=number) == state
        seen = await ledger.rows(window, up_to=number)
        assert seen == [held for held in state if window.start <= held.row.event < window.end]
        of_b = await ledger.store.visible(ledger.copy.id, up_to=number, keys=[("b",)])
        assert [held for held in await ledger.held(of_b) if held.row.shop == "b"] == [
            held for held in state if held.row.shop == "b"
        ]
    assert await ledger.rows() == model.states[max(model.states)]


async def keep(ledger: Ledger, first: int, pinned: set[int]) -> None:
    """Forget all but what is visible as of the commits from the first on, and of the pinned ones."""
    database, data_id, now = ledger.tools.database, ledger.copy.id, utc_now()
    pins = [{"data_id": data_id, "commit": number} for number in pinned]
    await database["training_datasets"].insert_one({"_id": ObjectId(), "pins": pins, "state": "SUCCEEDED"})
    await database["commits"].update_many(
        {"data_id": data_id, "number": {"$gt": first}}, {"$set": {"committed_at": now + timedelta(days=100)}}
    )
    for days in (0, 2):
        await forget_history(ledger.tools, now + ledger.tools.history + timedelta(days=days, hours=1))
    ledger.forget_local()

import asyncio
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.documents.materializations import MaterializationDocument, RunEvent
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.errors import Conflict, Fenced
from graphql_api.runs import log as log_module
from graphql_api.runs.log import CancelRequested, RunLog
from graphql_api.runs.queue import cancel, claim
from graphql_api.runs.replay import events_after
from tests.runs.conftest import Database
from tests.runs.factories import a_run, as_it_is, let_the_lease_run_out


async def claimed() -> RunLog:
    run = await claim("worker", 60)
    assert run is not None
    return RunLog(run)


async def everything(run: MaterializationDocument, after: int = 0) -> list[RunEvent]:
    return [event async for event in events_after(await as_it_is(run), after)]


async def test_what_is_said_comes_back_in_order_from_any_place(database: Database) -> None:
    run = await a_run().insert()
    log = await claimed()
    for read in range(1, 6):
        log.note(phase=RunPhase.COMPUTE, counts={"rows_read": read}, fraction=read / 10)
        await log.decide({})
    await log.end(RunState.SUCCEEDED, message="Done.")

    told = await everything(run)

    assert [(e.sequence, e.state, e.phase, e.attempt, e.counts.rows_read, e.fraction) for e in told] == [
        (1, RunState.QUEUED, RunPhase.WAIT, 0, 0, 0.0),
        *((read + 1, RunState.RUNNING, RunPhase.COMPUTE, 1, read, read / 10) for read in range(1, 6)),
        (7, RunState.SUCCEEDED, RunPhase.DONE, 1, 5, 1.0),
    ]
    for after in range(9):
        assert await everything(run, after) == told[after:]
    ended = await as_it_is(run)
    assert (ended.state, ended.owner, ended.lease_expires_at, ended.sequence) == (RunState.SUCCEEDED, None, None, 7)
    assert ended.finished_at is not None


async def test_at_most_four_events_a_second_and_the_terminal_one_never_waits(database: Database) -> None:
    run = await a_run().insert()
    log = await claimed()
    following = asyncio.create_task(log.follow_notes())
    for read in range(150):
        log.note(counts={"rows_read": read})
        await asyncio.sleep(0.01)
    following.cancel()
    await log.end(RunState.FAILED, message="No.")

    *before, last = await everything(run)

    assert (last.state, last.counts.rows_read) == (RunState.FAILED, 149)
    gaps = [(b.at - a.at).total_seconds() for a, b in pairwise(before)]
    assert min(gaps) >= 0.25
    assert 5 <= len(before) <= 8
    assert (last.at - before[-1].at).total_seconds() < 0.25


async def test_the_fraction_never_falls_and_the_phase_never_goes_back_within_an_attempt(database: Database) -> None:
    run = await a_run().insert()
    log = await claimed()
    log.note(phase=RunPhase.COMPUTE, fraction=0.5)
    log.note(phase=RunPhase.PLAN, fraction=0.2)
    await log.decide({})
    await let_the_lease_run_out(run)
    again = await claimed()
    again.note(phase=RunPhase.PLAN)
    await again.decide({})

    assert [(e.attempt, e.phase, e.fraction) for e in await everything(run)] == [
        (0, RunPhase.WAIT, 0.0),
        (1, RunPhase.COMPUTE, 0.5),
        (2, RunPhase.PLAN, 0.0),
    ]


async def test_an_owner_that_lost_its_run_has_no_effect_any_more(database: Database) -> None:
    run = await a_run().insert()
    stale = await claimed()
    await let_the_lease_run_out(run)
    owner = await claimed()
    owner.note(message="mine")
    await owner.decide({"commit": 3})
    before = await as_it_is(run)

    stale.note(message="stale")
    for attempt in (
        stale.write({"checkpoints": [run.id]}),
        stale.decide({"commit": 9}),
        stale.end(RunState.FAILED, message="stale"),
        stale.end(RunState.RETRYING, message="stale"),
    ):
        with pytest.raises(Fenced):
            await attempt

    assert await as_it_is(run) == before
    assert [event.message for event in await everything(run)] == ["", "mine"]


async def test_a_decision_and_what_goes_along_happen_together_or_not_at_all(database: Database) -> None:
    run = await a_run().insert()
    log = await claimed()

    async def also(session: Any) -> None:
        await database["beside"].insert_one({"run": run.id}, session=session)

    async def and_fail(session: Any) -> None:
        await also(session)
        raise Conflict("not now")

    with pytest.raises(Conflict):
        await log.decide({"commit": 1}, also=and_fail)
    assert ((await as_it_is(run)).commit, await database["beside"].count_documents({})) == (None, 0)
    await log.decide({"commit": 1}, also=also)
    assert ((await as_it_is(run)).commit, await database["beside"].count_documents({})) == (1, 1)


async def test_a_cancelled_run_takes_no_decision_but_to_end(database: Database) -> None:
    run = await a_run().insert()
    log = await claimed()
    await log.decide({})
    await asyncio.sleep(0.3)
    await cancel(run.id, "ann")

    with pytest.raises(CancelRequested):
        await log.decide({"commit": 1})
    assert log.cancel_asked.is_set()
    await log.write({"rows_total": 5})
    await log.end(RunState.CANCELLED, message="Cancelled.")

    assert [e.state for e in await everything(run)] == [
        RunState.QUEUED,
        RunState.RUNNING,
        RunState.CANCELLING,
        RunState.CANCELLED,
    ]
    assert (await as_it_is(run)).commit is None


async def test_a_write_whose_answer_was_lost_is_not_said_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await a_run().insert()
    log = await claimed()
    send, lost = log._send, iter([True, False, True, False, False])  # pyright: ignore[reportPrivateUsage]

    async def send_and_lose(*arguments: Any) -> bool:
        matched = await send(*arguments)
        return matched and not next(lost, False)

    monkeypatch.setattr(log, "_send", send_and_lose)
    for read in (1, 2, 3):
        log.note(counts={"rows_read": read})
        await log.decide({})
    await log.end(RunState.SUCCEEDED, message="Done.")

    assert [e.counts.rows_read for e in await everything(run)] == [0, 1, 2, 3, 3]
    assert [e.sequence for e in await everything(run)] == [1, 2, 3, 4, 5]


@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(
        st.sampled_from(["claim", "say", "say", "checkpoint", "cancel", "retry", "stale", "copy"]), max_size=25
    ),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_owners_do_the_events_have_no_gap_and_one_end(
    database_of_its_own: Any, seed: int, steps: list[str]
) -> None:
    database_of_its_own(lambda: interleave(seed, steps))


async def interleave(seed: int, steps: list[str]) -> None:
    chosen = random.Random(seed)
    run = await a_run().insert()
    owners: list[RunLog] = []
    told = await everything(run)
    for number, step in enumerate(steps):
        state = (await as_it_is(run)).state
        owner = owners[-1] if owners else None
        speaker = chosen.choice(owners) if owners and step == "stale" else owner
        try:
            if step == "claim" and not state.is_terminal:
                await let_the_lease_run_out(run)
                await collection_of(MaterializationDocument).update_one(
                    {"_id": run.id}, {"$set": {"next_attempt_at": a_run().progress.at}}
                )
                owners.append(await claimed())
            elif step == "cancel":
                await cancel(run.id, "ann")
            elif step == "copy":
                await log_module.copy_tail(run.id, (await as_it_is(run)).tail)
            elif speaker is not None and step == "checkpoint":
                await speaker.write({"rows_total": number})
            elif speaker is not None and step == "retry":
                await speaker.end(RunState.RETRYING, message="later", fields={"next_attempt_at": None})
            elif speaker is not None:
                speaker.note(message=str(number))
                await speaker.decide({}, states=log_module.HELD, urgent=True)
        except (Fenced, CancelRequested, Conflict):
            pass
        now = await everything(run)
        assert now[: len(told)] == told
        told = now
        assert [event.sequence for event in told] == list(range(1, len(told) + 1))
        assert [event.attempt for event in told] == sorted(event.attempt for event in told)
        assert [event.at for event in told] == sorted(event.at for event in told)
    assert (await as_it_is(run)).sequence == len(told)
    assert [event.state.is_terminal for event in told[:-1]] == [False] * (len(told) - 1)

import asyncio
import random
from itertools import pairwise

import pytest

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.runs import RunEvent
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.errors import Fenced, NotFound
from graphql_api.runs import log
from graphql_api.runs.hold import CancelAsked, Hold, is_hold_of
from graphql_api.runs.log import EVENT_GAP, Database
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.reporter import Reporter
from tests.runs.making import data_copy, new_run


def said(hold: Hold[MaterializationDocument], message: str) -> RunEvent:
    return hold.run.progress.model_copy(
        update={"state": hold.run.state, "attempt": hold.attempt, "phase": RunPhase.COMPUTE, "message": message}
    )


async def hold_of(queue: RunQueue, owner: str = "one", lease_seconds: float = 30.0) -> Hold[MaterializationDocument]:
    hold = await queue.claim(owner, lease_seconds)
    assert hold is not None
    assert is_hold_of(hold, MaterializationDocument)
    return hold


async def test_the_log_is_read_from_any_place_and_to_any_length(queue: RunQueue, database: Database) -> None:
    run = await queue.enqueue(new_run(await data_copy()))
    hold = await hold_of(queue)
    for number in range(2, 8):
        await hold.write(event=said(hold, f"event {number}"))

    async def sequences(after: int, limit: int | None = None) -> list[int]:
        return [event.sequence for event in await log.read(database, run, after=after, limit=limit)]

    assert await sequences(0) == [1, 2, 3, 4, 5, 6, 7]
    assert await sequences(4) == [5, 6, 7]
    assert await sequences(6) == [7]
    assert await sequences(7) == []
    assert await sequences(2, 3) == [3, 4, 5]
    with pytest.raises(NotFound):
        await log.read(database, new_run(await data_copy(2)))


async def test_an_event_and_what_it_tells_of_change_together_or_not_at_all(queue: RunQueue, database: Database) -> None:
    run = await queue.enqueue(new_run(await data_copy()))
    stale = await hold_of(queue, "stale", 0.01)
    await asyncio.sleep(0.03)
    hold = await hold_of(queue, "new")
    stale.deadline += 60

    with pytest.raises(Fenced):
        await stale.write({"frozen_at": 5}, event=said(stale, "too late"))
    await hold.write({"frozen_at": 7}, event=said(hold, "frozen"))
    await queue.cancel(run, by="ann")
    with pytest.raises(CancelAsked):
        await hold.write({"frozen_at": 9}, event=said(hold, "after the cancel"))

    after = await log.load(database, run)
    assert (after.frozen_at, after.sequence, after.state) == (7, 3, RunState.CANCELLING)
    assert [event.message for event in await log.read(database, run)] == ["", "frozen", "Cancelled by ann."]


async def test_the_log_stays_without_gaps_under_takeovers(queue: RunQueue, database: Database) -> None:
    """Workers that lose the run at random moments, some of them unaware of it, beside readers."""
    run = await queue.enqueue(new_run(await data_copy()))
    dice = random.Random(7)
    acknowledged: list[tuple[int, str]] = []
    ended = asyncio.Event()

    async def work(owner: str) -> None:
        while not ended.is_set():
            hold = await queue.claim(owner, dice.uniform(0.01, 0.1))
            if hold is None:
                await asyncio.sleep(0.01)
                continue
            hold.deadline += 3600  # unaware: only the database may stop it
            await _write_until_fenced(hold)

    async def _write_until_fenced(hold: Hold[MaterializationDocument]) -> None:
        number = 0
        try:
            while not ended.is_set():
                number += 1
                message = f"{hold.owner} {hold.attempt} {number}"
                await hold.write(event=said(hold, message))
                acknowledged.append((hold.run.sequence, message))
        except Fenced:
            return

    async def watch() -> None:
        while not ended.is_set():
            seen = [event.sequence for event in await log.read(database, run)]
            assert seen == list(range(1, len(seen) + 1))

    async def end() -> None:
        await asyncio.sleep(4)
        ended.set()

    await asyncio.gather(end(), watch(), *(work(f"worker-{number}") for number in range(6)))

    events = await log.read(database, run)
    last = await log.load(database, run)
    assert [event.sequence for event in events] == list(range(1, last.sequence + 1))
    assert {(event.sequence, event.message) for event in events[1:]} >= set(acknowledged)
    assert all(earlier.attempt <= later.attempt for earlier, later in pairwise(events))
    assert len({event.attempt for event in events}) > 5


async def test_progress_is_merged_to_four_events_a_second_and_never_falls(queue: RunQueue, database: Database) -> None:
    run = await queue.enqueue(new_run(await data_copy()))
    reporter = Reporter(await hold_of(queue))
    writing = asyncio.create_task(reporter.run())
    for step in range(60):
        phase = (RunPhase.PLAN, RunPhase.COMPUTE, RunPhase.PLAN)[step // 20]
        reporter.tell(phase=phase, fraction=0.5 - abs(step - 30) / 100, rows_read=step, message=f"step {step}")
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    writing.cancel()

    events = await log.read(database, run)
    assert 3 <= len(events) <= 8
    assert all(later.at - earlier.at >= EVENT_GAP for earlier, later in pairwise(events))
    assert [event.fraction for event in events] == sorted(event.fraction for event in events)
    assert [list(RunPhase).index(event.phase) for event in events] == sorted(
        list(RunPhase).index(event.phase) for event in events
    )
    last = events[-1]
    assert (last.counts.rows_read, last.message, last.phase, last.fraction) == (59, "step 59", RunPhase.COMPUTE, 0.5)


async def test_events_from_outside_take_their_number_beside_a_busy_worker(queue: RunQueue, database: Database) -> None:
    run = await queue.enqueue(new_run(await data_copy()))
    reporter = Reporter(await hold_of(queue))

    async def tell() -> None:
        while True:
            reporter.tell(message="busy")
            await asyncio.sleep(0.01)

    telling, writing = asyncio.create_task(tell()), asyncio.create_task(reporter.run())
    await asyncio.sleep(0.6)
    cancelled: MaterializationDocument = await queue.cancel(run, by="ann")
    with pytest.raises(CancelAsked):
        await writing
    telling.cancel()

    events = await log.read(database, run)
    assert (cancelled.state, events[-1].state) == (RunState.CANCELLING, RunState.CANCELLING)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))

import asyncio
from collections import Counter
from typing import Any

import pytest

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import RunState
from graphql_api.domain.global_ids import global_id
from graphql_api.errors import Conflict, Fenced, NotFound
from graphql_api.runs import log
from graphql_api.runs.hold import Hold, is_hold_of
from graphql_api.runs.log import Database
from graphql_api.runs.queue import RunQueue
from tests.runs.making import data_copy, new_run


async def claimed(queue: RunQueue, owner: str = "one", lease_seconds: float = 30.0) -> Hold[MaterializationDocument]:
    hold = await queue.claim(owner, lease_seconds)
    assert hold is not None
    assert is_hold_of(hold, MaterializationDocument)
    return hold


async def test_every_run_is_claimed_once_by_sixteen_claimers(queue: RunQueue) -> None:
    copy = await data_copy()
    runs = [await queue.enqueue(new_run(copy, start, start + 1)) for start in range(48)]
    taken: Counter[object] = Counter()

    async def take(owner: str) -> None:
        while hold := await queue.claim(owner, 30.0):
            taken[hold.id] += 1
            assert (hold.attempt, hold.run.state) == (1, RunState.RUNNING)

    await asyncio.gather(*(take(f"worker-{number}") for number in range(16)))

    assert taken == {run.id: 1 for run in runs}


async def test_runs_of_one_copy_may_not_overlap_while_they_are_in_progress(queue: RunQueue) -> None:
    first, other = await data_copy(1), await data_copy(2)
    running = await queue.enqueue(new_run(first, 0, 10))

    with pytest.raises(Conflict, match=global_id("Materialization", running.id)):
        await queue.enqueue(new_run(first, 9, 11))
    with pytest.raises(Conflict):
        await queue.enqueue(new_run(first, None, 5))
    await queue.enqueue(new_run(first, 10, 11))
    await queue.enqueue(new_run(other, 0, 10))
    await queue.cancel(running, by="tester")
    await queue.enqueue(new_run(first, 5, 10))


async def test_of_many_who_ask_for_one_range_at_once_one_gets_it(queue: RunQueue) -> None:
    copy = await data_copy()

    answers = await asyncio.gather(*(queue.enqueue(new_run(copy)) for _ in range(8)), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict"] * 7 + ["MaterializationDocument"]


async def test_a_run_of_data_that_is_gone_is_refused(queue: RunQueue) -> None:
    copy = await data_copy()
    await copy.delete()

    with pytest.raises(NotFound, match="holds no data"):
        await queue.enqueue(new_run(copy))


async def test_a_lease_that_is_over_passes_to_another_and_the_old_owner_changes_nothing(
    queue: RunQueue, database: Database
) -> None:
    run = await queue.enqueue(new_run(await data_copy()))
    old = await claimed(queue, "old", lease_seconds=0.02)
    await asyncio.sleep(0.05)
    new = await claimed(queue, "new")
    assert (new.id, new.attempt) == (run.id, 2)
    before = await log.load(database, run)

    with pytest.raises(Fenced, match="lease"):
        await old.write({"frozen_at": 1})
    old.deadline += 60
    for write in (old.write({"frozen_at": 1}), queue.renew(old, 30.0), old.refresh()):
        with pytest.raises(Fenced, match="no longer held by old, attempt 1"):
            await write
    await queue.release(old)

    assert await log.load(database, run) == before


async def test_a_renewed_lease_stays(queue: RunQueue) -> None:
    await queue.enqueue(new_run(await data_copy()))
    hold = await claimed(queue, lease_seconds=0.05)
    assert await queue.renew(hold, 30.0) == RunState.RUNNING
    await asyncio.sleep(0.1)

    assert await queue.claim("other", 30.0) is None


async def test_what_is_handed_back_is_taken_up_at_once(queue: RunQueue) -> None:
    await queue.enqueue(new_run(await data_copy()))
    await queue.release(await claimed(queue))

    assert (await claimed(queue, "two")).attempt == 2


async def test_what_has_committed_is_claimed_before_what_came_earlier(queue: RunQueue) -> None:
    copy = await data_copy()
    runs = [await queue.enqueue(new_run(copy, start, start + 1)) for start in range(3)]
    holds = [await claimed(queue) for _ in runs]
    await holds[2].write({"commit": 1})
    for hold in holds:
        await queue.release(hold)

    assert [(await claimed(queue)).id for _ in runs] == [runs[2].id, runs[0].id, runs[1].id]


async def test_a_queued_run_is_cancelled_at_once(queue: RunQueue, database: Database) -> None:
    run = await queue.enqueue(new_run(await data_copy()))

    cancelled = await queue.cancel(run, by="ann")

    assert (cancelled.state, cancelled.cancel_requested_by) == (RunState.CANCELLED, "ann")
    assert cancelled.finished_at is not None
    assert [(e.sequence, e.state, e.attempt, e.message) for e in await log.read(database, run)] == [
        (1, RunState.QUEUED, 0, ""),
        (2, RunState.CANCELLED, 0, "Cancelled by ann."),
    ]
    assert await queue.claim("one", 30.0) is None
    with pytest.raises(Conflict, match="has ended"):
        await queue.cancel(run, by="ann")


async def test_a_running_run_is_told_to_end_until_it_has_committed(queue: RunQueue) -> None:
    copy = await data_copy()
    for start in range(2):
        await queue.enqueue(new_run(copy, start, start + 1))
    running, committed = await claimed(queue), await claimed(queue)
    await committed.write({"commit": 1})

    asked = await queue.cancel(running.run, by="ann")

    assert asked == await queue.cancel(running.run, by="bob")
    assert await queue.renew(running, 30.0) == RunState.CANCELLING
    with pytest.raises(Conflict, match="has committed"):
        await queue.cancel(committed.run, by="ann")


async def test_a_commit_that_comes_between_keeps_a_run_from_being_cancelled(
    queue: RunQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await queue.enqueue(new_run(await data_copy()))
    hold = await claimed(queue)
    keep_tail = log.keep_tail

    async def commit_meanwhile(*arguments: Any) -> None:
        await keep_tail(*arguments)
        await hold.write({"commit": 1})

    monkeypatch.setattr(log, "keep_tail", commit_meanwhile)

    with pytest.raises(Conflict, match="has committed"):
        await queue.cancel(run, by="tester")
    found = await log.load(hold.database, run)
    assert (found.state, found.commit) == (RunState.RUNNING, 1)

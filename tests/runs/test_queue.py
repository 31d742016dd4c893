import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import RunState
from graphql_api.errors import Conflict, NotFound
from graphql_api.runs.queue import Overlap, cancel, claim
from tests.runs.conftest import Database
from tests.runs.factories import a_copy, a_run, as_it_is, let_the_lease_run_out, queued


async def test_sixteen_claimers_take_each_run_once(database: Database) -> None:
    runs = [a_run(data_id=number) for number in range(200)]
    await MaterializationDocument.insert_many(runs)

    async def take(owner: str) -> list[MaterializationDocument]:
        taken: list[MaterializationDocument] = []
        while run := await claim(owner, 60):
            taken.append(run)
        return taken

    taken = [run for one in await asyncio.gather(*(take(f"worker-{n}") for n in range(16))) for run in one]

    assert sorted(run.id for run in taken) == sorted(run.id for run in runs)
    assert {(run.state, run.attempt) for run in taken} == {(RunState.RUNNING, 1)}


async def test_the_longest_waiting_comes_first_and_a_claim_takes_one(database: Database) -> None:
    later = a_run(requested_at=datetime(2026, 1, 2, tzinfo=UTC))
    first = a_run(requested_at=datetime(2026, 1, 1, tzinfo=UTC), data_id=2)
    await MaterializationDocument.insert_many([later, first])

    taken = await claim("worker", 60)

    assert taken is not None
    assert taken.id == first.id
    assert (await as_it_is(later)).state is RunState.QUEUED


async def test_a_run_is_taken_from_an_owner_only_once_the_lease_has_run_out(database: Database) -> None:
    run = await a_run().insert()
    held = await claim("silent", 60)
    assert held is not None

    assert await claim("other", 60) is None
    await let_the_lease_run_out(held)
    taken = await claim("other", 60)

    assert taken is not None
    assert (taken.id, taken.owner, taken.attempt) == (run.id, "other", 2)


async def test_a_retry_waits_until_it_is_due(database: Database) -> None:
    now = datetime.now(UTC)
    waiting = a_run(state=RunState.RETRYING, attempt=1, next_attempt_at=now + timedelta(minutes=1))
    due = a_run(state=RunState.RETRYING, attempt=3, next_attempt_at=now - timedelta(minutes=1), data_id=2)
    await MaterializationDocument.insert_many([waiting, due])

    taken, nothing = await claim("worker", 60), await claim("worker", 60)

    assert taken is not None
    assert (taken.id, taken.attempt, taken.next_attempt_at) == (due.id, 4, None)
    assert nothing is None


async def test_ranges_of_one_copy_that_overlap_are_refused_and_the_other_is_named(database: Database) -> None:
    await a_copy(1)
    await a_copy(2)
    first = await queued(a_run(start=10, end=20))

    for start, end in ((None, 11), (15, 16), (19, 30), (0, 100)):
        with pytest.raises(Overlap) as refused:
            await queued(a_run(start=start, end=end))
        assert refused.value.run_id == first.id
    for beside in (a_run(start=20, end=30), a_run(start=None, end=10), a_run(start=10, end=20, data_id=2)):
        await queued(beside)

    await cancel(first.id, "ann")
    await queued(a_run(start=10, end=20))


async def test_of_many_at_once_for_one_range_one_is_queued(database: Database) -> None:
    await a_copy()

    outcomes = await asyncio.gather(*(queued(a_run()) for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(outcome, MaterializationDocument) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Overlap) for outcome in outcomes) == 7
    assert await MaterializationDocument.find_all().count() == 1


async def test_a_run_that_waits_is_cancelled_at_once_with_its_terminal_event(database: Database) -> None:
    for state in (RunState.QUEUED, RunState.RETRYING):
        run = await a_run(state=state, next_attempt_at=datetime.now(UTC)).insert()

        cancelled = await cancel(run.id, "ann")

        assert (cancelled.state, cancelled.sequence, cancelled.cancel_requested_by) == (RunState.CANCELLED, 2, "ann")
        assert [(event.sequence, event.state) for event in cancelled.tail] == [
            (1, RunState.QUEUED),
            (2, RunState.CANCELLED),
        ]
        assert cancelled.finished_at is not None
        assert await claim("worker", 60) is None


async def test_a_running_run_is_asked_to_stop_and_its_next_owner_too(database: Database) -> None:
    run = await a_run().insert()
    held = await claim("worker", 60)
    assert held is not None

    asked = await cancel(run.id, "ann")
    again = await cancel(run.id, "bob")

    assert asked.state is RunState.CANCELLING
    assert [event.state for event in asked.tail] == [RunState.QUEUED, RunState.CANCELLING]
    assert again == asked
    await let_the_lease_run_out(held)
    taken = await claim("other", 60)
    assert taken is not None
    assert (taken.state, taken.attempt) == (RunState.CANCELLING, 2)


async def test_what_is_finished_or_has_committed_cannot_be_cancelled(database: Database) -> None:
    finished = [await a_run(state=state).insert() for state in RunState if state.is_terminal]
    committed = [await a_run(state=state, commit=7).insert() for state in (RunState.RUNNING, RunState.RETRYING)]

    for run in (*finished, *committed):
        with pytest.raises(Conflict):
            await cancel(run.id, "ann")
        assert await as_it_is(run) == await collection_of_run(run)
    with pytest.raises(NotFound):
        await cancel(a_run().id, "ann")


async def collection_of_run(run: MaterializationDocument) -> MaterializationDocument:
    raw = await collection_of(MaterializationDocument).find_one({"_id": run.id})
    assert raw is not None
    assert (raw["state"], raw["sequence"]) == (run.state, 1)
    return MaterializationDocument.model_validate(raw)

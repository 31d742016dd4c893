import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import pairwise

import pytest

from graphql_api.auth.viewer import EVERYONE_IS_ADMIN, Viewer
from graphql_api.documents.all_runs import RunKey
from graphql_api.documents.base import new_id
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.runs import RunEvent
from graphql_api.domain.enums import RunState
from graphql_api.errors import InvalidInput, NotFound
from graphql_api.runs import finish, log
from graphql_api.runs.hold import Hold
from graphql_api.runs.log import Database
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.reporter import Reporter
from graphql_api.services.projects import Projects
from graphql_api.services.run_progress import RunProgress, ToldOf
from graphql_api.serving.feed import LAGGED, ChangeFeed
from tests.runs.making import claimed, data_copy, new_run, sales_view

ANN = EVERYONE_IS_ADMIN


@pytest.fixture
def progress(projects: Projects, database: Database, feed: ChangeFeed) -> RunProgress:
    return RunProgress(projects=projects, database=database, feed=feed)


async def held(queue: RunQueue, data_id: int = 1) -> Hold[MaterializationDocument]:
    copy = await data_copy(data_id)
    await sales_view(copy)
    return await claimed(queue, await queue.enqueue(new_run(copy)))


async def say(hold: Hold[MaterializationDocument], times: int) -> None:
    for _ in range(times):
        await hold.write(event=Reporter(hold).event())


async def taken(events: AsyncGenerator[RunEvent]) -> list[int]:
    async with asyncio.timeout(20), aclosing(events):
        return [event.sequence async for event in events]


async def test_a_run_is_followed_from_any_event_to_its_end_by_many(queue: RunQueue, progress: RunProgress) -> None:
    hold = await held(queue)
    await say(hold, 3)
    followers = [
        asyncio.create_task(taken(await progress.follow(ANN, RunKey.of(hold.run), after=after))) for after in (0, 2, 4)
    ]
    await asyncio.sleep(0.1)
    await say(hold, 20)
    late = asyncio.create_task(taken(await progress.follow(ANN, RunKey.of(hold.run), after=1)))
    await say(hold, 20)
    await finish.cancel(hold, Reporter(hold))

    expected = [list(range(after + 1, 46)) for after in (0, 2, 4, 1)]
    assert [await follower for follower in (*followers, late)] == expected


async def test_a_run_that_has_ended_is_replayed_and_completes(queue: RunQueue, progress: RunProgress) -> None:
    hold = await held(queue)
    await say(hold, 2)
    await finish.cancel(hold, Reporter(hold))

    assert await taken(await progress.follow(ANN, RunKey.of(hold.run))) == [1, 2, 3, 4]
    assert await taken(await progress.follow(ANN, RunKey.of(hold.run), after=4)) == []
    assert await taken(await progress.follow(ANN, RunKey.of(hold.run), after=9)) == []
    assert [event.sequence for event in await progress.events(ANN, hold.run, first=2, after=1)] == [2, 3]
    with pytest.raises(InvalidInput, match="from 0 to 200"):
        await progress.events(ANN, hold.run, first=201)


async def test_an_event_that_is_yet_to_come_and_a_run_of_others_are_refused(
    queue: RunQueue, progress: RunProgress
) -> None:
    hold = await held(queue)

    with pytest.raises(InvalidInput, match="has not happened yet"):
        await progress.follow(ANN, RunKey.of(hold.run), after=2)
    with pytest.raises(InvalidInput, match="must not be negative"):
        await progress.follow(ANN, RunKey.of(hold.run), after=-1)
    unknown = RunKey(MaterializationDocument, new_id())
    for viewer, key in ((ANN, unknown), (Viewer("eve", {}), RunKey.of(hold.run))):
        with pytest.raises(NotFound, match="no such run"):
            await progress.follow(viewer, key)


async def test_who_falls_behind_reads_what_is_missing_from_the_database(
    queue: RunQueue, progress: RunProgress, feed: ChangeFeed
) -> None:
    hold = await held(queue)
    slow = await progress.follow(ANN, RunKey.of(hold.run))
    assert (await anext(slow)).sequence == 1
    await say(hold, 5)
    await asyncio.sleep(0.3)
    for listener in feed._listeners:  # pyright: ignore[reportPrivateUsage]
        while not listener._queue.empty():  # pyright: ignore[reportPrivateUsage]
            listener._queue.get_nowait()  # pyright: ignore[reportPrivateUsage]
        listener.hear(LAGGED)
    await finish.cancel(hold, Reporter(hold))

    assert await taken(slow) == [2, 3, 4, 5, 6, 7]


async def test_the_runs_of_a_project_are_followed_together(
    queue: RunQueue, progress: RunProgress, database: Database
) -> None:
    view = await sales_view(await data_copy(1))
    project = await ProjectDocument.get(view.project_id)
    assert project

    async def another(data_id: int, start: int) -> MaterializationDocument:
        run = new_run(await data_copy(data_id), start, start + 1)
        mine = {"project_id": view.project_id, "view_id": view.id}
        return await queue.enqueue(run.model_copy(update=mine))

    running = await claimed(queue, await another(2, 0))
    await say(running, 3)
    ended = await claimed(queue, await another(3, 0))
    await finish.cancel(ended, Reporter(ended))
    told: list[ToldOf] = []

    async def listen() -> None:
        async with aclosing(await progress.follow_all(ANN, project.name, view="sales")) as events:
            async for event in events:
                told.append(event)

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.3)
    elsewhere = await queue.enqueue(new_run(await data_copy(9)))
    later = await another(4, 0)
    await say(running, 2)
    await finish.cancel(running, Reporter(running))
    await queue.cancel(later, by="ann")
    await asyncio.sleep(0.5)
    listening.cancel()

    of = {run.id: [one.event for one in told if one.run.id == run.id] for run in (running.run, later)}
    assert [event.sequence for event in of[running.id]] == [4, 5, 6, 7]
    assert [event.state for event in of[later.id]] == [RunState.QUEUED, RunState.CANCELLED]
    assert {one.run.id for one in told} == {running.id, later.id}
    assert elsewhere.id not in of
    assert len(await log.read(database, running.run)) == 7
    with pytest.raises(NotFound, match="no feature view 'purchases'"):
        await progress.follow_all(ANN, project.name, view="purchases")


async def test_followers_lose_nothing_while_a_busy_worker_tells(queue: RunQueue, progress: RunProgress) -> None:
    hold = await held(queue)
    telling = asyncio.create_task(say(hold, 150))
    followers: list[asyncio.Task[list[int]]] = []
    while not telling.done():
        followers.append(asyncio.create_task(taken(await progress.follow(ANN, RunKey.of(hold.run)))))
        await asyncio.sleep(0.02)
    await finish.cancel(hold, Reporter(hold))

    for follower in followers:
        sequences = await follower
        assert (sequences[0], sequences[-1]) == (1, 152)
        assert all(later == earlier + 1 for earlier, later in pairwise(sequences))

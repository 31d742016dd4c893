"""Runs of different kinds share one queue, and are held, logged, followed and ended alike."""

from graphql_api.auth.viewer import EVERYONE_IS_ADMIN
from graphql_api.documents.all_runs import AnyRun, RunKey
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.domain.enums import RunState
from graphql_api.domain.global_ids import global_id
from graphql_api.runs import finish, log
from graphql_api.runs.hold import is_hold_of
from graphql_api.runs.log import Database
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.reporter import Reporter
from graphql_api.services.projects import Projects
from graphql_api.services.run_progress import RunProgress
from graphql_api.serving.feed import ChangeFeed
from tests.runs.making import data_copy, new_dataset, new_run, nothing_else, sales_view


async def queued(queue: RunQueue) -> list[AnyRun]:
    """Six runs of one project, of either kind in turn."""
    copy = await data_copy()
    view = await sales_view(copy)
    runs: list[AnyRun] = []
    for number in range(3):
        runs.append(await queue.enqueue(new_run(copy, number, number + 1)))
        runs.append(await queue.put(new_dataset(view.project_id, version=number + 1), beside=nothing_else))
    return runs


async def test_the_run_that_waits_longest_is_claimed_first_whatever_its_kind(queue: RunQueue) -> None:
    runs = await queued(queue)

    claimed: list[RunKey] = []
    while hold := await queue.claim("one", 30.0):
        claimed.append(RunKey.of(hold.run))

    assert claimed == [RunKey.of(run) for run in runs]


async def test_a_data_set_is_held_logged_and_ended_as_every_run(queue: RunQueue, database: Database) -> None:
    run = await queue.put(new_dataset((await data_copy()).project_id), beside=nothing_else)
    stale = await queue.claim("one", 0.05)
    assert stale is not None
    assert is_hold_of(stale, TrainingDatasetDocument)
    assert not is_hold_of(stale, MaterializationDocument)
    await queue.release(stale)
    hold = await queue.claim("two", 30.0)
    assert hold is not None
    assert hold.attempt == 2

    asked = await queue.cancel(run, by="ann")
    await hold.refresh()
    await finish.cancel(hold, Reporter(hold))

    assert asked.state == RunState.CANCELLING
    assert (await log.load(database, run)).state == RunState.CANCELLED
    assert [(event.sequence, event.state) for event in await log.read(database, run)] == [
        (1, RunState.QUEUED),
        (2, RunState.CANCELLING),
        (3, RunState.CANCELLED),
    ]


async def test_a_run_is_followed_by_its_id_alone_and_all_runs_of_a_project_together(
    queue: RunQueue, database: Database
) -> None:
    async with ChangeFeed(database) as feed:
        progress = RunProgress(projects=Projects(), database=database, feed=feed)
        runs = await queued(queue)
        key = RunKey.parse(global_id("TrainingDataset", runs[1].id))
        assert key is not None
        project = await ProjectDocument.get(runs[0].project_id)
        assert project is not None
        one = await progress.follow(EVERYONE_IS_ADMIN, key)
        together = await progress.follow_all(EVERYONE_IS_ADMIN, project.name)
        of_view = await progress.follow_all(EVERYONE_IS_ADMIN, project.name, view="sales")
        before = [(await anext(together)).run for _ in runs]
        before_of_view = [(await anext(of_view)).run for _ in range(3)]
        for run in runs[1:3]:
            await queue.cancel(run, by="ann")

        assert [event.state async for event in one] == [RunState.QUEUED, RunState.CANCELLED]
        assert before == [RunKey.of(run) for run in runs]
        assert [(await anext(together)).run for _ in range(2)] == [RunKey.of(run) for run in runs[1:3]]
        assert before_of_view == [RunKey.of(run) for run in runs[::2]]
        assert (await anext(of_view)).run == RunKey.of(runs[2])
        await together.aclose()
        await of_view.aclose()

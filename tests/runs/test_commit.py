import asyncio

import pytest

from graphql_api.documents.commits import CommitDocument, FileRole
from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import PublishMode, RunState, VersionState
from graphql_api.domain.times import TimeRange
from graphql_api.errors import Fenced
from graphql_api.runs import finish, log
from graphql_api.runs.commit import commit
from graphql_api.runs.hold import CancelAsked, Hold
from graphql_api.runs.log import Database
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.reporter import Reporter
from graphql_api.stores.offline import OfflineStore
from tests.runs.making import claimed, data_copy, new_run, sales_version, sales_view, staged


async def held(
    queue: RunQueue, copy: DataCopyDocument, start: int | None, end: int, owner: str = "one"
) -> Hold[MaterializationDocument]:
    run = new_run(copy, start, end, is_static=start is None)
    return await claimed(queue, await queue.enqueue(run), owner)


async def done(queue: RunQueue, copy: DataCopyDocument, start: int | None, end: int) -> Hold[MaterializationDocument]:
    """A run that staged one file over the whole of its range, from beginning to end."""
    hold = await held(queue, copy, start, end)
    await staged(hold, (start or 0, end - 1))
    assert await commit(hold, rows=1, latest_event=end - 1)
    await finish.succeed(hold, Reporter(hold))
    return hold


async def of(copy: DataCopyDocument) -> DataCopyDocument:
    found = await DataCopyDocument.get(copy.id)
    assert found
    return found


async def test_runs_of_one_copy_commit_one_at_a_time(queue: RunQueue) -> None:
    copy = await data_copy()
    first, second = await held(queue, copy, 0, 10), await held(queue, copy, 10, 20)

    answers = await asyncio.gather(*(commit(hold, rows=1, latest_event=None) for hold in (first, second)))
    assert sorted(answers) == [False, True]
    winner, loser = (first, second) if answers[0] else (second, first)
    assert not await commit(loser, rows=1, latest_event=None)
    await finish.succeed(winner, Reporter(winner))
    assert await commit(loser, rows=1, latest_event=None)
    await finish.succeed(loser, Reporter(loser))

    after = await of(copy)
    assert (after.last_commit, after.writing, after.covered) == (2, None, (RangePart(start=0, end=20),))
    assert after.covered_online == after.covered
    commits = await CommitDocument.find_all().sort("number").to_list()
    assert [(made.number, made.run_id) for made in commits] == [(1, winner.id), (2, loser.id)]


async def test_a_stale_or_cancelled_run_does_not_commit(queue: RunQueue, database: Database) -> None:
    copy = await data_copy()
    stale, cancelled = await held(queue, copy, 0, 10), await held(queue, copy, 10, 20)
    await queue.release(stale)
    assert await queue.claim("two", 30.0)
    await queue.cancel(cancelled.run, by="ann")

    with pytest.raises(Fenced):
        await commit(stale, rows=1, latest_event=None)
    with pytest.raises(CancelAsked):
        await commit(cancelled, rows=1, latest_event=None)

    after = await of(copy)
    assert (after.last_commit, after.writing, after.covered) == (0, None, ())
    assert await CommitDocument.count() == 0
    await cancelled.refresh()
    await finish.cancel(cancelled, Reporter(cancelled))
    assert (await log.load(database, cancelled.run)).state == RunState.CANCELLED


async def test_later_commits_hide_earlier_ones_in_their_range_alone(queue: RunQueue, database: Database) -> None:
    copy = await data_copy()
    first, second, third = [await done(queue, copy, *span) for span in ((0, 30), (10, 20), (15, 40))]
    store = OfflineStore(database)

    def seen(*ranges: tuple[int, int]) -> tuple[TimeRange, ...]:
        return tuple(TimeRange(*piece) for piece in ranges)

    files = await store.visible(copy.id)
    assert [(file.commit, file.run_id, file.ranges) for file in files] == [
        (3, str(third.id), ()),
        (2, str(second.id), seen((10, 15))),
        (1, str(first.id), seen((0, 10))),
    ]
    as_of_second = await store.visible(copy.id, TimeRange(5, 25), up_to=2)
    assert [(file.commit, file.ranges) for file in as_of_second] == [(2, ()), (1, seen((5, 10), (20, 25)))]
    assert await store.visible(copy.id, TimeRange(40, 50)) == []


async def test_rows_aside_are_not_visible_and_kept_ones_are(queue: RunQueue, database: Database) -> None:
    copy = await data_copy()
    hold = await held(queue, copy, 0, 10)
    await staged(hold, (0, 4), role=FileRole.QUARANTINE)
    await staged(hold, (5, 9), role=FileRole.KEPT)
    assert await commit(hold, rows=1, latest_event=9)

    assert [file.key for file in await OfflineStore(database).visible(copy.id)] == [f"{hold.id}/5-9"]


async def test_a_static_run_replaces_everything(queue: RunQueue, database: Database) -> None:
    copy = await data_copy()
    for end in (100, 200):
        last = await done(queue, copy, None, end)

    assert [file.run_id for file in await OfflineStore(database).visible(copy.id)] == [str(last.id)]
    after = await of(copy)
    assert (after.covered, after.latest_event) == ((RangePart(start=0, end=200),), 200)


async def test_the_latest_event_goes_back_where_the_newest_range_is_run_again_with_less(queue: RunQueue) -> None:
    copy = await data_copy()
    await done(queue, copy, 0, 10)
    await done(queue, copy, 10, 20)
    assert (await of(copy)).latest_event == 19

    again = await held(queue, copy, 15, 20)
    assert await commit(again, rows=0, latest_event=None)

    assert (await of(copy)).latest_event == 14


async def test_the_latest_event_goes_back_where_nothing_came_after_it(queue: RunQueue) -> None:
    copy = await data_copy()
    hold = await held(queue, copy, 0, 40)
    await staged(hold, (0, 9), (10, 19))
    assert await commit(hold, rows=2, latest_event=19)
    await finish.succeed(hold, Reporter(hold))

    again = await held(queue, copy, 10, 30)
    assert await commit(again, rows=0, latest_event=None)

    assert (await of(copy)).latest_event == 9


async def test_the_first_run_that_succeeds_publishes_a_view(queue: RunQueue, database: Database) -> None:
    copy = await data_copy()
    await sales_view(copy)
    version = await sales_version(copy)

    run = (await done(queue, copy, 0, 10)).run

    view = await FeatureViewDocument.get(copy.view_id)
    published = await FeatureViewVersionDocument.get(version.id)
    assert view
    assert published
    assert (view.current_version, published.state) == (1, VersionState.PUBLISHED)
    assert published.published_at
    events = await RegistryEventDocument.find_all().to_list()
    assert [(event.sequence, event.name, event.change) for event in events] == [(1, "sales", "CHANGED")]
    last = (await log.read(database, run))[-1]
    assert (last.state, last.fraction, last.message) == (RunState.SUCCEEDED, 1.0, "Published sales@1.")


async def test_a_draft_waits_until_it_covers_what_the_current_version_did(queue: RunQueue, database: Database) -> None:
    copy = await data_copy()
    await sales_view(copy, current=1)
    await sales_version(copy, 2)

    async def run(start: int, end: int) -> str:
        document = new_run(copy, start, end).model_copy(update={"current_covered": (RangePart(start=5, end=20),)})
        hold = await claimed(queue, await queue.enqueue(document))
        assert await commit(hold, rows=0, latest_event=None)
        await finish.succeed(hold, Reporter(hold))
        return (await log.read(database, hold.run))[-1].message

    gap = TimeRange(5, 10)
    assert await run(10, 20) == (f"sales@2 stays a draft: what the current version covers is not covered yet: {gap}.")
    assert await run(0, 10) == "Published sales@2."


async def test_a_manual_view_and_an_older_draft_are_left_alone(queue: RunQueue) -> None:
    manual, older = await data_copy(1), await data_copy(2)
    await sales_view(manual, publish=PublishMode.MANUAL)
    await sales_view(older, current=3)
    await sales_version(manual)
    await sales_version(older, 2)

    await done(queue, manual, 0, 10)
    await done(queue, older, 0, 10)

    states = [version.state for version in await FeatureViewVersionDocument.find_all().to_list()]
    assert states == [VersionState.DRAFT, VersionState.DRAFT]
    assert await RegistryEventDocument.count() == 0

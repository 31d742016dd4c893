"""What is to be removed goes, and nothing else does: on real servers, also when a worker dies on the way."""

import asyncio
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

from graphql_api.documents.commits import StagedFileDocument
from graphql_api.documents.removals import DataRemovalDocument
from graphql_api.domain.enums import RunState
from graphql_api.domain.gathering import end_all
from graphql_api.domain.packing import packed_key
from graphql_api.domain.times import TimeRange, utc_now
from graphql_api.runs import log
from graphql_api.runs.housekeeping import DATA, FILES, UNFINISHED, Housekeeping
from graphql_api.runs.leases import renewed, rest, take
from graphql_api.runs.log import Database
from graphql_api.runs.old_events import KEPT, remove_old_events
from graphql_api.runs.stray_objects import STRAY_FOR, remove_strays
from graphql_api.runs.tools import Tools
from graphql_api.settings import Settings
from graphql_api.stores.pins import RESUMABLE_FOR
from tests.engines.support import HOUR, JAN
from tests.factories import a_row
from tests.own_servers import OwnMongo, restart
from tests.runs.conftest import opened_database, opened_tools
from tests.runs.ledger import Ledger, Row, open_ledger
from tests.runs.making import claimed, data_copy, staged
from tests.runs.processes import worker_processes
from tests.runs.workshop import open_shop, working

RUN_LEAVINGS = ("run_events", "checkpoints", "frozen_inputs", "validation_results", "staged_files")


async def keys(tools: Tools) -> list[str]:
    return [found.key for found in await tools.objects.page("data/")]


async def marks_until(done: Callable[[int], bool]) -> int:
    async with asyncio.timeout(60):
        while True:
            count = await DataRemovalDocument.count()
            if done(count):
                return count
            await asyncio.sleep(0.005)


async def test_the_data_of_a_deleted_view_goes_online_and_offline(tools: Tools, place: str, tmp_path: Path) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", [("shop-1", 1, 10), ("shop-2", 2, 20)])
    async with working(tools):
        run = await shop.done(0, 10)
    assert len(await shop.online()) == 2
    await tools.objects.put_bytes(tools.objects.uri(f"data/{shop.copy.id:x}/left/behind"), b"x")
    other = await data_copy(shop.copy.id + 1)
    row = (packed_key(other.id, ["shop-1"]), a_row(1))
    await tools.online.write(other.id, 1, 1, [row])
    await tools.objects.put_bytes(tools.objects.uri(f"data/{other.id:x}/kept"), b"x")
    await DataRemovalDocument(id=shop.copy.id, runs=(run.id,)).insert()

    assert await Housekeeping(tools, "one").do(DATA)

    assert (await shop.online(), await keys(tools)) == ({}, [f"data/{other.id:x}/kept"])
    assert await tools.online.read([row[0]]) == [row[1]]
    left = {name: await tools.database[name].count_documents({"run_id": run.id}) for name in RUN_LEAVINGS}
    assert left == dict.fromkeys(RUN_LEAVINGS, 0)
    assert await tools.database["commits"].count_documents({"data_id": shop.copy.id}) == 0
    assert await DataRemovalDocument.count() == 0


async def test_a_worker_that_is_killed_leaves_the_rest_to_the_next(tools: Tools, settings: Settings) -> None:
    for data_id in range(1, 9):
        for number in range(20):
            await tools.objects.put_bytes(tools.objects.uri(f"data/{data_id:x}/run/{number}"), b"x")
        await DataRemovalDocument(id=data_id, runs=()).insert()

    async with worker_processes(settings) as workers:
        first = await workers.start()
        assert await marks_until(lambda count: count < 8) > 0
        first.send_signal(signal.SIGKILL)
        await first.wait()
        await tools.database["leases"].update_many({}, {"$set": {"until": utc_now()}})  # as its time will come
        await workers.start()
        assert await marks_until(lambda count: count == 0) == 0

    assert await keys(tools) == []


async def test_objects_that_nothing_names_go_after_a_day(tools: Tools, place: str, tmp_path: Path) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", [("shop-1", 1, 10)])
    async with working(tools):
        await shop.done(0, 10)
    committed = await keys(tools)
    hold = await claimed(shop.queue, await shop.ask(10, 20))
    await staged(hold, (10, 12))
    unfinished = f"data/{hold.id}/10-12"
    await tools.database["staged_files"].update_one({"run_id": hold.id}, {"$set": {"key": unfinished}})
    stray = f"data/{shop.copy.id:x}/{hold.id}/1-0-dead.parquet"
    for key in (unfinished, stray):
        await tools.objects.put_bytes(tools.objects.uri(key), b"x")

    assert await remove_strays(tools, utc_now()) == (0, None)
    late = utc_now() + STRAY_FOR + timedelta(minutes=1)
    assert await remove_strays(tools, late) == (1, None)
    assert await keys(tools) == sorted([*committed, unfinished])

    await tools.database["materializations"].update_one(
        {"_id": hold.id}, {"$set": {"state": RunState.FAILED, "finished_at": utc_now()}}
    )
    assert await remove_strays(tools, late) == (0, None)
    much_later = utc_now() + RESUMABLE_FOR + timedelta(minutes=1)
    assert await remove_strays(tools, much_later) == (1, None)
    assert await keys(tools) == committed
    assert await StagedFileDocument.find({"key": unfinished}).count() == 0


async def test_strays_are_looked_for_a_piece_at_a_time(tools: Tools) -> None:
    for number in range(5):
        await tools.objects.put_bytes(tools.objects.uri(f"data/1/run/{number}"), b"x")
    late = utc_now() + STRAY_FOR + timedelta(minutes=1)

    passes = [await remove_strays(tools, late, most=2)]
    passes += [await remove_strays(tools, late, after="data/1/run/1", most=2)]
    passes += [await remove_strays(tools, late, after="data/1/run/3", most=2)]

    assert passes == [(2, "data/1/run/1"), (2, "data/1/run/3"), (1, None)]
    assert await keys(tools) == []


async def test_events_go_after_thirty_days_and_a_reader_is_told(tools: Tools, place: str, tmp_path: Path) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", [("shop-1", 1, 10)])
    async with working(tools):
        run = await shop.done(0, 10)
    before = await log.read(tools.database, run)
    assert (len(before) > 2, before[0].truncated) == (True, False)

    assert await remove_old_events(tools.database, utc_now()) == 0
    later = utc_now() + KEPT + timedelta(minutes=1)
    assert await remove_old_events(tools.database, later, most=1) == 1
    (first, *_) = await log.read(tools.database, run)
    assert (first.sequence > 1, first.truncated) == (True, True)
    while await remove_old_events(tools.database, later, most=1):
        pass
    left = await log.read(tools.database, run)

    assert left[-1].state is RunState.SUCCEEDED
    assert [event.truncated for event in left] == [True, *[False] * (len(left) - 1)]
    assert not any(event.truncated for event in await log.read(tools.database, run, after=left[0].sequence - 1))


async def test_one_worker_at_a_time_does_a_chore(tools: Tools) -> None:
    taken = await asyncio.gather(*(take(tools.database, "chore", f"worker {number}", 60) for number in range(4)))
    (lease,) = [one for one in taken if one]

    await rest(tools.database, "chore", "somebody else", -1)
    assert await take(tools.database, "chore", "next", 60) is None
    await rest(tools.database, "chore", lease.owner, -1, cursor="here")
    following = await take(tools.database, "chore", "next", 60)

    assert following is not None
    assert (following.owner, following.cursor) == ("next", "here")


async def test_a_lease_lasts_as_long_as_its_work_also_where_the_database_was_away(
    settings: Settings, tmp_path: Path
) -> None:
    with OwnMongo(tmp_path) as server:
        own = settings.model_copy(update={"mongodb_url": server.url})
        async with opened_database(own) as database:
            await take(database, "chore", "one", 8.0)
            await rest(database, "chore", "one", 8.0, cursor="here")
            async with renewed(database, "chore", "one", 8.0), asyncio.timeout(60):
                await restart(server)
                before = await database["leases"].find_one({"_id": "chore"})
                assert before is not None
                longer = {**before, "until": {"$gt": before["until"] + timedelta(seconds=1)}}
                await true(lambda: _is_there(database, longer))
                assert await take(database, "chore", "two", 60) is None


async def _is_there(database: Database, lease: Mapping[str, object]) -> bool:
    return await database["leases"].find_one(lease) is not None


async def test_a_disk_that_is_gone_ends_one_pass_and_nothing_else(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    """No folder can be made for the files that are to be merged."""
    disk, bench = tmp_path / "disk", tmp_path / "bench"
    bench.mkdir()
    async with opened_tools(settings, database, disk) as tools:
        ledger = await open_ledger(tools, bench)
        for hour in range(16):
            moment = JAN + hour * HOUR
            await ledger.write(TimeRange(moment, moment + HOUR), [Row("shop-1", moment, moment, hour)])
        shutil.rmtree(disk)
        working = asyncio.create_task(Housekeeping(tools, "one").run())
        async with asyncio.timeout(60):
            await true(lambda: _rests(database, FILES))
            await DataRemovalDocument(id=7, runs=()).insert()
            await marks_until(lambda count: count == 0)
            assert (working.done(), len(await ledger.store.visible(1))) == (False, 16)

            (disk / "cache").mkdir(parents=True)
            await database["leases"].update_one({"_id": FILES}, {"$set": {"until": utc_now()}})  # as its time will come
            await true(lambda: _is_one_file(ledger))
        await end_all([working])


async def true(claim: Callable[[], Awaitable[bool]]) -> None:
    """Return when it is."""
    while True:
        if await claim():
            return
        await asyncio.sleep(0.05)


async def _rests(database: Database, chore: str) -> bool:
    """Is a pass over, long before its lease would be?"""
    return await _is_there(database, {"_id": chore, "owner": "one", "until": {"$lt": utc_now() + timedelta(minutes=5)}})


async def _is_one_file(ledger: Ledger) -> bool:
    return len(await ledger.store.visible(ledger.copy.id)) == 1


async def test_objects_that_were_never_finished_are_looked_for(tools: Tools) -> None:
    assert await Housekeeping(tools, "one").do(UNFINISHED)
    assert not await Housekeeping(tools, "two").do(UNFINISHED)


async def test_data_that_cannot_be_removed_leaves_the_rest_to_go(tools: Tools) -> None:
    """The mark of the first is damaged."""
    await tools.database["data_removals"].insert_one({"_id": 1, "marked_at": utc_now() - timedelta(days=1)})
    await DataRemovalDocument(id=2, runs=()).insert()

    assert await Housekeeping(tools, "one").do(DATA)

    assert [mark["_id"] for mark in await tools.database["data_removals"].find().to_list()] == [1]

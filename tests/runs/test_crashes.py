"""Workers that die, stop or are told to end: what is visible in the end is what one clean run would have made."""

import asyncio
import random
import signal
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

from graphql_api.documents.commits import CommitDocument
from graphql_api.documents.materializations import CheckpointDocument, MaterializationDocument
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.runs import log
from graphql_api.runs.tools import Tools
from graphql_api.settings import Settings
from tests.runs.processes import reached, worker_processes
from tests.runs.workshop import Sale, Shop, open_shop, working

SALES: list[Sale] = [(f"shop-{moment % 7}", moment, moment) for moment in range(400)]


async def opened(tools: Tools, place: str, folder: Path) -> tuple[Shop, MaterializationDocument]:
    shop = await open_shop(tools, place, folder)
    await shop.put("a", SALES)
    return shop, await shop.ask(0, 400)


async def require_clean(shop: Shop, run: MaterializationDocument) -> None:
    database = shop.tools.database
    assert run.failure is None
    assert (run.state, run.commit) == (RunState.SUCCEEDED, 1)
    assert await shop.offline() == sorted((moment, shop, amount) for shop, moment, amount in SALES)
    assert await shop.online() == {f"shop-{moment % 7}": (moment, moment, 1) for moment in range(393, 400)}
    assert await CommitDocument.find({"run_id": run.id}).count() == 1
    named = await CheckpointDocument.find({"_id": {"$in": run.checkpoints}}).to_list()
    assert sorted(checkpoint.chunk for checkpoint in named) == list(range(len(run.chunks or ())))
    await require_orderly_log(shop, run)
    counts = (await log.read(database, run))[-1].counts
    assert (counts.rows_read, counts.rows_written, counts.rows_total) == (400, 400, 400)


async def require_orderly_log(shop: Shop, run: MaterializationDocument) -> None:
    events = await log.read(shop.tools.database, run)
    phases = list(RunPhase)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.state.is_terminal for event in events].index(True) == len(events) - 1
    for earlier, later in pairwise(events):
        assert earlier.attempt <= later.attempt
        assert (later.at - earlier.at).total_seconds() >= 0.25 or later.state.is_terminal
        if earlier.attempt == later.attempt:
            assert earlier.fraction <= later.fraction
            assert phases.index(earlier.phase) <= phases.index(later.phase)


async def test_a_run_whose_workers_are_killed_ends_as_a_clean_one(
    tools: Tools, place: str, settings: Settings, tmp_path: Path
) -> None:
    shop, run = await opened(tools, place, tmp_path)
    dice = random.Random(3)
    async with worker_processes(settings) as workers:
        done = 0
        for _ in range(3):
            process = await workers.start()
            done = len((await reached(tools.database, run, done + dice.randint(1, 4))).checkpoints)
            process.kill()
            await process.wait()
        await workers.start()
        ended = await shop.ended(run)

    assert ended.attempt == 4
    await require_clean(shop, ended)


async def test_a_worker_that_was_stopped_past_its_lease_changes_nothing_when_it_goes_on(
    tools: Tools, place: str, settings: Settings, tmp_path: Path
) -> None:
    shop, run = await opened(tools, place, tmp_path)
    async with worker_processes(settings) as workers:
        process = await workers.start()
        await reached(tools.database, run, 3)
        process.send_signal(signal.SIGSTOP)
        await workers.start()
        async with asyncio.timeout(30):
            while (await log.load(tools.database, run)).attempt == 1:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGCONT)
        ended = await shop.ended(run)
        await asyncio.sleep(0.5)

    assert ended.attempt == 2
    await require_clean(shop, ended)


async def test_a_worker_that_is_told_to_end_hands_its_run_over_at_once(
    tools: Tools, place: str, settings: Settings, tmp_path: Path
) -> None:
    shop, run = await opened(tools, place, tmp_path)
    async with worker_processes(settings, lease_seconds=60) as workers:
        process = await workers.start()
        await reached(tools.database, run, 3)
        process.terminate()
        async with asyncio.timeout(5):
            assert await process.wait() == 0
        await workers.start()
        ended = await shop.ended(run)

    assert ended.attempt == 2
    await require_clean(shop, ended)


async def test_a_running_run_is_cancelled_and_leaves_nothing(tools: Tools, place: str, tmp_path: Path) -> None:
    shop, run = await opened(tools, place, tmp_path)
    async with working(tools, lease_seconds=1.0):
        await reached(tools.database, run, 2)
        asked = await shop.queue.cancel(run, by="ann")
        ended = await shop.ended(run, 10)

    assert (asked.state, ended.state, ended.commit) == (RunState.CANCELLING, RunState.CANCELLED, None)
    events = await log.read(tools.database, run)
    assert [(event.state, event.message) for event in events[-2:]] == [
        (RunState.CANCELLING, "Cancelled by ann."),
        (RunState.CANCELLED, "Cancelled by ann."),
    ]
    await require_orderly_log(shop, ended)
    assert await shop.offline() == []
    assert await shop.online() == {}


async def test_a_chunk_that_computes_for_long_is_cancelled_where_it_is(
    tools: Tools, place: str, settings: Settings, tmp_path: Path
) -> None:
    """Neither the end of its SQL, in many minutes, nor the next renewal of its lease, in 150 s, is waited for."""
    endless = (
        "SELECT shop, sold_at AS event_timestamp, amount + (SELECT count(*) FROM range(3000000) a, range(3000000) b "
        "WHERE hash(a.range + amount) = hash(b.range) + 1) AS amount FROM sales"
    )
    shop = await open_shop(tools, place, tmp_path, sql=endless)
    await shop.put("a", SALES)
    run = await shop.ask(0, 400)
    async with worker_processes(settings, lease_seconds=600) as workers:
        await workers.start()
        async with aclosing(shop.watched(run)) as watched:
            async for now in watched:
                if now.progress.message.startswith(("Chunk 1", "Checks on a sample")):
                    break
        await shop.queue.cancel(run, by="ann")
        ended = await shop.ended(run)

    assert (ended.state, ended.attempt, ended.commit, ended.failure) == (RunState.CANCELLED, 1, None, None)
    events = await log.read(tools.database, run)
    assert [(event.state, event.message) for event in events[-2:]] == [
        (RunState.CANCELLING, "Cancelled by ann."),
        (RunState.CANCELLED, "Cancelled by ann."),
    ]
    await require_orderly_log(shop, ended)
    assert (await shop.offline(), await shop.online()) == ([], {})


async def test_many_runs_of_one_copy_side_by_side_make_what_one_would(tools: Tools, place: str, tmp_path: Path) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", SALES)
    runs = [await shop.ask(start, start + 50) for start in range(0, 400, 50)]
    async with working(tools, slots=2), working(tools, slots=2):
        ended = [await shop.ended(run, 60) for run in runs]

    assert [run.state for run in ended] == [RunState.SUCCEEDED] * 8
    assert sorted(run.commit or 0 for run in ended) == list(range(1, 9))
    assert await shop.offline() == sorted((moment, shop, amount) for shop, moment, amount in SALES)
    last = {run.start: run.commit for run in ended}[350]
    assert await shop.online() == {f"shop-{moment % 7}": (moment, moment, last) for moment in range(393, 400)}

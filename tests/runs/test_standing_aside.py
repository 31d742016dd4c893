"""A run that has committed and cannot go online: it cannot fail any more, and must not keep others from going on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.errors import Conflict, RunFault
from graphql_api.runs import finish, log
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.tools import Tools
from graphql_api.settings import Settings
from graphql_api.stores.online import OnlineStore
from tests.runs.processes import worker_processes
from tests.runs.test_crashes import require_orderly_log
from tests.runs.workshop import Sale, Shop, open_shop, working

NOWHERE = "redis://127.0.0.1:9/0"


def sales(first: int, last: int) -> list[Sale]:
    """One sale a moment, by five shops in turn."""
    return [(f"shop-{moment % 5}", moment, moment * 10) for moment in range(first, last)]


def newest(last: int, commit: int | None) -> dict[str, tuple[int, object, int | None]]:
    """What a clean run over all sales before `last` leaves online."""
    return {f"shop-{moment % 5}": (moment, moment * 10, commit) for moment in range(last - 5, last)}


def ranges(*pieces: tuple[int, int]) -> tuple[RangePart, ...]:
    return tuple(RangePart(start=start, end=end) for start, end in pieces)


async def held(shop: Shop) -> dict[str, object]:
    """What the copy says of itself."""
    copy = await DataCopyDocument.get(shop.copy.id)
    assert copy
    return copy.model_dump(include={"covered", "covered_online", "offline_only"})


async def writing(shop: Shop) -> object:
    """The run that others of its data wait for."""
    copy = await DataCopyDocument.get(shop.copy.id)
    assert copy
    return copy.writing


def without_gap(*pieces: tuple[int, int]) -> dict[str, object]:
    covered = [part.model_dump() for part in ranges(*pieces)]
    return {"covered": tuple(covered), "covered_online": tuple(covered), "offline_only": ()}


async def seen(shop: Shop, run: MaterializationDocument, *, aside: bool) -> MaterializationDocument:
    """The run once it has committed and waits for its next attempt."""
    async with asyncio.timeout(30):
        while True:
            now = await log.load(shop.tools.database, run)
            if now.commit is not None and now.state == RunState.RETRYING and now.aside == aside:
                return now
            assert not now.state.is_terminal, now.failure
            await asyncio.sleep(0.05)


async def first_object(shop: Shop, run: MaterializationDocument) -> tuple[str, bytes]:
    """The key and the bytes of one of the files that the run committed."""
    file = await shop.tools.database["staged_files"].find_one({"run_id": run.id, "role": "ROWS"}, sort=[("key", 1)])
    assert file
    path = shop.folder / "saved.parquet"
    await shop.tools.objects.fetch(shop.tools.objects.uri(file["key"]), path)
    return file["key"], path.read_bytes()


@pytest.mark.parametrize("again", [True, False], ids=["its range is run again", "it is only tried on"])
async def test_a_run_whose_file_is_lost_lets_others_go_first_and_all_is_online_once_it_is_back(
    tools: Tools, place: str, settings: Settings, tmp_path: Path, again: bool
) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", sales(0, 150))
    async with worker_processes(settings.model_copy(update={"redis_url": NOWHERE})) as workers:
        await workers.start()
        run = await seen(shop, await shop.ask(0, 100), aside=False)
    key, saved = await first_object(shop, run)
    uri = tools.objects.uri(key)
    await tools.objects.delete(key)

    async with worker_processes(settings) as workers:
        await workers.start()
        stuck = await seen(shop, run, aside=True)
        assert stuck.progress.phase == RunPhase.WRITE_ONLINE
        assert stuck.failure
        assert (stuck.failure.code, stuck.failure.message) == (
            "DATA_DAMAGED",
            f"{uri}, which a run has written, is gone.",
        )
        assert "committed offline and not online yet" in (stuck.failure.hint or "")
        assert await held(shop) == {
            "covered": ({"start": 0, "end": 100},),
            "covered_online": (),
            "offline_only": ({"start": 0, "end": 100},),
        }
        with pytest.raises(Conflict, match="has committed"):
            await shop.queue.cancel(run, by="ann")

        other = await shop.done(100, 150)
        assert await shop.online() == newest(150, other.commit)
        assert await held(shop) == {
            "covered": ({"start": 0, "end": 150},),
            "covered_online": ({"start": 100, "end": 150},),
            "offline_only": ({"start": 0, "end": 100},),
        }

        await tools.objects.put_bytes(uri, saved)
        if again:
            await shop.done(0, 100)
        ended = await shop.ended(run, 60)

    assert (ended.state, ended.commit, ended.failure) == (RunState.SUCCEEDED, 1, None)
    assert await writing(shop) is None
    await require_orderly_log(shop, ended)
    assert await held(shop) == without_gap((0, 150))
    assert await shop.online() == newest(150, other.commit)
    assert await shop.offline() == sorted((moment, shop, amount) for shop, moment, amount in sales(0, 150))


async def test_a_fault_that_does_not_pass_stops_others_for_five_attempts_at_most(
    tools: Tools, place: str, settings: Settings, tmp_path: Path
) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", sales(0, 20))
    fence = f"fence:{shop.copy.id:x}"
    async with Redis.from_url(settings.redis_url or "") as redis, worker_processes(settings) as workers:  # pyright: ignore[reportUnknownMemberType]
        await redis.lpush(fence, "not a fence")  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
        await workers.start()
        run = await seen(shop, await shop.ask(0, 20), aside=False)
        assert run.failure
        assert (run.failure.code, await writing(shop)) == ("INTERNAL", run.id)
        await tools.database["materializations"].update_one({"_id": run.id}, {"$set": {"failures": 4}})
        await seen(shop, run, aside=True)

        await redis.delete(fence)
        again = await shop.done(0, 20)

    assert await shop.online() == newest(20, again.commit)
    assert await held(shop) == without_gap((0, 20))


@pytest.fixture
async def without_redis(tools: Tools) -> AsyncIterator[Tools]:
    async with OnlineStore(NOWHERE, timeout_seconds=0.5) as online:
        yield replace(tools, online=online)


async def put_aside(shop: Shop, run: MaterializationDocument) -> None:
    """As where something is wrong with the run itself."""
    async with asyncio.timeout(30):
        while (hold := await shop.queue.claim("tester", 30.0)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert hold.id == run.id
    await finish.stand_aside(hold, Reporter(hold), RunFault("INTERNAL", "A fault that stays.", retryable=True))


async def test_rows_of_runs_in_between_are_taken_away_with_those_that_never_went_online(
    tools: Tools, without_redis: Tools, place: str, tmp_path: Path
) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", [("shop-1", 40, 1), ("shop-1", 80, 2), ("shop-2", 45, 3)])
    async with working(without_redis):
        run = await seen(shop, await shop.ask(0, 100), aside=False)
    await put_aside(shop, run)

    async with working(tools):
        await shop.done(0, 50)
        await shop.put("a", [("shop-2", 46, 4), ("shop-3", 90, 5)])
        last = await shop.done(0, 100)
        assert await shop.online() == {"shop-2": (46, 4, last.commit), "shop-3": (90, 5, last.commit)}
        ended = await shop.ended(run)

    assert ended.state == RunState.SUCCEEDED
    assert await shop.online() == {"shop-2": (46, 4, last.commit), "shop-3": (90, 5, last.commit)}
    assert await held(shop) == without_gap((0, 100))


async def test_a_static_run_that_stands_aside_is_made_up_for_by_the_next(
    tools: Tools, without_redis: Tools, place: str, tmp_path: Path
) -> None:
    shop = await open_shop(tools, place, tmp_path, sql="SELECT shop, amount FROM sales", timed=False)
    await shop.put("a", [("shop-1", 0, 1), ("shop-2", 0, 2)])
    async with working(without_redis):
        run = await seen(shop, await shop.ask(None, 1), aside=False)
    await put_aside(shop, run)
    await shop.put("a", [("shop-2", 0, 5)])
    async with working(tools):
        next_run = await shop.done(None, 1)
        ended = await shop.ended(run)

    assert ended.state == RunState.SUCCEEDED
    assert await shop.online() == {"shop-2": (0, 5, next_run.commit)}
    assert await held(shop) == without_gap((0, next_run.end))

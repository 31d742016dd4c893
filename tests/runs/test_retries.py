from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.domain.times import now_micros
from graphql_api.errors import Conflict, Unavailable
from graphql_api.runs import checks, log
from graphql_api.runs.tools import Tools
from graphql_api.settings import Settings
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore
from graphql_api.stores.online import OnlineStore
from tests.runs.workshop import Shop, open_shop, working

NOWHERE = "127.0.0.1:9"


@pytest.fixture
async def without_redis(tools: Tools) -> AsyncIterator[Tools]:
    async with OnlineStore(f"redis://{NOWHERE}/0", timeout_seconds=0.5) as online:
        yield replace(tools, online=online)


@pytest.fixture
async def without_objects(tools: Tools, settings: Settings, tmp_path: Path) -> AsyncIterator[Tools]:
    elsewhere = settings.model_copy(update={"s3_endpoint_url": f"http://{NOWHERE}"})
    async with ObjectStore.of(elsewhere) as objects:
        yield replace(tools, objects=objects, cache=FileCache(objects, tmp_path / "other-cache", 1 << 20))


async def with_a_run(tools: Tools, place: str, folder: Path) -> tuple[Shop, MaterializationDocument]:
    shop = await open_shop(tools, place, folder)
    await shop.put("a", [("shop-1", 1, 10)])
    return shop, await shop.ask(0, 10)


async def states(shop: Shop, run: MaterializationDocument) -> list[tuple[RunState, int]]:
    events = await log.read(shop.tools.database, run)
    return list(dict.fromkeys((event.state, event.attempt) for event in events))


async def until(shop: Shop, run: MaterializationDocument, state: RunState, attempt: int) -> MaterializationDocument:
    async with aclosing(shop.watched(run)) as watched:
        async for found in watched:
            if (found.state, found.attempt) == (state, attempt):
                return found
    raise AssertionError("unreachable")


async def test_a_fault_that_passes_is_tried_again_later_each_time(
    tools: Tools, without_objects: Tools, place: str, tmp_path: Path
) -> None:
    shop, run = await with_a_run(tools, place, tmp_path)
    async with working(without_objects):
        retrying = await until(shop, run, RunState.RETRYING, 1)
        assert retrying.next_attempt_at
        assert retrying.failure
        assert retrying.failure.code == "UNAVAILABLE"
        assert retrying.progress.message.startswith("The object store does not answer. Trying again in 2 s.")
        await until(shop, run, RunState.RETRYING, 2)
    async with working(tools):
        ended = await shop.ended(run)

    assert (ended.state, ended.attempt, ended.failures, ended.failure) == (RunState.SUCCEEDED, 3, 2, None)
    assert [attempt for state, attempt in await states(shop, run) if state == RunState.RETRYING] == [1, 2]


async def test_a_fault_that_stays_fails_the_run_when_its_attempts_are_used_up(
    tools: Tools, without_objects: Tools, place: str, tmp_path: Path
) -> None:
    shop, run = await with_a_run(tools, place, tmp_path)
    async with working(without_objects, run_attempts=2):
        ended = await shop.ended(run)

    assert (ended.state, ended.attempt, ended.failures) == (RunState.FAILED, 2, 2)
    assert ended.failure
    assert ended.failure.model_dump() == {
        "code": "UNAVAILABLE",
        "message": "The object store does not answer.",
        "hint": None,
        "retryable": True,
    }


async def test_after_its_commit_a_run_is_tried_until_it_is_online(
    tools: Tools, without_redis: Tools, place: str, tmp_path: Path
) -> None:
    shop, run = await with_a_run(tools, place, tmp_path)
    async with working(without_redis, run_attempts=1):
        retrying = await until(shop, run, RunState.RETRYING, 2)
        assert (retrying.commit, retrying.phase) == (1, RunPhase.WRITE_ONLINE)
        assert retrying.progress.counts.rows_written == 1
        with pytest.raises(Conflict, match="has committed"):
            await shop.queue.cancel(run, by="ann")
    async with working(tools):
        ended = await shop.ended(run)

    assert (ended.state, ended.commit) == (RunState.SUCCEEDED, 1)
    assert await shop.online() == {"shop-1": (1, 10, 1)}


async def test_a_run_that_waits_for_its_next_attempt_is_cancelled_at_once(
    tools: Tools, without_objects: Tools, place: str, tmp_path: Path
) -> None:
    shop, run = await with_a_run(tools, place, tmp_path)
    async with working(without_objects):
        await until(shop, run, RunState.RETRYING, 1)
        cancelled = await shop.queue.cancel(run, by="ann")

    assert (cancelled.state, cancelled.next_attempt_at) == (RunState.CANCELLED, None)


async def test_inputs_are_frozen_as_late_as_they_are_listed(
    tools: Tools, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that became known after the freeze is rejected: so none that a run has listed may be later than it."""
    shop, run = await with_a_run(tools, place, tmp_path)
    listing, listed = tools.objects.list, list[int]()

    async def away_at_first(pattern: str) -> list[ObjectInfo]:
        listed.append(now_micros())
        if len(listed) == 1:
            raise Unavailable("The object store does not answer.")
        return await listing(pattern)

    monkeypatch.setattr(tools.objects, "list", away_at_first)
    async with working(tools):
        ended = await shop.ended(run)

    assert ended.frozen_at is not None
    assert (ended.state, ended.attempt) == (RunState.SUCCEEDED, 2)
    assert ended.frozen_at >= listed[-1]


async def test_what_the_database_will_never_take_fails_the_run_and_says_so(
    tools: Tools, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, run = await with_a_run(tools, place, tmp_path)

    async def too_large(*_: object) -> None:
        raise OperationFailure("BSONObj size is invalid", 10334)

    monkeypatch.setattr(checks, "record", too_large)
    async with working(tools, run_attempts=2):
        ended = await shop.ended(run)

    assert ended.failure is not None
    assert (ended.state, ended.attempt, ended.failure.code) == (RunState.FAILED, 2, "INTERNAL")


async def test_a_run_without_any_object_fails_and_says_where_it_looked(
    tools: Tools, place: str, tmp_path: Path
) -> None:
    shop = await open_shop(tools, place, tmp_path)
    run = await shop.ask(0, 10)
    async with working(tools):
        ended = await shop.ended(run)

    assert ended.failure is not None
    assert (ended.state, ended.attempt, ended.failure.code) == (RunState.FAILED, 1, "NO_INPUT")
    assert f"{place}*.parquet" in ended.failure.message

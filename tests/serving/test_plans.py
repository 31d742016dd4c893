"""Plans: a warm look-up asks Redis once and MongoDB nothing, and a change of the registry reaches it all the same."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from graphql_api.auth.viewer import EVERYONE_IS_ADMIN
from graphql_api.domain.enums import VersionState
from graphql_api.domain.types import ValueType
from graphql_api.errors import InvalidInput, Unavailable, UserError
from graphql_api.loaders.online_features import online_features_loader
from graphql_api.serving import plans as plans_module
from graphql_api.serving.feed import LAGGED, ChangeFeed
from graphql_api.serving.lookup import OnlineAnswer
from graphql_api.settings import Settings
from tests.factories import a_row, an_entry
from tests.own_servers import OwnMongo, OwnRedis, restart
from tests.serving.online import Online, a_lookup, started, told

INT = {"a": ValueType.INT64}
PATIENCE = 30


async def two_versions(online: Online) -> None:
    """v@1 is current and answers 1; v@2 is a draft and answers 2; a service pins each."""
    aircraft = await online.registry.entity()
    first = await online.registry.version("v", INT, entities=[aircraft])
    draft = await online.registry.version("v", INT, entities=[aircraft], state=VersionState.DRAFT)
    await online.registry.service("model", [an_entry(first)], number=1)
    await online.registry.service("model", [an_entry(draft)], number=2)
    await online.registry.rows(first, {("x",): a_row(1)})
    await online.registry.rows(draft, {("x",): a_row(2)})


async def publish_elsewhere(url: str, online: Online) -> None:
    """As another process would: by a client of its own, in one transaction."""
    project_id = online.registry.project.id
    async with AsyncMongoClient[dict[str, object]](url) as client, client.start_session() as session:
        database = client[online.registry.database.name]
        async with await session.start_transaction():
            await database.projects.update_one({"_id": project_id}, {"$inc": {"revision": 1}}, session=session)
            await database.feature_views.update_one({"name": "v"}, {"$set": {"current_version": 2}}, session=session)
            await database.feature_view_versions.update_one(
                {"number": 2}, {"$set": {"state": "PUBLISHED"}}, session=session
            )
            event: dict[str, object] = {
                "project_id": project_id, "sequence": ObjectId().generation_time.timestamp(), "kind": "FEATURE_VIEW",
                "name": "v", "change": "CHANGED", "actor": "elsewhere",
            }  # fmt: skip
            await database.registry_events.insert_one(event, session=session)


async def both(online: Online) -> tuple[object, object]:
    return (await online.ask(["v"], tailnum=["x"]))["rows"], (await online.ask("model", tailnum=["x"]))["rows"]


async def both_have_moved(online: Online) -> None:
    """Return when both answers show what was published; how soon that is, the benchmarks measure."""
    async with asyncio.timeout(PATIENCE):
        seen = await both(online)
        while seen != ([[2]], [[2]]):
            await asyncio.sleep(0.01)
            seen = await both(online)


async def test_a_warm_look_up_is_one_redis_trip_and_no_mongodb_command(online: Online) -> None:
    await two_versions(online)
    warm = await both(online)
    online.commands.names.clear()
    trips = await online.redis_trips()

    for _ in range(5):
        assert await both(online) == warm

    assert online.commands.names == []
    assert await online.redis_trips() == trips + 10


async def test_several_aliases_of_a_request_share_one_trip_and_fail_alone(online: Online) -> None:
    await two_versions(online)
    trips = await online.redis_trips()
    lookups = [
        a_lookup(["v:a"], {"tailnum": ["x"]}),
        a_lookup("model@1", {"tailnum": ["y", "x"]}),
        a_lookup("model@2", {"tailnum": ["x"]}),
        a_lookup(["v@2"], {"tailnum": ["x", None]}),
    ]
    loader = online_features_loader(online.features, EVERYONE_IS_ADMIN)

    answers = await asyncio.gather(*(loader.load(("default", lookup)) for lookup in lookups), return_exceptions=True)

    assert [told(answer)["rows"] if isinstance(answer, OnlineAnswer) else type(answer) for answer in answers] == [
        [[1]], [[None], [1]], InvalidInput, [[2], [None]],
    ]  # fmt: skip
    assert await online.redis_trips() == trips + 1


async def test_look_ups_of_different_requests_in_one_tick_share_one_trip(online: Online) -> None:
    await two_versions(online)
    warm = await both(online)
    trips = await online.redis_trips()

    answers = await asyncio.gather(*(online.ask(["v"], tailnum=["x"]) for _ in range(20)))

    assert [answer["rows"] for answer in answers] == [warm[0]] * 20
    assert await online.redis_trips() == trips + 1


async def test_a_publish_by_another_process_is_seen_and_then_costs_nothing_more(
    online: Online, settings: Settings
) -> None:
    await two_versions(online)
    assert await both(online) == ([[1]], [[1]])

    await publish_elsewhere(str(settings.mongodb_url), online)
    await both_have_moved(online)

    online.commands.names.clear()
    for _ in range(5):
        assert await both(online) == ([[2]], [[2]])
    assert online.commands.names == []


async def test_a_publish_is_seen_while_the_feed_is_silent(
    online: Online, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_versions(online)
    monkeypatch.setattr(ChangeFeed, "silent_for", 100.0)
    monkeypatch.setattr(ChangeFeed, "_tell", lambda *_: None)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    assert await both(online) == ([[1]], [[1]])

    await publish_elsewhere(str(settings.mongodb_url), online)

    await both_have_moved(online)


async def test_a_gap_in_the_feed_drops_every_plan(online: Online) -> None:
    await two_versions(online)
    warm = await both(online)
    online.commands.names.clear()

    online.feed._tell(LAGGED)  # pyright: ignore[reportPrivateUsage]
    await asyncio.sleep(0.01)

    assert await both(online) == warm
    assert "find" in online.commands.names


async def test_a_plan_made_while_the_registry_changed_is_not_kept(online: Online, settings: Settings) -> None:
    await two_versions(online)
    asking = asyncio.create_task(online.ask(["v"], tailnum=["x"]))
    await publish_elsewhere(str(settings.mongodb_url), online)
    await asking

    await asyncio.sleep(0.5)
    assert await both(online) == ([[2]], [[2]])


async def test_a_change_in_another_project_drops_nothing(online: Online, settings: Settings) -> None:
    await two_versions(online)
    await both(online)
    online.commands.names.clear()
    async with AsyncMongoClient[dict[str, object]](settings.mongodb_url) as client:
        await client[online.registry.database.name].registry_events.insert_one(
            {"project_id": ObjectId(), "sequence": 1}
        )
    await asyncio.sleep(0.3)

    await both(online)

    assert online.commands.names == []


async def test_plans_are_bounded_and_the_ones_in_use_stay(online: Online, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans_module, "MOST_PLANS", 3)
    await two_versions(online)
    for number in ("v@1", "v@2", "v@1:a", "v@2:a"):
        await online.ask(["v"], tailnum=["x"])
        await online.ask([number], tailnum=["x"])
    online.commands.names.clear()

    await online.ask(["v"], tailnum=["x"])
    assert online.commands.names == []
    await online.ask(["v@1"], tailnum=["x"])
    assert online.commands.names != []


async def test_callers_that_wait_for_one_plan_share_the_work_and_one_may_leave(online: Online) -> None:
    await two_versions(online)
    await online.ask(["v@1"], tailnum=["x"])
    online.commands.names.clear()

    callers = [asyncio.create_task(online.ask("model", tailnum=["x"])) for _ in range(8)]
    await asyncio.sleep(0)
    callers[0].cancel()
    answers = await asyncio.gather(*callers, return_exceptions=True)

    assert isinstance(answers[0], asyncio.CancelledError)
    assert [answer["rows"] for answer in answers[1:] if isinstance(answer, dict)] == [[[1]]] * 7
    assert online.commands.names.count("find") == 5


@pytest.fixture
async def on_own_mongo(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[OwnMongo, Online]]:
    with OwnMongo(tmp_path) as server:
        async with started(settings.model_copy(update={"mongodb_url": server.url})) as online:
            yield server, online


async def test_look_ups_go_on_while_mongodb_is_away_and_see_what_changed_when_it_is_back(
    on_own_mongo: tuple[OwnMongo, Online],
) -> None:
    mongo, online = on_own_mongo
    await two_versions(online)
    warm = await both(online)

    await asyncio.to_thread(mongo.kill)
    slowest = 0.0
    for _ in range(40):
        began = time.monotonic()
        assert await both(online) == warm
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.05)
    assert slowest < 3  # no wait for MongoDB, which is given five seconds
    with pytest.raises(Unavailable):
        await online.ask("model@1", tailnum=["x"])

    await asyncio.to_thread(mongo.start)
    await publish_elsewhere(mongo.url, online)
    await both_have_moved(online)


async def test_a_mongodb_that_hangs_holds_up_no_warm_look_up(on_own_mongo: tuple[OwnMongo, Online]) -> None:
    mongo, online = on_own_mongo
    await two_versions(online)
    warm = await both(online)

    mongo.signal(signal.SIGSTOP)
    waits: list[float] = []
    for _ in range(40):
        began = time.monotonic()
        assert await both(online) == warm
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    mongo.signal(signal.SIGCONT)

    assert max(waits) < 3
    assert sorted(waits)[-2] < 1


async def test_redis_away_is_unavailable_in_time_and_answers_again_without_a_restart(
    settings: Settings, tmp_path: Path
) -> None:
    with OwnRedis(tmp_path) as redis:
        async with started(settings.model_copy(update={"redis_url": redis.url})) as online:
            await two_versions(online)
            warm = await both(online)
            await asyncio.to_thread(redis.kill)

            began = time.monotonic()
            refusals: list[object] = await asyncio.gather(
                *(online.ask(["v"], tailnum=["x"]) for _ in range(20)), return_exceptions=True
            )
            assert {type(refusal) for refusal in refusals} == {Unavailable}
            assert all(isinstance(refusal, UserError) for refusal in refusals)
            assert time.monotonic() - began < settings.redis_timeout_seconds + 5  # no series of retries

            await asyncio.to_thread(redis.start)
            assert await both(online) == warm
            await restart(redis)
            assert await both(online) == warm

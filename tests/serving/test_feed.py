"""The change feed: every change in order and once, also over a death of MongoDB; where it cannot, it says so."""

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from graphql_api.serving import feed as feed_module
from graphql_api.serving.feed import LAGGED, Change, ChangeFeed, Lagged
from graphql_api.settings import Settings
from tests.own_servers import OwnMongo, restart

Database = AsyncDatabase[dict[str, Any]]


@asynccontextmanager
async def a_database(url: str, name: str) -> AsyncGenerator[Database]:
    async with AsyncMongoClient[dict[str, Any]](
        url, tz_aware=True, serverSelectionTimeoutMS=2_000, connectTimeoutMS=1_000
    ) as client:
        yield client[name]


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    assert settings.mongodb_url is not None
    async with a_database(settings.mongodb_url, settings.mongodb_database) as database:
        yield database
        await database.client.drop_database(database.name)


@pytest.fixture
def own_mongo(tmp_path: Path) -> Iterator[OwnMongo]:
    with OwnMongo(tmp_path) as server:
        yield server


async def next_of(news: AsyncIterator[Change | Lagged], count: int) -> list[Change | Lagged]:
    async with asyncio.timeout(20):
        return [await anext(news) for _ in range(count)]


async def test_a_listener_hears_inserts_whole_and_of_updates_what_they_set(database: Database) -> None:
    run = ObjectId()
    async with ChangeFeed(database) as feed, feed.listen("materializations") as news:
        await database.materializations.insert_one({"_id": run, "state": "QUEUED", "tail": []})
        await database.materializations.update_one({"_id": run}, {"$set": {"state": "RUNNING", "tail": [{"n": 1}]}})
        await database.tokens.insert_one({"name": "not listened to"})
        await database.materializations.delete_one({"_id": run})

        assert await next_of(news, 3) == [
            Change("materializations", "insert", run, document={"_id": run, "state": "QUEUED", "tail": []}),
            Change("materializations", "update", run, updated={"state": "RUNNING", "tail": [{"n": 1}]}),
            Change("materializations", "delete", run),
        ]


async def test_every_listener_hears_everything_from_when_it_began(database: Database) -> None:
    async with ChangeFeed(database) as feed, feed.listen("tokens") as first:
        await database.tokens.insert_one({"_id": ObjectId(), "n": 0})
        await next_of(first, 1)
        async with feed.listen("tokens") as second:
            for n in range(1, 40):
                await database.tokens.insert_one({"_id": ObjectId(), "n": n})
            heard = [[c.document["n"] for c in await next_of(news, 39) if isinstance(c, Change) and c.document]
                     for news in (first, second)]  # fmt: skip
        assert heard == [list(range(1, 40))] * 2


async def test_a_listener_that_falls_behind_is_told_and_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "QUEUE_SIZE", 5)
    async with ChangeFeed(database) as feed, feed.listen("tokens") as slow, feed.listen("tokens") as quick:
        for n in range(12):
            await database.tokens.insert_one({"n": n})
            await next_of(quick, 1)
        heard = await next_of(slow, 1)
        await database.tokens.insert_one({"n": "after"})
        while isinstance(heard[-1], Lagged) or heard[-1].document is None or heard[-1].document["n"] != "after":
            heard += await next_of(slow, 1)

    assert heard[0] is LAGGED
    assert [c.document["n"] for c in heard[1:] if isinstance(c, Change) and c.document] == [11, "after"]


async def test_nothing_is_lost_or_doubled_when_mongodb_is_killed_and_comes_back(own_mongo: OwnMongo) -> None:
    async with a_database(own_mongo.url, "feed") as database, ChangeFeed(database) as feed:
        written: list[int] = []

        async def write() -> None:
            for n in range(400):
                while True:
                    try:
                        await database.tokens.insert_one({"_id": n})
                    except PyMongoError as error:
                        if getattr(error, "code", None) == 11_000:  # it was written, and the answer was lost
                            break
                        await asyncio.sleep(0.05)
                    else:
                        break
                written.append(n)
                await asyncio.sleep(0.005)

        async with feed.listen("tokens") as news:
            writer = asyncio.create_task(write())
            heard = await next_of(news, 30)
            await restart(own_mongo)
            heard += await next_of(news, 100)
            await restart(own_mongo)
            heard += await next_of(news, 270)
            await writer

        assert [c.id for c in heard if isinstance(c, Change)] == written == list(range(400))


async def test_a_database_that_is_dropped_is_a_gap_and_the_feed_goes_on(database: Database) -> None:
    async with ChangeFeed(database) as feed, feed.listen("tokens") as news:
        await database.tokens.insert_one({"n": 1})
        await next_of(news, 1)
        await database.client.drop_database(database.name)
        heard = await next_of(news, 1)
        await database.tokens.insert_one({"n": 2})
        heard += await next_of(news, 1)

    assert heard[0] is LAGGED
    assert isinstance(heard[1], Change)
    assert heard[1].operation == "insert"


async def test_silence_tells_that_mongodb_hangs_and_ends_when_it_answers_again(own_mongo: OwnMongo) -> None:
    async with (
        a_database(own_mongo.url, "feed") as database,
        ChangeFeed(database) as feed,
        feed.listen("tokens") as news,
    ):
        await asyncio.sleep(1)
        assert feed.silent_for < 0.6
        own_mongo.signal(signal.SIGSTOP)
        await asyncio.sleep(1)
        assert feed.silent_for > 0.7
        await asyncio.sleep(feed_module.ANSWER_SECONDS)
        own_mongo.signal(signal.SIGCONT)
        run = ObjectId()
        await database.tokens.insert_one({"_id": run})
        assert await next_of(news, 1) == [Change("tokens", "insert", run, document={"_id": run})]
        await asyncio.sleep(0.5)
        assert feed.silent_for < 0.6

from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient

from graphql_api.runs.log import Database
from graphql_api.runs.queue import RunQueue
from graphql_api.services.projects import Projects
from graphql_api.serving.feed import ChangeFeed
from graphql_api.settings import Settings
from tests.databases import make
from tests.services.registering import Registry


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    async with AsyncMongoClient[dict[str, object]](settings.mongodb_url, tz_aware=True) as client:
        database = client[settings.mongodb_database]
        await make(database)
        yield database


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[ChangeFeed]:
    async with ChangeFeed(database) as feed:
        yield feed


@pytest.fixture
def queue(database: Database) -> RunQueue:
    return RunQueue(database)


@pytest.fixture
def projects() -> Projects:
    return Projects()


@pytest.fixture
async def registry(database: Database) -> Registry:
    return Registry(await Projects().ensure_default(), RunQueue(database))

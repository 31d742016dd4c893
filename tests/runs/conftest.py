from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from graphql_api.runs.log import Database
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.tools import Tools
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.settings import Settings
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectStore
from graphql_api.stores.online import OnlineStore
from tests.conftest import clean_place
from tests.databases import make
from tests.servers import RunningServers


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    async with opened_database(settings) as database:
        yield database


@pytest.fixture
def queue(database: Database) -> RunQueue:
    return RunQueue(database)


@pytest.fixture
def place(settings: Settings) -> str:
    """Where sources of this test lie."""
    return settings.source_places[0]


@pytest.fixture
async def tools(settings: Settings, database: Database, tmp_path: Path) -> AsyncIterator[Tools]:
    async with opened_tools(settings, database, tmp_path) as tools:
        yield tools


@pytest.fixture(scope="module")
async def shared_tools(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tools]:
    """The same, opened once for a module whose tests keep apart by themselves."""
    with clean_place(servers, tmp_path_factory.mktemp("data")) as settings:
        folder = tmp_path_factory.mktemp("tools")
        async with opened_database(settings) as database, opened_tools(settings, database, folder) as tools:
            yield tools


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncGenerator[Database]:
    async with AsyncMongoClient[dict[str, object]](settings.mongodb_url, tz_aware=True) as client:
        database = client[settings.mongodb_database]
        await make(database)
        yield database


@asynccontextmanager
async def opened_tools(settings: Settings, database: Database, folder: Path) -> AsyncGenerator[Tools]:
    assert settings.redis_url
    async with (
        ObjectStore.of(settings) as objects,
        SandboxPool.from_settings(settings, spares=1, most=4) as boxes,
        OnlineStore(settings.redis_url, timeout_seconds=1.0) as online,
    ):
        await objects.ensure_bucket()
        await objects.ensure_bucket(settings.source_places[0].removeprefix("s3://").rstrip("/"))
        cache = FileCache(objects, folder / "cache", 1 << 30)
        yield Tools(database, objects, cache, boxes, online, chunk_rows=10)

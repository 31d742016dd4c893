from collections.abc import AsyncIterator
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
from tests.databases import make


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    async with AsyncMongoClient[dict[str, object]](settings.mongodb_url, tz_aware=True) as client:
        database = client[settings.mongodb_database]
        await make(database)
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
    assert settings.redis_url
    async with (
        ObjectStore.of(settings) as objects,
        SandboxPool.from_settings(settings, spares=1, most=4) as boxes,
        OnlineStore(settings.redis_url, timeout_seconds=1.0) as online,
    ):
        await objects.ensure_bucket()
        await objects.ensure_bucket(settings.source_places[0].removeprefix("s3://").rstrip("/"))
        cache = FileCache(objects, tmp_path / "cache", 1 << 30)
        yield Tools(database, objects, cache, boxes, online, chunk_rows=10)

"""What tests share: real servers, started once, and settings that point at a clean place in them."""

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.synchronous.database import Database

from graphql_api.migrations import stamps
from graphql_api.settings import AuthMode, Settings
from tests.servers import RunningServers, redis_at, running


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningServers]:
    with running(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture
def settings(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> Generator[Settings]:
    """A database, a Redis and buckets in which nothing was before and nothing stays."""
    with clean_place(servers, tmp_path_factory.mktemp("data")) as settings:
        yield settings


_emptied: dict[str, list[str]] = {}
"""By server, databases of tests that are over: whole but for their documents, since it is the making of collections and
indexes that costs."""


@contextmanager
def clean_place(servers: RunningServers, data_dir: Path, *, unmade: bool = False) -> Generator[Settings]:
    """`unmade`: nobody has made collections in the database yet."""
    name = uuid.uuid4().hex[:12]
    databases = _emptied.setdefault(servers.mongodb_url, [])
    database = f"jfs-{name}" if unmade or not databases else databases.pop()
    yield Settings(
        data_dir=data_dir,
        mongodb_url=servers.mongodb_url,
        mongodb_database=database,
        redis_url=servers.redis_url,
        s3_endpoint_url=servers.s3_endpoint_url,
        s3_access_key_id=servers.s3_access_key_id,
        s3_secret_access_key=SecretStr(servers.s3_secret_access_key),
        s3_bucket=f"jfs-{name}",
        source_places=(f"s3://demo-{name}/",),
        auth=AuthMode.NONE,
    )
    client: MongoClient[dict[str, Any]] = MongoClient(servers.mongodb_url)
    with client:
        if unmade or not _empty(client[database]):
            client.drop_database(database)
        else:
            databases.append(database)
    with redis_at(servers.redis_url) as redis:
        redis.flushdb()


def _empty(database: Database[dict[str, Any]]) -> bool:
    """False where a test has left more than documents."""
    found = list(database.list_collections())
    if any(collection["options"] for collection in found):
        return False
    for name in {collection["name"] for collection in found} - {stamps.NAME}:
        database[name].delete_many({})
    return True

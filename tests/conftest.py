"""What tests share: real servers, started once, and settings that point at a clean place in them."""

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient

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


@contextmanager
def clean_place(servers: RunningServers, data_dir: Path) -> Generator[Settings]:
    name = uuid.uuid4().hex[:12]
    yield Settings(
        data_dir=data_dir,
        mongodb_url=servers.mongodb_url,
        mongodb_database=f"jfs-{name}",
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
        client.drop_database(f"jfs-{name}")
    with redis_at(servers.redis_url) as redis:
        redis.flushdb()

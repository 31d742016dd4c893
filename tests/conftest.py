"""Temporary: the session's servers are those of the development machine."""

import inspect
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymongo
import pytest
import redis
from pydantic import SecretStr

from graphql_api.settings import AuthMode, Settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.add_marker(pytest.mark.anyio)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@dataclass(frozen=True)
class Servers:
    mongodb_url: str = "mongodb://127.0.0.1:27117/?replicaSet=rs0&directConnection=true"
    redis_url: str = "redis://127.0.0.1:6479/4"
    s3_endpoint_url: str = "http://127.0.0.1:9179"


@pytest.fixture(scope="session")
def servers() -> Servers:
    return Servers()


@pytest.fixture
def settings(servers: Servers, tmp_path: Path) -> Iterator[Settings]:
    mark = secrets.token_hex(4)
    made = Settings(  # pyright: ignore[reportCallIssue]
        data_dir=tmp_path / "data",
        mongodb_url=servers.mongodb_url,
        mongodb_database=f"test_{mark}",
        redis_url=servers.redis_url,
        s3_endpoint_url=servers.s3_endpoint_url,
        s3_secret_access_key=SecretStr("embedded-secret"),
        s3_bucket=f"jfs-{mark}",
        source_places=(f"s3://demo-{mark}/",),
        auth=AuthMode.NONE,
    )
    yield made
    with pymongo.MongoClient[dict[str, object]](servers.mongodb_url) as client:
        client.drop_database(made.mongodb_database)
    with redis.Redis.from_url(servers.redis_url) as client:  # pyright: ignore[reportUnknownMemberType]
        client.flushdb()  # pyright: ignore[reportUnknownMemberType]

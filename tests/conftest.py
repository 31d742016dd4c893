"""Real servers for every test."""

import os
import secrets
from dataclasses import dataclass

import pytest

from graphql_api.settings import AuthMode, Settings


@dataclass(frozen=True)
class Servers:
    mongodb_url: str
    redis_url: str
    s3_endpoint_url: str


@pytest.fixture(scope="session")
def servers() -> Servers:
    return Servers(
        mongodb_url=os.environ["MONGODB_URL"],
        redis_url=os.environ["REDIS_URL"],
        s3_endpoint_url=os.environ["S3_ENDPOINT_URL"],
    )


@pytest.fixture
def settings(servers: Servers) -> Settings:
    return Settings(  # pyright: ignore[reportCallIssue]
        mongodb_url=servers.mongodb_url,
        redis_url=servers.redis_url,
        s3_endpoint_url=servers.s3_endpoint_url,
        mongodb_database=f"jfs-{secrets.token_hex(4)}",
        s3_bucket=f"jfs-{secrets.token_hex(4)}",
        auth=AuthMode.NONE,
    )


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"

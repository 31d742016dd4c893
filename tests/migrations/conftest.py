from collections.abc import AsyncIterator, Generator

import pytest
from pymongo import AsyncMongoClient

from graphql_api.migrations.stamps import Database
from graphql_api.settings import Settings
from tests.conftest import clean_place
from tests.servers import RunningServers


@pytest.fixture
def settings(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> Generator[Settings]:
    with clean_place(servers, tmp_path_factory.mktemp("data"), unmade=True) as settings:
        yield settings


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """In which nothing is yet."""
    async with AsyncMongoClient[dict[str, object]](settings.mongodb_url, tz_aware=True) as client:
        yield client[settings.mongodb_database]


@pytest.fixture
def mongodb_url(settings: Settings) -> str:
    assert settings.mongodb_url
    return settings.mongodb_url

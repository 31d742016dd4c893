import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import pytest
from beanie import init_beanie  # pyright: ignore[reportUnknownVariableType]
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.documents.models import MODELS
from graphql_api.settings import Settings

Database = AsyncDatabase[dict[str, Any]]


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    async with AsyncMongoClient[dict[str, Any]](settings.mongodb_url, tz_aware=True) as client:
        database = client[settings.mongodb_database]
        await init_beanie(database=database, document_models=list(MODELS))
        yield database


@pytest.fixture
def database_of_its_own(settings: Settings) -> Generator[Callable[[Callable[[], Awaitable[None]]], None]]:
    """Runs a coroutine function on a database, for tests that are themselves no coroutine, such as Hypothesis's."""
    with asyncio.Runner() as runner:
        client = runner.run(_connected(settings))

        def run(body: Callable[[], Awaitable[None]]) -> None:
            async def awaited() -> None:
                await body()

            runner.run(awaited())

        yield run
        runner.run(client.close())


async def _connected(settings: Settings) -> AsyncMongoClient[dict[str, Any]]:
    client = AsyncMongoClient[dict[str, Any]](settings.mongodb_url, tz_aware=True)
    await init_beanie(database=client[settings.mongodb_database], document_models=list(MODELS))
    return client

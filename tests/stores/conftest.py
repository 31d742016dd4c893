from collections.abc import AsyncIterator

import pytest

from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore


@pytest.fixture
async def objects(settings: Settings) -> AsyncIterator[ObjectStore]:
    async with ObjectStore.of(settings) as store:
        await store.ensure_bucket()
        for place in settings.source_places:
            await store.ensure_bucket(place.removeprefix("s3://").rstrip("/"))
        yield store


@pytest.fixture
def place(settings: Settings) -> str:
    """Where sources of this test lie."""
    return settings.source_places[0]

from collections.abc import AsyncIterator

import pytest

from graphql_api.settings import Settings
from tests.serving.online import Online, started


@pytest.fixture
async def online(settings: Settings) -> AsyncIterator[Online]:
    async with started(settings) as online:
        yield online

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from graphql_api.sandbox.pool import SandboxPool


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncGenerator[SandboxPool]:
    async with SandboxPool(tmp_path / "sandbox", memory_bytes=300_000_000, seconds=60, threads=2) as opened:
        yield opened

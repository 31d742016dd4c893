"""Servers that die under a worker and come back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr
from pymongo.errors import PyMongoError

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import RunState
from graphql_api.doors.worker import tools_of
from graphql_api.migrations.prepare import prepare
from graphql_api.runs import log
from graphql_api.runs.tools import Tools
from graphql_api.settings import Settings
from tests.runs.processes import worker_processes
from tests.runs.test_crashes import opened, require_clean
from tests.servers import RunningServers, running


@pytest.fixture
def own_servers(tmp_path: Path) -> Iterator[RunningServers]:
    with running(tmp_path / "servers") as servers:
        yield servers


@pytest.fixture
async def own_tools(settings: Settings, own_servers: RunningServers) -> AsyncIterator[tuple[Settings, Tools]]:
    own = settings.model_copy(
        update={
            "mongodb_url": own_servers.mongodb_url,
            "redis_url": own_servers.redis_url,
            "s3_endpoint_url": own_servers.s3_endpoint_url,
            "s3_access_key_id": own_servers.s3_access_key_id,
            "s3_secret_access_key": SecretStr(own_servers.s3_secret_access_key),
        }
    )
    await prepare(own)
    async with tools_of(own) as tools:
        await tools.objects.ensure_bucket(own.source_places[0].removeprefix("s3://").rstrip("/"))
        yield own, tools


async def test_a_run_outlives_the_death_of_every_server(
    own_tools: tuple[Settings, Tools], own_servers: RunningServers, tmp_path: Path
) -> None:
    settings, tools = own_tools
    shop, run = await opened(tools, settings.source_places[0], tmp_path)
    async with worker_processes(settings, lease_seconds=3.0) as workers:
        await workers.start()
        for chunks, server in ((3, "MongoDB"), (8, "S3"), (13, "Redis")):
            await seen(tools, run, chunks)
            os.kill(own_servers.pids[server], signal.SIGKILL)
        ended = await seen(tools, run, None)

    assert ended.state is RunState.SUCCEEDED
    await require_clean(shop, ended)


async def seen(tools: Tools, run: MaterializationDocument, chunks: int | None) -> MaterializationDocument:
    """The run once so many chunks are finished, or (None) once it has ended; MongoDB may be away meanwhile."""
    async with asyncio.timeout(120):
        while True:
            with suppress(PyMongoError):
                now = await log.load(tools.database, run)
                if now.state.is_terminal or (chunks is not None and len(now.checkpoints) >= chunks):
                    return now
            await asyncio.sleep(0.05)

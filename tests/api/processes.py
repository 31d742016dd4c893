"""A further server on the same database, as a process of its own."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from socket import socket

import httpx

from graphql_api.settings import Settings
from tests.environments import environment_of


@asynccontextmanager
async def another_process(settings: Settings, **variables: str) -> AsyncGenerator[httpx.AsyncClient]:
    """Also with environment variables of its own."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = environment_of(settings) | {"PORT": str(port)} | variables
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "graphql_api.doors.processes.api", env=environment
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            await _ready(http)
            yield http
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def _ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)

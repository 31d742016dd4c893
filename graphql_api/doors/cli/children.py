"""Other processes of ours that do one thing and say what they do."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping

from graphql_api.doors.cli.client import Refused
from graphql_api.embedded import bound


async def lines_of(name: str, *arguments: str, environment: Mapping[str, str]) -> AsyncIterator[str]:
    """What another process of ours prints; raises Refused with its complaint where it fails."""
    process = await asyncio.create_subprocess_exec(
        *bound.command(sys.executable, "-m", f"graphql_api.doors.processes.{name}", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    complaint = asyncio.create_task(process.stderr.read())
    try:
        async for line in process.stdout:
            yield line.decode().rstrip()
        if await process.wait() != 0:
            raise Refused((await complaint).decode().strip())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await complaint

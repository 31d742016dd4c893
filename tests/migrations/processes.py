"""Processes of the program on the servers of a test, by what they said and how they ended."""

import asyncio
import sys
from dataclasses import dataclass

from graphql_api.settings import Settings
from tests.environments import environment_of

SECONDS = 120.0


@dataclass(frozen=True)
class Ended:
    status: int
    words: str
    """All that it said, on whichever of its outputs."""


async def ended(settings: Settings, module: str, *arguments: str, **variables: str) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        env=environment_of(settings) | {"COLUMNS": "200"} | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(SECONDS):
            words, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Ended(process.returncode or 0, words.decode())

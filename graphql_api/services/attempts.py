"""Deciding again where others have changed what was looked at."""

import asyncio
import random
from collections.abc import AsyncIterator

ATTEMPTS = 12
_FIRST_SECONDS, _LONGEST_SECONDS = 0.02, 0.5


async def attempts() -> AsyncIterator[None]:
    """`ATTEMPTS`, with a pause before each further one: of many who write, one after the other comes through."""
    for number in range(ATTEMPTS):
        if number:
            await asyncio.sleep(random.uniform(0, min(_LONGEST_SECONDS, _FIRST_SECONDS * 2**number)))
        yield

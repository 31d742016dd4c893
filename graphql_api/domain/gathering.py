"""Doing several things at once, all or nothing."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

Answer = TypeVar("Answer")


async def gathered(work: Sequence[Coroutine[Any, Any, Answer]]) -> list[Answer]:
    """All answers, in order; the first failure is raised as it is, once the others have been cancelled."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

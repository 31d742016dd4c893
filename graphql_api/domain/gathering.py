"""Doing several things at once, all or nothing."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
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


async def until_over(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Its answer. Who is cancelled meanwhile, as by Ctrl-C, cancels it until it is over, however often that is lost."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await end_all([task])
        raise


async def end_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Return when all are over. A cancellation alone may be lost: PyMongo's timeouts use `wait_for` (bpo-37658)."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1.0)
    for task in tasks:
        if not task.cancelled():
            task.exception()

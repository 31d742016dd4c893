import asyncio

import pytest

from graphql_api.domain.gathering import until_over


async def test_who_is_cancelled_goes_once_the_work_is_over_though_it_lost_the_first_cancellation() -> None:
    begun = asyncio.Event()
    lost: list[str] = []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            lost.append("the first")
        await asyncio.Event().wait()

    waiting = asyncio.create_task(until_over(work()))
    await begun.wait()
    waiting.cancel()

    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert lost == ["the first"]

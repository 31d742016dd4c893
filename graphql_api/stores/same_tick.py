"""Reads of all callers that wait in one tick of the event loop, as few large requests."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import copy

Fetch = Callable[[list[bytes]], Awaitable[list[bytes | None]]]
_Waiting = tuple[Sequence[bytes], "asyncio.Future[list[bytes | None]]"]


class SameTickReads:
    """Callers share a fetch, nothing else: one that is cancelled, or asks for much, takes nothing from the others."""

    def __init__(self, fetch: Fetch, *, most_keys: int) -> None:
        self._fetch = fetch
        self._most_keys = most_keys
        self._waiting: list[_Waiting] = []
        self._trips: set[asyncio.Task[None]] = set()

    async def read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """One answer a key, in the order asked."""
        if not keys:
            return []
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[bytes | None]] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._start_trips)
        self._waiting.append((keys, answer))
        return await answer

    async def aclose(self) -> None:
        for trip in self._trips:
            trip.cancel()
        await asyncio.gather(*self._trips, return_exceptions=True)

    def _start_trips(self) -> None:
        waiting, self._waiting = self._waiting, []
        together: list[_Waiting] = []
        size = 0
        for caller in waiting:
            if together and size + len(caller[0]) > self._most_keys:
                self._start(together)
                together, size = [], 0
            together.append(caller)
            size += len(caller[0])
        self._start(together)

    def _start(self, callers: list[_Waiting]) -> None:
        trip = asyncio.create_task(self._trip(callers))
        self._trips.add(trip)
        trip.add_done_callback(self._trips.discard)

    async def _trip(self, callers: list[_Waiting]) -> None:
        keys = [key for asked, _ in callers for key in asked]
        values: list[bytes | None] = []
        try:
            for start in range(0, len(keys), self._most_keys):
                values += await self._fetch(keys[start : start + self._most_keys])
        except asyncio.CancelledError:
            for _, answer in callers:
                answer.cancel()
            raise
        except Exception as error:
            for _, answer in callers:
                if not answer.done():
                    answer.set_exception(copy(error))  # each caller's own: raising writes into it
            return
        start = 0
        for asked, answer in callers:
            if not answer.done():
                answer.set_result(values[start : start + len(asked)])
            start += len(asked)

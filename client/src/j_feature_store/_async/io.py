"""What differs between asyncio and threads, said once for each: this file and `_sync/io.py` have the same names."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from j_feature_store.protocol import NAME, CutOff, closed

T = TypeVar("T")

MOST_OF_A_MESSAGE = 64_000_000
SECONDS_TO_CLOSE = 1.0


async def sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def aside(work: Callable[[], T]) -> T:
    """What blocks, such as a disk, beside the event loop."""
    return await asyncio.to_thread(work)


class Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        """Raises CutOff, or Refused where the server says why."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as end:
            raise _meaning(end) from None

    async def receive(self, seconds: float | None) -> str | None:
        """The next message; None where there was none for so long. Raises CutOff, or Refused with the reason."""
        try:
            async with asyncio.timeout(seconds):
                return str(await self._connection.recv(decode=True))
        except TimeoutError:
            return None
        except ConnectionClosed as end:
            raise _meaning(end) from None


@asynccontextmanager
async def connected(url: str, headers: Mapping[str, str], seconds: float) -> AsyncGenerator[Socket]:
    """Raises CutOff where no connection comes about."""
    async with AsyncExitStack() as stack:
        opening = connect(
            url,
            subprotocols=[Subprotocol(NAME)],
            additional_headers=headers,
            open_timeout=seconds,
            close_timeout=SECONDS_TO_CLOSE,
            max_size=MOST_OF_A_MESSAGE,
        )
        try:
            connection = await stack.enter_async_context(opening)
        except (OSError, InvalidHandshake) as fault:
            raise CutOff(str(fault) or type(fault).__name__) from None
        yield Socket(connection)


def _meaning(end: ConnectionClosed) -> Exception:
    told = end.rcvd
    return closed(told.code, told.reason) if told is not None else CutOff(str(end))

"""What differs between asyncio and threads, said once for each: this file and `_async/io.py` have the same names."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from j_feature_store.protocol import NAME, CutOff, closed

T = TypeVar("T")

MOST_OF_A_MESSAGE = 64_000_000
SECONDS_TO_CLOSE = 1.0


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def aside(work: Callable[[], T]) -> T:
    return work()


class Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def send(self, text: str) -> None:
        """Raises CutOff, or Refused where the server says why."""
        try:
            self._connection.send(text)
        except ConnectionClosed as end:
            raise _meaning(end) from None

    def receive(self, seconds: float | None) -> str | None:
        """The next message; None where there was none for so long. Raises CutOff, or Refused with the reason."""
        try:
            return str(self._connection.recv(seconds, decode=True))
        except TimeoutError:
            return None
        except ConnectionClosed as end:
            raise _meaning(end) from None


@contextmanager
def connected(url: str, headers: Mapping[str, str], seconds: float) -> Generator[Socket]:
    """Raises CutOff where no connection comes about."""
    with ExitStack() as stack:
        try:
            opening = connect(
                url,
                subprotocols=[Subprotocol(NAME)],
                additional_headers=headers,
                open_timeout=seconds,
                close_timeout=SECONDS_TO_CLOSE,
                max_size=MOST_OF_A_MESSAGE,
            )
            connection = stack.enter_context(opening)
        except (OSError, InvalidHandshake) as fault:
            raise CutOff(str(fault) or type(fault).__name__) from None
        yield Socket(connection)


def _meaning(end: ConnectionClosed) -> Exception:
    told = end.rcvd
    return closed(told.code, told.reason) if told is not None else CutOff(str(end))

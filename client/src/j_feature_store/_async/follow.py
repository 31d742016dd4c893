"""Subscriptions, over as many connections as it takes."""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from j_feature_store._async import io
from j_feature_store.errors import Unavailable
from j_feature_store.place import Place
from j_feature_store.protocol import PONG, CutOff, heard, hello, subscribe
from j_feature_store.wire import pause_before

log = logging.getLogger(__name__)

SECONDS_OF_A_STEADY_LINE = 5.0

Variables = Mapping[str, object]


class DeadlineIsOver(Exception):
    pass


class Subscriptions:
    """`timeout`: seconds for a connection to come about. `patience`: seconds without one before it is given up."""

    def __init__(self, place: Place, *, timeout: float, patience: float) -> None:
        self._place = place
        self._timeout = timeout
        self._patience = patience

    async def follow(
        self, text: str, variables: Callable[[], Variables], *, deadline: float | None = None
    ) -> AsyncGenerator[dict[str, Any]]:
        """What each event holds, until the server completes the subscription.

        Where the connection is cut, another one asks with the variables as they then are, so that nothing is missed.

        Raises:
            Refused: the server said no.
            Unavailable: no connection for longer than the patience.
            DeadlineIsOver: the deadline, of the monotonic clock, has come.
        """
        line = _Line()
        while True:
            _check(deadline)
            try:
                async with aclosing(self._once(text, variables(), line, deadline)) as events:
                    async for event in events:
                        yield event
                return
            except (CutOff, Unavailable) as cut:
                fault = Unavailable(f"The connection to {self._place.url} is cut: {cut}")
                pause = pause_before(line.failed(), fault)
                if line.seconds_cut() + pause > self._patience:
                    raise fault from None
                log.info("%s; connecting again in %.1f s", fault, pause)
                await io.sleep(pause if deadline is None else min(pause, _left(deadline)))

    async def _once(
        self, text: str, variables: Variables, line: "_Line", deadline: float | None
    ) -> AsyncGenerator[dict[str, Any]]:
        seconds = self._timeout if deadline is None else min(self._timeout, _left(deadline))
        async with io.connected(self._place.socket, self._place.headers, seconds) as socket:
            await socket.send(hello(self._place.headers))
            while True:
                message = await socket.receive(None if deadline is None else _left(deadline))
                if message is None:
                    _check(deadline)
                    continue
                match heard(message):
                    case ("connection_ack", _):
                        line.stands()
                        await socket.send(subscribe(text, variables))
                    case ("ping", _):
                        await socket.send(PONG)
                    case ("next", event):
                        line.holds()
                        yield event
                    case ("complete", _):
                        return
                    case _:
                        pass


class _Line:
    """Whether there is a connection, and for how long there has been none."""

    def __init__(self) -> None:
        self._failures = 0
        self._cut_since = self._stands_since = time.monotonic()
        self._stands = False

    def stands(self) -> None:
        self._stands, self._stands_since = True, time.monotonic()

    def holds(self) -> None:
        self._failures = 0

    def failed(self) -> int:
        """How often in succession. One that stood for a while, if silently, was a connection all the same."""
        now = time.monotonic()
        if self._failures == 0 or (self._stands and now - self._stands_since > SECONDS_OF_A_STEADY_LINE):
            self._failures, self._cut_since = 0, now
        self._failures, self._stands = self._failures + 1, False
        return self._failures

    def seconds_cut(self) -> float:
        return time.monotonic() - self._cut_since


def _check(deadline: float | None) -> None:
    if deadline is not None and time.monotonic() >= deadline:
        raise DeadlineIsOver


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())

# Made by client/scripts/make_sync.py from _async/http.py: change that one.
"""Queries and mutations over HTTP, sent again only where that is safe."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from j_feature_store._sync import io
from j_feature_store.errors import Unavailable
from j_feature_store.place import Place
from j_feature_store.wire import CONTENT, Operation, data_of, pause_before, request, result_of

T = TypeVar("T")

log = logging.getLogger(__name__)

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Http:
    def __init__(self, place: Place, *, timeout: float, retries: int) -> None:
        self._place = place
        self._retries = retries
        self.client = httpx.Client(timeout=timeout)

    def ask(self, operation: Operation, variables: Mapping[str, object]) -> Any:
        """The value of the operation's field.

        Raises:
            Refused: the server said no, also by a member of a mutation's union.
            Unavailable: no answer, after all attempts that are safe.
        """
        content = request(operation.text, variables)
        return self._repeated(content, operation.repeatable, lambda data: result_of(operation, data))

    def data(self, text: str, variables: Mapping[str, object], *, repeatable: bool) -> dict[str, Any]:
        """All that a document asks for."""
        return self._repeated(request(text, variables), repeatable, lambda data: data)

    def _repeated(self, content: bytes, repeatable: bool, read: Callable[[dict[str, Any]], T]) -> T:
        attempt = 0
        while True:
            attempt += 1
            try:
                return read(self._data(content))
            except _NotSent as fault:
                missed = fault.told
            except Unavailable as fault:
                if not repeatable:
                    raise
                missed = fault
            if attempt > self._retries:
                raise missed
            pause = pause_before(attempt, missed)
            log.info("%s Asking again in %.1f s.", missed, pause)
            io.sleep(pause)

    def _data(self, content: bytes) -> dict[str, Any]:
        place = self._place
        try:
            answer = self.client.post(place.graphql, content=content, headers={**CONTENT, **place.headers})
        except NEVER_SENT as fault:
            raise _NotSent(_no_answer(place, fault)) from None
        except httpx.HTTPError as fault:
            raise _no_answer(place, fault) from None
        return data_of(answer.status_code, answer.headers, answer.content, place.graphql)


class _NotSent(Exception):
    """Nothing has left this machine: whatever it was, it may be sent again."""

    def __init__(self, told: Unavailable) -> None:
        super().__init__(told)
        self.told = told


def _no_answer(place: Place, fault: httpx.HTTPError) -> Unavailable:
    return Unavailable(f"No answer from {place.url}: {fault or type(fault).__name__}.")

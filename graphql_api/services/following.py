"""Following a log that is kept in MongoDB: what is there, and then what the change feed tells of it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from pymongo.errors import PyMongoError

from graphql_api.documents.raw import passes
from graphql_api.serving.feed import Change, Lagged

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.3


class Sequenced(Protocol):
    @property
    def sequence(self) -> int: ...


EventT = TypeVar("EventT", bound=Sequenced)


async def follow_log(
    news: AsyncIterator[Change | Lagged],
    *,
    after: int,
    read: Callable[[int], Awaitable[Sequence[EventT]]],
    heard: Callable[[Change], Sequence[EventT]],
    at_once: int | None = None,
    ends: Callable[[EventT], bool] = lambda _: False,
) -> AsyncGenerator[EventT]:
    """Every event after a sequence, without gap or repetition, to the one that `ends`.

    `news` has been listened to since before this is called. `read` gives the events after a sequence from the database,
    or the first `at_once` of them; `heard` those that a change tells of, in their order.
    What follows a gap in what is heard is read; while the database does not answer, it is asked again."""
    seen, behind = after, True
    while True:
        while behind:
            try:
                events = await read(seen)
            except PyMongoError as error:
                if not passes(error):
                    raise
                log.warning("A log that is followed cannot be read just now: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            behind = at_once is not None and len(events) >= at_once
            for event in events:
                yield event
                seen = event.sequence
                if ends(event):
                    return
        told = await anext(news)
        if isinstance(told, Lagged):
            behind = True
            continue
        for event in heard(told):
            if event.sequence > seen + 1:
                behind = True
                break
            if event.sequence == seen + 1:
                yield event
                seen = event.sequence
                if ends(event):
                    return

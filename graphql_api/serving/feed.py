"""What changes in MongoDB, as it happens: one change stream a process, and a queue for each who listens."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, final

import pymongo
from bson import ObjectId
from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError

from graphql_api.documents.all_runs import RUN_COLLECTIONS

log = logging.getLogger(__name__)

WATCHED = ("registry_events", "tokens", *RUN_COLLECTIONS)
QUEUE_SIZE = 10_000
HEARTBEAT_MS = 200
RETRY_SECONDS = 0.2
ANSWER_SECONDS = 5.0
# The place in the oplog is gone, or the token is one that this server cannot resume from.
_GAP_CODES = frozenset({260, 280, 286})

Raw = Mapping[str, Any]
Operation = Literal["insert", "update", "replace", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """`document`: the whole, after an insert or a replacement. `updated`: what an update set, by dotted path."""

    collection: str
    operation: Operation
    id: ObjectId
    document: Raw | None = None
    updated: Raw | None = None


@final
class Lagged:
    """Changes may have been missed: whoever listens reads from the database again, and goes on."""


LAGGED: Final = Lagged()


class _Listener:
    def __init__(self, collections: frozenset[str]) -> None:
        self.collections = collections
        self._queue: asyncio.Queue[Change | Lagged] = asyncio.Queue(QUEUE_SIZE)

    def hear(self, news: Change | Lagged) -> None:
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            news = LAGGED
        self._queue.put_nowait(news)

    async def news(self) -> AsyncIterator[Change | Lagged]:
        while True:
            yield await self._queue.get()


class ChangeFeed:
    """Every change of the watched collections, in order and once, from the moment that the context is entered.

    It resumes where it was after MongoDB was away. Where that cannot be, or a listener falls more than `QUEUE_SIZE`
    changes behind, the listener hears `LAGGED` in place of what is missing."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._database = database
        self._listeners: list[_Listener] = []
        self._heard_at = -float("inf")
        self._following: asyncio.Task[None] | None = None
        self._leaving = False

    async def __aenter__(self) -> Self:
        stream = await self._open(None)
        self._following = asyncio.create_task(self._follow(stream))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leaving = True  # a cancellation alone may be lost: PyMongo's timeouts use `wait_for`, see bpo-37658
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    @property
    def silent_for(self) -> float:
        """Seconds since MongoDB last said what has changed, or that nothing has; small while all is well."""
        return time.monotonic() - self._heard_at

    @asynccontextmanager
    async def listen(self, *collections: str) -> AsyncGenerator[AsyncIterator[Change | Lagged]]:
        """What changes in the collections from here on: read the database after entering, and nothing is missed."""
        unknown = set(collections) - set(WATCHED)
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is not watched")
        listener = _Listener(frozenset(collections))
        self._listeners.append(listener)
        try:
            yield listener.news()
        finally:
            self._listeners.remove(listener)

    async def _open(self, after: Raw | None) -> AsyncDatabaseChangeStream[dict[str, Any]]:
        stages = [
            {
                "$match": {
                    "ns.coll": {"$in": list(WATCHED)},
                    "operationType": {"$in": ["insert", "update", "replace", "delete"]},
                }
            }
        ]
        with pymongo.timeout(ANSWER_SECONDS):
            stream = await self._database.watch(stages, resume_after=after, max_await_time_ms=HEARTBEAT_MS)
        self._heard_at = time.monotonic()
        return stream

    async def _follow(self, stream: AsyncDatabaseChangeStream[dict[str, Any]]) -> None:
        after = stream.resume_token
        while not self._leaving:
            try:
                while stream.alive and not self._leaving:
                    with pymongo.timeout(ANSWER_SECONDS):
                        change = await stream.try_next()
                    after = stream.resume_token
                    self._heard_at = time.monotonic()
                    if change is not None:
                        self._tell(_change(change))
                after = after if stream.alive else None  # a database that was dropped begins another story
            except PyMongoError as error:
                log.warning("The change stream broke and is taken up again: %s", error)
                if _is_gap(error):
                    after = None
            with suppress(PyMongoError), pymongo.timeout(RETRY_SECONDS):
                await stream.close()
            stream = await self._reopen(after)

    async def _reopen(self, after: Raw | None) -> AsyncDatabaseChangeStream[dict[str, Any]]:
        while True:
            try:
                stream = await self._open(after)
            except PyMongoError as error:
                if _is_gap(error):
                    after = None
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if after is None:
                    self._tell(LAGGED)
                return stream

    def _tell(self, news: Change | Lagged) -> None:
        for listener in self._listeners:
            if isinstance(news, Lagged) or news.collection in listener.collections:
                listener.hear(news)


def _is_gap(error: PyMongoError) -> bool:
    return isinstance(error, OperationFailure) and error.code in _GAP_CODES


def _change(raw: Raw) -> Change:
    return Change(
        collection=raw["ns"]["coll"],
        operation=raw["operationType"],
        id=raw["documentKey"]["_id"],
        document=raw.get("fullDocument"),
        updated=raw.get("updateDescription", {}).get("updatedFields"),
    )

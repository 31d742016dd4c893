"""The right to change the format of a database: one process at a time has it, for as long as it renews it."""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, Self

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from graphql_api.domain.gathering import end_all
from graphql_api.domain.release import RELEASE
from graphql_api.errors import Fenced
from graphql_api.migrations import stamps
from graphql_api.migrations.stamps import ID, Database, Raw, Stamp

_RENEWALS_IN_A_LEASE = 3


class Lock:
    """`stamp`: as it was when the lock was taken. The fence is higher each time: what an earlier holder still writes
    finds another one there."""

    def __init__(self, database: Database, raw: Raw, seconds: float, until: float) -> None:
        self.database = database
        self.stamp = Stamp.of(raw)
        self._stamps = stamps.collection(database)
        self._mine = {"_id": ID, "fence": raw["fence"]}
        self._seconds = seconds
        self._until = until

    @classmethod
    async def take(cls, database: Database, newest: int, *, seconds: float) -> Self | None:
        """None while another has it, and where there is nothing to do or a newer release was faster."""
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        asked = time.monotonic()
        raw = await stamps.collection(database).find_one_and_update(
            {
                "_id": ID,
                "$and": [
                    {"$or": [{"holder": None}, {"$expr": {"$lt": ["$holder.until", "$$NOW"]}}]},
                    {"$or": [{"format": {"$ne": newest}}, {"becoming": {"$ne": None}}]},
                    {"format": {"$not": {"$gt": newest}}, "becoming": {"$not": {"$gt": newest}}},
                ],
            },
            [
                {
                    "$set": {
                        "holder": {"name": name, "until": _in(seconds)},
                        "fence": {"$add": ["$fence", 1]},
                        "becoming": newest,
                        "release": RELEASE,
                        "at": "$$NOW",
                    }
                }
            ],
            return_document=ReturnDocument.AFTER,
        )
        return None if raw is None else cls(database, raw, seconds, asked + seconds)

    async def hold(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work, renewing all the while, and let go. Raises Fenced where another has taken over meanwhile."""
        tasks = working, renewing = asyncio.create_task(work), asyncio.create_task(self._renew())
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            (working if working.done() else renewing).result()
        finally:
            await end_all(tasks)
            with suppress(PyMongoError):  # the lease ends by itself
                await self._stamps.update_one(self._mine, {"$set": {"holder": None}})

    def require(self) -> None:
        """Raises Fenced where the lease has run out by this process's own clock."""
        if time.monotonic() >= self._until:
            raise self._lost()

    async def require_in(self, session: AsyncClientSession) -> None:
        """Make a transaction one that takes effect only while the lock is held. Raises Fenced."""
        await self._write({"$inc": {"writes": 1}}, session)

    async def reach(self, number: int) -> None:
        """The data has this format now. Raises Fenced."""
        await self._write([{"$set": {"format": number, "release": RELEASE, "at": "$$NOW"}}])

    async def finish(self) -> None:
        """The data is whole. Raises Fenced."""
        await self._write({"$set": {"becoming": None}})

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._seconds / _RENEWALS_IN_A_LEASE)
            asked = time.monotonic()
            try:
                await self._write([{"$set": {"holder.until": _in(self._seconds)}}])
            except PyMongoError:
                self.require()
            else:
                self._until = asked + self._seconds

    async def _write(
        self, update: dict[str, object] | list[dict[str, object]], session: AsyncClientSession | None = None
    ) -> None:
        written = await self._stamps.update_one(self._mine, update, session=session)
        if not written.matched_count:
            raise self._lost()

    def _lost(self) -> Fenced:
        return Fenced(f"Another process has taken over {self.database.name!r}.")


def _in(seconds: float) -> dict[str, object]:
    milliseconds = int(timedelta(seconds=seconds) / timedelta(milliseconds=1))
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}

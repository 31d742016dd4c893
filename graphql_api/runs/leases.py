"""Chores that any worker does, one at a time. Where a pass may be repeated or done twice at once without harm, a lease
only saves work; a commit asks in its transaction whether the lease still stands."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError

from graphql_api.documents.leases import LeaseDocument
from graphql_api.domain.gathering import end_all
from graphql_api.domain.times import EPOCH
from graphql_api.runs.log import Database


async def take(database: Database, chore: str, owner: str, seconds: float) -> LeaseDocument | None:
    """None while another has it, or nothing is due yet."""
    with suppress(DuplicateKeyError):  # of two that make it at once
        free = {"owner": "", "until": EPOCH, "cursor": None}
        await database["leases"].update_one({"_id": chore}, {"$setOnInsert": free}, upsert=True)
    raw: dict[str, Any] | None = await database["leases"].find_one_and_update(
        {"_id": chore, "$expr": {"$lt": ["$until", "$$NOW"]}},
        [{"$set": {"owner": owner, "until": _in(seconds)}}],
        return_document=ReturnDocument.AFTER,
    )
    return None if raw is None else LeaseDocument.model_validate(raw)


async def still_held(database: Database, chore: str, owner: str, seconds: float, session: AsyncClientSession) -> bool:
    """In a transaction: is it still this owner's, also when the transaction ends? It is then for so long from now."""
    held = {"_id": chore, "owner": owner, "$expr": {"$gt": ["$until", "$$NOW"]}}
    done = await database["leases"].update_one(held, [{"$set": {"until": _in(seconds)}}], session=session)
    return done.matched_count == 1


async def rest(database: Database, chore: str, owner: str, seconds: float, *, cursor: str | None = None) -> None:
    """The pass is over: the next one, whoever does it, goes on at `cursor` in so many seconds."""
    await database["leases"].update_one(
        {"_id": chore, "owner": owner}, [{"$set": {"until": _in(seconds), "cursor": cursor}}]
    )


@asynccontextmanager
async def renewed(database: Database, chore: str, owner: str, seconds: float) -> AsyncGenerator[None]:
    """Meanwhile a lease that was taken is made longer, four times in its length, as long as it is this owner's.

    A database that is away for a moment is asked again."""
    renewing = asyncio.create_task(_renew(database, chore, owner, seconds))
    try:
        yield
    finally:
        await end_all([renewing])


async def _renew(database: Database, chore: str, owner: str, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds / 4)
        with suppress(PyMongoError):
            longer = [{"$set": {"until": _in(seconds)}}]
            await database["leases"].update_one({"_id": chore, "owner": owner}, longer)


def _in(seconds: float) -> dict[str, object]:
    milliseconds = int(timedelta(seconds=seconds) / timedelta(milliseconds=1))
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}

"""Objects that nothing names: left behind by attempts that died, or by runs that ended without success."""

import asyncio
from datetime import datetime, timedelta

from bson import ObjectId

from graphql_api.domain.enums import IN_PROGRESS, RunState
from graphql_api.runs.log import Database
from graphql_api.runs.tools import Tools
from graphql_api.stores.pins import RESUMABLE_FOR

STRAY_FOR = timedelta(days=1)
OBJECTS_A_PASS = 1_000
_AT_ONCE = 8


async def remove_strays(
    tools: Tools, now: datetime, *, after: str | None = None, most: int = OBJECTS_A_PASS
) -> tuple[int, str | None]:
    """Look at so many objects from a key on, in the order of their keys. Return how many were removed, and the last key
    that was looked at (None: that was the end)."""
    page = await tools.objects.page("data/", after=after, most=most)
    old = [found.key for found in page if found.modified < now - STRAY_FOR]
    strays = sorted(set(old) - await _named(tools.database, old, now))
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(key: str) -> None:
        async with slots:
            await tools.objects.delete(key)

    async with asyncio.TaskGroup() as group:
        for key in strays:
            group.create_task(one(key))
    await tools.database["staged_files"].delete_many({"key": {"$in": strays}})
    return len(strays), page[-1].key if len(page) == most else None


async def _named(database: Database, keys: list[str], now: datetime) -> set[str]:
    """Those whose checkpoint a commit names, or a run that is unfinished or may still be resumed."""
    files = await database["staged_files"].find({"key": {"$in": keys}}, {"key": 1, "checkpoint_id": 1}).to_list()
    checkpoints = list({file["checkpoint_id"] for file in files})
    ended = [RunState.FAILED, RunState.CANCELLED]
    unfinished = [
        {"state": {"$in": list(IN_PROGRESS)}},
        {"state": {"$in": ended}, "finished_at": {"$gt": now - RESUMABLE_FOR}},
    ]
    by_checkpoint = {"checkpoints": {"$in": checkpoints}}
    held: set[ObjectId] = set()
    for collection, where in (("commits", by_checkpoint), ("materializations", {**by_checkpoint, "$or": unfinished})):
        async for found in database[collection].find(where, {"checkpoints": 1}):
            held.update(found["checkpoints"])
    return {file["key"] for file in files if file["checkpoint_id"] in held}

"""The data of views that were deleted: gone online and offline, whatever dies on the way.

Each step may be repeated; the mark goes last, so that whoever comes after one that died does the rest."""

import asyncio
from typing import Any

from graphql_api.runs.borders import apart
from graphql_api.runs.log import Database
from graphql_api.runs.tools import Tools

COPIES_A_PASS = 20
_AT_ONCE = 8
_RUNS_A_STEP = 1_000
_OF_RUNS = ("run_events", "checkpoints", "frozen_inputs", "validation_results")


async def remove_marked(tools: Tools, *, most: int = COPIES_A_PASS) -> int:
    """Return how many copies are gone. What was marked first goes first; what cannot go now keeps its mark."""
    marks = await tools.database["data_removals"].find().sort("marked_at", 1).limit(most).to_list()
    gone = 0
    for mark in marks:
        with apart(f"Removing data {int(mark['_id']):x}"):
            await _remove(tools, mark)
            gone += 1
    return gone


async def _remove(tools: Tools, mark: dict[str, Any]) -> None:
    data_id = int(mark["_id"])
    database = tools.database
    await tools.online.remove_copy(data_id)
    await database["commits"].delete_many({"data_id": data_id})
    await _remove_objects(tools, f"data/{data_id:x}/")
    await database["staged_files"].delete_many({"key": {"$regex": f"^data/{data_id:x}/"}})  # of merges too
    await _forget_runs(database, mark["runs"])
    await database["data_removals"].delete_one({"_id": mark["_id"]})


async def _remove_objects(tools: Tools, prefix: str) -> None:
    """All of the copy: also what was staged and never committed."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(key: str) -> None:
        async with slots:
            await tools.objects.delete(key)

    found = await tools.objects.list(tools.objects.uri(f"{prefix}**"))
    own = tools.objects.uri("")
    async with asyncio.TaskGroup() as group:
        for item in found:
            group.create_task(one(item.uri.removeprefix(own)))


async def _forget_runs(database: Database, runs: list[object]) -> None:
    for first in range(0, len(runs), _RUNS_A_STEP):
        some = {"run_id": {"$in": runs[first : first + _RUNS_A_STEP]}}
        for collection in _OF_RUNS:
            await database[collection].delete_many(some)

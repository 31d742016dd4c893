"""Objects of training data sets that none of them names: left behind by attempts that died, or by deleted data sets."""

from datetime import datetime

from bson import ObjectId

from graphql_api.domain.enums import IN_PROGRESS
from graphql_api.runs.dataset_files import PREFIX, delete_all
from graphql_api.runs.stray_objects import OBJECTS_A_PASS, STRAY_FOR
from graphql_api.runs.tools import Tools


async def remove_stray_datasets(
    tools: Tools, now: datetime, *, after: str | None = None, most: int = OBJECTS_A_PASS
) -> tuple[int, str | None]:
    """Look at so many objects from a key on, in the order of their keys. Return how many were removed, and the last key
    that was looked at (None: that was the end)."""
    page = await tools.objects.page(PREFIX, after=after, most=most)
    old = [found.key for found in page if found.modified < now - STRAY_FOR]
    runs = {key: key.removeprefix(PREFIX).partition("/")[0] for key in old}
    ids = [ObjectId(run) for run in set(runs.values()) if ObjectId.is_valid(run)]
    held = {"state": 1, "files.key": 1, "manifest": 1}
    named: set[str] = set()
    building: set[str] = set()
    async for run in tools.database["training_datasets"].find({"_id": {"$in": ids}}, held):
        named |= {file["key"] for file in run["files"]} | {run["manifest"]}
        if run["state"] in IN_PROGRESS:
            building.add(str(run["_id"]))
    strays = [key for key in old if key not in named and runs[key] not in building]
    await delete_all(tools.objects, strays)
    return len(strays), page[-1].key if len(page) == most else None

"""What no reader can reach any more goes: files and commits that later commits hide, once nobody may read as of them.

A reader may ask for the data as of every commit that was the last one within the time that history is kept, and as of
commits that data sets name. What else there is of a copy is marked first, and removed a day later, by which time
whoever was told of it before has read it. Every step may be repeated: files go before what names them.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from graphql_api.documents.commits import FileRole
from graphql_api.domain.cover import Cover
from graphql_api.domain.gathering import gathered
from graphql_api.domain.times import Intervals, TimeRange
from graphql_api.runs.borders import apart
from graphql_api.runs.log import Database
from graphql_api.runs.tools import Tools
from graphql_api.stores.offline import extent_of
from graphql_api.stores.pins import pinned_commits

STILL_READ_FOR = timedelta(days=1)
COPIES_A_PASS = 50
OBJECTS_A_COPY = 1_000
"""So many files of a copy go in one pass."""
_COMMITS_A_QUERY = 500
_AT_ONCE = 8

Reach = Mapping[ObjectId, Intervals]
"""By commit, where in time somebody may still see it."""


async def forget_history(
    tools: Tools, now: datetime, *, after: str | None = None, most: int = COPIES_A_PASS
) -> tuple[int, str | None]:
    """Look at so many copies of data from an id on. Return how many files were removed, and the last id that was looked
    at (None: that was the end). A copy with which something goes wrong is looked at again in the next round."""
    where = {"_id": {"$gt": int(after)}} if after else {}
    copies = await tools.database["data_copies"].find(where, sort=[("_id", 1)], limit=most).to_list()
    removed = 0
    for copy in copies:
        with apart(f"Removing what is hidden of data {int(copy['_id']):x}"):
            removed += await _of_copy(tools, copy, now)
    return removed, str(copies[-1]["_id"]) if len(copies) == most else None


async def _of_copy(tools: Tools, copy: dict[str, Any], now: datetime) -> int:
    database, data_id = tools.database, int(copy["_id"])
    first = await _first_kept(tools, copy, now)
    if first == 0:
        return 0
    where = {"data_id": data_id, "number": {"$lte": first}}
    commits = await database["commits"].find(where, sort=[("number", 1)]).to_list()
    points = {first, *await pinned_commits(database, data_id, now)}
    reach = await asyncio.to_thread(reach_of, commits, points)  # thousands of ranges, beside what the loop does
    removed = 0
    for place in range(0, len(commits), _COMMITS_A_QUERY):
        some = commits[place : place + _COMMITS_A_QUERY]
        sorted_out = await _sort_out(database, some, reach, now, OBJECTS_A_COPY - removed)
        await _remove(tools, sorted_out)
        removed += len(sorted_out.due)
    return removed


async def _first_kept(tools: Tools, copy: dict[str, Any], now: datetime) -> int:
    """The first commit as of which the copy can be read from now on.

    What could not go online is still to be compared with what was visible when all was."""
    database, data_id = tools.database, copy["_id"]
    old = {"data_id": data_id, "committed_at": {"$lte": now - tools.history}}
    last_before = await database["commits"].find_one(old, {"number": 1}, sort=[("number", -1)])
    wanted = min(int(last_before["number"]) if last_before else 0, int(copy.get("online_commit", 0)))
    if wanted > int(copy.get("history_from", 0)):
        await database["data_copies"].update_one({"_id": data_id}, {"$max": {"history_from": wanted}})
    return max(wanted, int(copy.get("history_from", 0)))


def reach_of(commits: Sequence[dict[str, Any]], points: Collection[int]) -> Reach:
    """What can be seen of the commits, in the order of their numbers, as of any of these points.

    A later point only has more commits that hide one. So what is visible of a commit as of the first point that is not
    before it is all that is visible of it as of any, and one pass over the commits is enough for all points."""
    found: dict[ObjectId, Intervals] = {}
    ahead = sorted(points)
    hidden: Cover | None = None
    for commit in reversed(commits):
        while ahead and ahead[-1] >= int(commit["number"]):
            ahead.pop()
            hidden = Cover()
        if hidden is not None and (part := hidden.add(extent_of(commit))):
            found[commit["_id"]] = part
    return found


@dataclass(slots=True)
class _SortedOut:
    due: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Files that were found unreachable long enough ago."""
    empty: list[ObjectId] = field(default_factory=list[ObjectId])
    """Commits that nobody sees, and none of whose files are left then."""


async def _sort_out(
    database: Database, commits: Sequence[dict[str, Any]], reach: Reach, now: datetime, most: int
) -> _SortedOut:
    by_checkpoint = {checkpoint: commit["_id"] for commit in commits for checkpoint in commit["checkpoints"]}
    staged = database["staged_files"]
    found = await staged.find({"run_id": {"$in": [commit["run_id"] for commit in commits]}}).to_list()
    files = [file for file in found if file["checkpoint_id"] in by_checkpoint]
    lost = [file for file in files if not _is_reached(file, reach.get(by_checkpoint[file["checkpoint_id"]]))]
    lost_ids = [file["_id"] for file in lost]
    back = [file["_id"] for file in files if file.get("unreachable_since") and file["_id"] not in set(lost_ids)]
    await staged.update_many({"_id": {"$in": back}}, {"$set": {"unreachable_since": None}})
    await staged.update_many(
        {"_id": {"$in": lost_ids}, "unreachable_since": None}, {"$set": {"unreachable_since": now}}
    )
    due = [file for file in lost if (since := file.get("unreachable_since")) and since <= now - STILL_READ_FOR][:most]
    due_ids = {file["_id"] for file in due}
    left = {by_checkpoint[file["checkpoint_id"]] for file in files if file["_id"] not in due_ids}
    hidden = [commit["_id"] for commit in commits if commit["_id"] not in reach]
    return _SortedOut(due, [commit for commit in hidden if commit not in left])


def _is_reached(file: dict[str, Any], reach: Intervals | None) -> bool:
    """Rows that checks kept out are looked at as long as anything of their commit is."""
    if reach is None or file["role"] == FileRole.QUARANTINE or file["min_event"] is None:
        return reach is not None
    return bool(reach.intersect(TimeRange(int(file["min_event"]), int(file["max_event"]) + 1)))


async def _remove(tools: Tools, sorted_out: _SortedOut) -> None:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(key: str) -> None:
        async with slots:
            await tools.objects.delete(key)

    await gathered([one(file["key"]) for file in sorted_out.due])
    due = [file["_id"] for file in sorted_out.due]
    await tools.database["staged_files"].delete_many({"_id": {"$in": due}})
    await tools.database["commits"].delete_many({"_id": {"$in": sorted_out.empty}})

"""The offline store: immutable files, and the commits that say which of their rows are visible."""

from dataclasses import dataclass, replace
from typing import Any

from beanie import PydanticObjectId
from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.documents.commits import FileRole
from graphql_api.domain.times import Intervals, TimeRange

ALL_TIME = TimeRange(-(1 << 63), 1 << 63)


@dataclass(frozen=True, slots=True)
class VisibleFile:
    """A committed file, and the moments at which its rows are visible (`ranges` empty: all of them are).

    `latest` is the newest event timestamp that may be visible."""

    key: str
    sha256: str
    bytes: int
    rows: int
    commit: int
    run_id: str
    ranges: tuple[TimeRange, ...]
    latest: int


class OfflineStore:
    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._database = database

    async def visible(
        self, data_id: int, window: TimeRange = ALL_TIME, *, up_to: int | None = None
    ) -> list[VisibleFile]:
        """What a reader sees in a window, as of a commit (by default the last): within a commit's range the files
        of its run alone, and so later commits hide earlier ones."""
        where: dict[str, object] = {"data_id": data_id}
        if up_to is not None:
            where["number"] = {"$lte": up_to}
        open_to_earlier = Intervals.of((window,))
        found: list[VisibleFile] = []
        commits = await self._database["commits"].find(where, sort=[("number", -1)]).to_list()
        for commit in commits:
            extent = _extent(commit)
            seen = open_to_earlier.intersect(extent)
            if seen:
                found += await self._files(commit, seen)
                open_to_earlier = open_to_earlier.subtract(extent)
            if not open_to_earlier:
                break
        return found

    async def ever_visible(self, data_id: int, window: TimeRange, *, since: int, up_to: int) -> list[VisibleFile]:
        """What a reader has seen in a window as of any commit from `since` to `up_to`; each file once."""
        where: dict[str, object] = {"data_id": data_id, "number": {"$gt": since, "$lte": up_to}}
        commits = await self._database["commits"].find(where, {"number": 1, "start": 1, "end": 1}).to_list()
        numbers = {since} | {int(commit["number"]) for commit in commits if _extent(commit).overlaps(window)}
        found: dict[str, VisibleFile] = {}
        for number in sorted(numbers):
            for file in await self.visible(data_id, window, up_to=number):
                found[file.key] = _both(found[file.key], file) if file.key in found else file
        return list(found.values())

    async def _files(self, commit: dict[str, Any], seen: Intervals) -> list[VisibleFile]:
        files = self._database["staged_files"].find(
            {
                "run_id": commit["run_id"],
                "checkpoint_id": {"$in": commit["checkpoints"]},
                "role": {"$in": [FileRole.ROWS, FileRole.KEPT]},
                "rows": {"$gt": 0},
            },
            sort=[("min_event", 1), ("key", 1)],
        )
        return [visible async for file in files if (visible := _cut(file, commit, seen))]

    async def files_of(
        self, run_id: PydanticObjectId, checkpoints: tuple[PydanticObjectId, ...]
    ) -> list[dict[str, Any]]:
        """Everything that these checkpoints of a run staged."""
        where = {"run_id": run_id, "checkpoint_id": {"$in": checkpoints}}
        return await self._database["staged_files"].find(where, sort=[("min_event", 1), ("key", 1)]).to_list()


def _extent(commit: dict[str, Any]) -> TimeRange:
    return ALL_TIME if commit["start"] is None else TimeRange(int(commit["start"]), int(commit["end"]))


def _both(one: VisibleFile, other: VisibleFile) -> VisibleFile:
    """The same file, as far as it is visible in either."""
    everywhere = not (one.ranges and other.ranges)
    ranges = () if everywhere else Intervals.of((*one.ranges, *other.ranges)).ranges
    return replace(one, ranges=ranges, latest=max(one.latest, other.latest))


def _cut(file: dict[str, Any], commit: dict[str, Any], seen: Intervals) -> VisibleFile | None:
    # MongoDB gives 64-bit numbers as a type of its own, which does not cross the border of the sandbox.
    extent = TimeRange(int(file["min_event"]), int(file["max_event"]) + 1)
    part = seen.intersect(extent)
    if not part:
        return None
    return VisibleFile(
        key=file["key"],
        sha256=file["sha256"],
        bytes=int(file["bytes"]),
        rows=int(file["rows"]),
        commit=int(commit["number"]),
        run_id=str(commit["run_id"]),
        ranges=() if part.covers(extent) else tuple(part),
        latest=min(int(file["max_event"]), part.ranges[-1].end - 1),
    )

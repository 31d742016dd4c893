"""The offline store: immutable files, and the commits that say which of their rows are visible."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from beanie import PydanticObjectId
from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.documents.commits import FileRole
from graphql_api.domain.key_bounds import Key, KeyBounds, ordered
from graphql_api.domain.times import Intervals, TimeRange, utc_now
from graphql_api.errors import NotFound
from graphql_api.stores.pins import pinned_commits

ALL_TIME = TimeRange(-(1 << 63), (1 << 63) - 1)
"""As far as MongoDB has integers."""
_COMMITS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class VisibleFile:
    """A committed file, and the moments at which its rows are visible (`ranges` empty: all of them are).

    `earliest` and `latest` bound the event timestamps that may be visible. A row's commit and run are `commit` and
    `run_id`, unless the file says them itself, in columns. `bounds` None: any key may be in it."""

    key: str
    sha256: str
    bytes: int
    rows: int
    commit: int
    run_id: str
    ranges: tuple[TimeRange, ...]
    earliest: int
    latest: int
    bounds: KeyBounds | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A commit, and where in time nothing later hides it."""

    commit: dict[str, Any]
    open: Intervals

    @property
    def number(self) -> int:
        return int(self.commit["number"])


class OfflineStore:
    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._database = database

    async def visible(
        self,
        data_id: int,
        window: TimeRange = ALL_TIME,
        *,
        up_to: int | None = None,
        keys: Collection[Key] | None = None,
    ) -> list[VisibleFile]:
        """What a reader sees in a window, as of a commit (by default the last): within a commit's range the files
        of its run alone, and so later commits hide earlier ones.

        `keys`: of these entities alone (moments as microseconds). Files that cannot have a row of them are left out;
        the others hold rows of other entities too.

        What is returned stays where it is for a day at least, whatever becomes of it meanwhile.

        Raises NotFound for a commit that is further back than what is kept."""
        if up_to is not None:
            await self._require_kept(data_id, up_to)
        seen = await self.seen(data_id, window, up_to=up_to)
        found: list[VisibleFile] = []
        for first in range(0, len(seen), _COMMITS_A_QUERY):
            found += await self._files(seen[first : first + _COMMITS_A_QUERY], window)
        return found if keys is None else holding(found, keys)

    async def _require_kept(self, data_id: int, number: int) -> None:
        copy = await self._database["data_copies"].find_one({"_id": data_id}, {"history_from": 1})
        first = int((copy or {}).get("history_from", 0))
        if number < first and number not in await pinned_commits(self._database, data_id, utc_now()):
            raise NotFound(
                f"How the data was as of its commit {number} is not kept any more: the earliest that can be read is "
                f"{first}."
            )

    async def seen(self, data_id: int, window: TimeRange = ALL_TIME, *, up_to: int | None = None) -> list[Seen]:
        """The commits that a reader sees, the latest first."""
        where: dict[str, object] = {"data_id": data_id}
        if up_to is not None:
            where["number"] = {"$lte": up_to}
        open_to_earlier = Intervals.of((window,))
        found: list[Seen] = []
        async with self._database["commits"].find(where, sort=[("number", -1)]) as commits:
            async for commit in commits:
                extent = extent_of(commit)
                part = open_to_earlier.intersect(extent)
                if part:
                    found.append(Seen(commit, part))
                    open_to_earlier = open_to_earlier.subtract(extent)
                if not open_to_earlier:
                    break
        return found

    async def ever_visible(self, data_id: int, window: TimeRange, *, since: int, up_to: int) -> list[VisibleFile]:
        """What a reader has seen in a window as of any commit from `since` to `up_to`; each file once."""
        where: dict[str, object] = {"data_id": data_id, "number": {"$gt": since, "$lte": up_to}}
        commits = await self._database["commits"].find(where, {"number": 1, "start": 1, "end": 1}).to_list()
        numbers = {since} | {int(commit["number"]) for commit in commits if extent_of(commit).overlaps(window)}
        found: dict[str, VisibleFile] = {}
        for number in sorted(numbers):
            for file in await self.visible(data_id, window, up_to=number):
                found[file.key] = _both(found[file.key], file) if file.key in found else file
        return list(found.values())

    async def _files(self, seen: Sequence[Seen], window: TimeRange) -> list[VisibleFile]:
        """Those of each commit by event timestamp, in the order of the commits."""
        where: dict[str, object] = {
            "run_id": {"$in": [one.commit["run_id"] for one in seen]},
            "role": {"$in": [FileRole.ROWS, FileRole.KEPT]},
            "rows": {"$gt": 0},
        }
        if window != ALL_TIME:
            where |= {"min_event": {"$lt": window.end}, "max_event": {"$gte": window.start}}
        places = {checkpoint: place for place, one in enumerate(seen) for checkpoint in one.commit["checkpoints"]}
        staged = await self._database["staged_files"].find(where).to_list()
        files = [file for file in staged if file["checkpoint_id"] in places]
        files.sort(key=lambda file: (places[file["checkpoint_id"]], int(file["min_event"]), file["key"]))
        return [visible for file in files if (visible := _cut(file, seen[places[file["checkpoint_id"]]]))]

    async def files_of(
        self, run_id: PydanticObjectId, checkpoints: tuple[PydanticObjectId, ...]
    ) -> list[dict[str, Any]]:
        """Everything that these checkpoints of a run staged."""
        where = {"run_id": run_id, "checkpoint_id": {"$in": checkpoints}}
        return await self._database["staged_files"].find(where, sort=[("min_event", 1), ("key", 1)]).to_list()


def extent_of(commit: dict[str, Any]) -> TimeRange:
    """What a commit hides of earlier ones."""
    return ALL_TIME if commit["start"] is None else TimeRange(int(commit["start"]), int(commit["end"]))


def holding(files: Iterable[VisibleFile], keys: Collection[Key]) -> list[VisibleFile]:
    """Those that may have a row of one of these entities."""
    wanted = ordered(keys)
    return [file for file in files if wanted and (file.bounds is None or file.bounds.may_hold(wanted))]


def _both(one: VisibleFile, other: VisibleFile) -> VisibleFile:
    """The same file, as far as it is visible in either."""
    everywhere = not (one.ranges and other.ranges)
    ranges = () if everywhere else Intervals.of((*one.ranges, *other.ranges)).ranges
    earliest, latest = min(one.earliest, other.earliest), max(one.latest, other.latest)
    return replace(one, ranges=ranges, earliest=earliest, latest=latest)


def _cut(file: dict[str, Any], seen: Seen) -> VisibleFile | None:
    # MongoDB gives 64-bit numbers as a type of its own, which does not cross the border of the sandbox.
    extent = TimeRange(int(file["min_event"]), int(file["max_event"]) + 1)
    part = seen.open.intersect(extent)
    if not part:
        return None
    return VisibleFile(
        key=file["key"],
        sha256=file["sha256"],
        bytes=int(file["bytes"]),
        rows=int(file["rows"]),
        commit=seen.number,
        run_id=str(seen.commit["run_id"]),
        ranges=() if part.covers(extent) else tuple(part),
        earliest=max(int(file["min_event"]), part.ranges[0].start),
        latest=min(int(file["max_event"]), part.ranges[-1].end - 1),
        bounds=_bounds(file),
    )


def _bounds(file: dict[str, Any]) -> KeyBounds | None:
    """None where no bounds were kept, or the view has no keys."""
    first, last = file.get("first_key"), file.get("last_key")
    return KeyBounds(tuple(first), None if last is None else tuple(last)) if first else None

"""The offline store: immutable Parquet objects, of which a reader sees those that commits name.

Within a commit's range its run's files count, and nothing of earlier commits; so what is visible is found from the
newest commit backwards, each one cut to what later ones left.
"""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from beanie import PydanticObjectId
from pymongo import DESCENDING

from graphql_api.documents.commits import CommitDocument, FileRole, StagedFileDocument
from graphql_api.documents.raw import collection_of, parsed
from graphql_api.domain.gathering import gathered
from graphql_api.domain.times import Intervals, TimeRange
from graphql_api.engines.shapes import Slice, Staged
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore

ALWAYS = TimeRange(-(1 << 63), (1 << 63) - 1)
_AT_ONCE = 8
_VISIBLE = (FileRole.ROWS, FileRole.KEPT)


@dataclass(frozen=True, slots=True)
class VisibleFile:
    """A committed file, and where in it rows are visible (`ranges` None: everywhere)."""

    file: StagedFileDocument
    commit: int
    run_id: PydanticObjectId
    ranges: Intervals | None

    @property
    def latest_event(self) -> int | None:
        """No visible row is later; exact where the file's latest row is visible."""
        latest = self.file.max_event
        if latest is None or self.ranges is None:
            return latest
        return max((min(latest, piece.end - 1) for piece in self.ranges if piece.start <= latest), default=None)


class OfflineStore:
    """Rows at rest: staged under new names, visible through commits, read through a local cache."""

    def __init__(self, objects: ObjectStore, cache: FileCache) -> None:
        self._objects = objects
        self._cache = cache

    async def stage(
        self, staged: Staged, *, data_id: int, run_id: PydanticObjectId, checkpoint_id: PydanticObjectId, name: str
    ) -> StagedFileDocument:
        """Store a file that the engine made, under a key that was never used; it is invisible until a commit."""
        key = f"data/{data_id:x}/{run_id}/{name}-{secrets.token_hex(6)}.parquet"
        await self._objects.put_file(key, Path(staged.path))
        return StagedFileDocument(
            run_id=run_id,
            checkpoint_id=checkpoint_id,
            role=FileRole(staged.role),
            key=key,
            sha256=staged.sha256,
            bytes=staged.bytes,
            rows=staged.rows,
            min_event=staged.min_event,
            max_event=staged.max_event,
        )

    async def visible(self, data_id: int, *, as_of: int, window: TimeRange = ALWAYS) -> list[VisibleFile]:
        """The files whose rows a reader as of commit `as_of` sees in `window`."""
        seen = await _seen_commits(data_id, as_of, window)
        by_checkpoint = {checkpoint: (commit, left) for commit, left in seen for checkpoint in commit.checkpoints}
        files = await self.files(by_checkpoint, _VISIBLE)
        return [
            VisibleFile(file, commit.number, commit.run_id, left)
            for file in files
            for commit, left in [by_checkpoint[file.checkpoint_id]]
            if left is None or _holds_rows_in(file, left)
        ]

    async def files(
        self, checkpoints: Iterable[PydanticObjectId], roles: Sequence[FileRole]
    ) -> list[StagedFileDocument]:
        """The files of some checkpoints, oldest rows first."""
        found = collection_of(StagedFileDocument).find(
            {"checkpoint_id": {"$in": list(checkpoints)}, "role": {"$in": list(roles)}}
        )
        return [parsed(StagedFileDocument, raw) async for raw in found.sort([("min_event", 1), ("_id", 1)])]

    async def fetch(self, files: Sequence[StagedFileDocument], folder: Path) -> list[Path]:
        """The files, in the same order, as local ones in `folder`. Raises NotFound, RunFault, Unavailable."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(file: StagedFileDocument) -> Path:
            async with places:
                found = ObjectInfo(self._objects.uri(file.key), "", file.bytes)
                return await self._cache.fetch(found, folder, sha256=file.sha256)

        return await gathered([one(file) for file in files])

    async def slices(self, visible: Sequence[VisibleFile], folder: Path) -> list[Slice]:
        paths = await self.fetch([one.file for one in visible], folder)
        return [
            Slice(
                path=str(path),
                commit=one.commit,
                run_id=str(one.run_id),
                ranges=[] if one.ranges is None else [(piece.start, piece.end) for piece in one.ranges],
            )
            for path, one in zip(paths, visible, strict=True)
        ]


async def _seen_commits(data_id: int, as_of: int, window: TimeRange) -> list[tuple[CommitDocument, Intervals | None]]:
    """Commits of which something is visible in the window, and what; None: all that it holds."""
    left = Intervals.of([window])
    seen: list[tuple[CommitDocument, Intervals | None]] = []
    commits = collection_of(CommitDocument).find({"data_id": data_id, "number": {"$lte": as_of}})
    async for raw in commits.sort("number", DESCENDING):
        commit = parsed(CommitDocument, raw)
        whole = ALWAYS if commit.start is None else TimeRange(commit.start, commit.end)
        part = left.intersect(whole)
        if part:
            seen.append((commit, None if part.covers(whole) else part))
            left = left.subtract(whole)
        if not left:
            break
    return seen


def _holds_rows_in(file: StagedFileDocument, pieces: Intervals) -> bool:
    if file.min_event is None or file.max_event is None:
        return False
    return bool(pieces.intersect(TimeRange(file.min_event, file.max_event + 1)))

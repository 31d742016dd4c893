"""What is visible of copies of data, brought beside a computation as local files."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from graphql_api.domain.gathering import gathered
from graphql_api.domain.times import TimeRange
from graphql_api.engines.shapes import Slice
from graphql_api.errors import LimitExceeded
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore
from graphql_api.stores.offline import ALL_TIME, OfflineStore, VisibleFile

_FETCHES_AT_ONCE = 8


class OfflineRows:
    def __init__(self, *, store: OfflineStore, objects: ObjectStore, cache: FileCache) -> None:
        self.store = store
        self.cache = cache
        self._objects = objects

    async def bring(
        self, files: Sequence[Sequence[VisibleFile]], folder: Path, *, most_bytes: int | None = None
    ) -> list[list[Slice]]:
        """Slices over files in `folder`, for each list of visible ones.

        Raises LimitExceeded for more than `most_bytes`, Unavailable, NotFound for a file that was removed since."""
        total = sum({file.key: file.bytes for one in files for file in one}.values())
        if most_bytes is not None and total > most_bytes:
            raise LimitExceeded(
                f"{total:,} bytes of files would be read, more than {most_bytes:,}: make a training data set of it."
            )
        slots = asyncio.Semaphore(_FETCHES_AT_ONCE)

        async def one(file: VisibleFile) -> Slice:
            async with slots:
                found = ObjectInfo(self._objects.uri(file.key), "", file.bytes)
                path = await self.cache.fetch(found, folder, sha256=file.sha256)
            ranges = [(piece.start, piece.end) for piece in file.ranges]
            return Slice(path=str(path), commit=file.commit, run_id=file.run_id, ranges=ranges)

        return [await gathered([one(file) for file in held]) for held in files]


def available_by(moment: int, delay: int) -> TimeRange:
    """Rows with later events than these were not available at the moment, whenever they became known."""
    return TimeRange(ALL_TIME.start, moment - delay + 1)


def paths_of(slices: Sequence[Sequence[Slice]]) -> list[str]:
    return list(dict.fromkeys(piece.path for held in slices for piece in held))

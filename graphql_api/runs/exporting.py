"""A copy of data as a Delta table: what changed since the last export, as of the last commit, in one step."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graphql_api.documents.commits import CommitKind
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.times import Intervals
from graphql_api.engines.shapes import MergeRows, View
from graphql_api.errors import Conflict, NotFound
from graphql_api.runs.dataset_files import delete_all
from graphql_api.runs.files import bring_files
from graphql_api.runs.leases import renewed, rest, take
from graphql_api.runs.log import Database
from graphql_api.runs.shaping import rows_of
from graphql_api.runs.tools import Tools
from graphql_api.stores.delta import DeltaPlace, ExportTable, remove_from_folder, require_safe, schema_of, widened
from graphql_api.stores.offline import ALL_TIME, OfflineStore, VisibleFile, extent_of

LEASE_SECONDS = 60.0
PIECE_BYTES = 256 << 20
"""So much of the data is on the local disk, and computed, at once."""
_BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Exported:
    """What the table held before, and holds now: the data as of these commits. Equal: nothing had changed."""

    uri: str
    before: int
    now: int


async def export(tools: Tools, version: FeatureViewVersionDocument, place: DeltaPlace, *, owner: str) -> Exported:
    """Bring the table up to the last commit of the version's data.

    Raises NotFound where the data is gone, InvalidInput where the place is not safe or not ours, Conflict where there
    is no data yet or somebody else is writing there, RunFault where a file of the data is gone."""
    await require_safe(place, tools.objects)
    async with _sole_writer(tools.database, place, owner):
        copy = await _copy_of(tools.database, version)
        table = ExportTable(place, f"j-feature-store:{copy.project_id}:{copy.id:x}")
        before = await asyncio.to_thread(table.open, schema_of(rows_of(version, copy)), version.reference)
        if before > copy.last_commit:
            raise Conflict(
                f"{place.uri} holds the data as of its commit {before}, and the last one here is {copy.last_commit}: "
                "export to a new place."
            )
        changed = await _changed(tools.database, copy, before)
        if before and not changed:
            return Exported(place.uri, before, before)
        whole = not before or version.is_static
        await _replace(tools, copy, version, table, None if whole else widened(changed))
        await _tidy(tools, table, place)
    return Exported(place.uri, before, copy.last_commit)


async def _copy_of(database: Database, version: FeatureViewVersionDocument) -> DataCopyDocument:
    """As it is once nobody else writes to the place: another export may have brought a commit there just before."""
    raw = await database["data_copies"].find_one({"_id": version.data_id})
    if raw is None:
        raise NotFound(f"The data of {version.reference} is gone.")
    copy = DataCopyDocument.model_validate(raw)
    if not copy.last_commit:
        raise Conflict(f"{version.reference} holds no data yet: materialize it first.")
    return copy


async def _tidy(tools: Tools, table: ExportTable, place: DeltaPlace) -> None:
    left = await asyncio.to_thread(table.tidy)
    if place.key is None:
        await asyncio.to_thread(remove_from_folder, Path(place.uri), left)
    else:
        await delete_all(tools.objects, [f"{place.key}/{name}" for name in left])


async def _changed(database: Database, copy: DataCopyDocument, since: int) -> Intervals:
    """Where commits since then have replaced rows.

    Merged files change none. But where history is gone, the commits that did may be gone with it, and be hidden by a
    merge alone."""
    where: dict[str, object] = {"data_id": copy.id, "number": {"$gt": since, "$lte": copy.last_commit}}
    if since >= copy.history_from:
        where["kind"] = {"$ne": CommitKind.COMPACTION}
    commits = await database["commits"].find(where, {"start": 1, "end": 1}).to_list()
    return Intervals.of(extent_of(commit) for commit in commits)


async def _replace(
    tools: Tools,
    copy: DataCopyDocument,
    version: FeatureViewVersionDocument,
    table: ExportTable,
    ranges: Intervals | None,
) -> None:
    view, store = rows_of(version, copy), OfflineStore(tools.database)
    windows = (ALL_TIME,) if ranges is None else ranges.ranges
    files = [file for window in windows for file in await store.visible(copy.id, window, up_to=copy.last_commit)]
    schema = schema_of(view)
    with tools.cache.folder() as folder:
        async with contextlib.aclosing(_pieces(tools, view, files, folder)) as pieces:
            rows = _Rows(pieces, schema)
            writing = asyncio.ensure_future(
                asyncio.to_thread(table.replace, ranges, schema, rows.batches(), commit=copy.last_commit)
            )
            try:
                await asyncio.shield(writing)
            finally:
                await rows.stop(writing)


async def _pieces(tools: Tools, view: View, files: Sequence[VisibleFile], folder: Path) -> AsyncGenerator[Path]:
    """The files' visible rows as local files, one after the other; each is gone when the next is asked for."""
    for number, group in enumerate(_grouped(files)):
        paths: list[Path] = []
        with tools.cache.folder() as inputs:
            slices = await bring_files(tools, group, inputs)
            async with tools.boxes.lease() as box:
                request = MergeRows(view=view, slices=slices, files=1, folder=str(box.folder))
                for made in await box.call(request, readable=[piece.path for piece in slices]):
                    paths.append(folder / f"{number}-{Path(made.path).name}")
                    await asyncio.to_thread(shutil.move, made.path, paths[-1])
        for path in paths:
            yield path
            path.unlink()


def _grouped(files: Sequence[VisibleFile]) -> Iterator[list[VisibleFile]]:
    group: list[VisibleFile] = []
    for file in files:
        if group and sum(held.bytes for held in group) + file.bytes > PIECE_BYTES:
            yield group
            group = []
        group.append(file)
    if group:
        yield group


class _Rows:
    """The pieces' rows for a thread, while the loop makes the next piece."""

    def __init__(self, pieces: AsyncIterator[Path], schema: pa.Schema) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces = pieces
        self._schema = schema
        self._making: asyncio.Task[Path | None] | None = None
        self._stopped = False

    def batches(self) -> Generator[pa.RecordBatch]:
        while (piece := asyncio.run_coroutine_threadsafe(self._following(), self._loop).result()) is not None:
            with pq.ParquetFile(piece) as file:
                for batch in file.iter_batches(_BATCH_ROWS):  # pyright: ignore[reportUnknownMemberType]
                    if self._stopped:
                        raise InterruptedError("the export was stopped")
                    yield batch.cast(self._schema)

    async def _following(self) -> Path | None:
        if self._stopped:
            raise InterruptedError("the export was stopped")
        self._making = asyncio.ensure_future(anext(self._pieces, None))
        return await self._making

    async def stop(self, thread: asyncio.Future[None]) -> None:
        """Return when the thread has ended, which gets no further rows; only then can the pieces be closed."""
        self._stopped = True
        while not thread.done():
            if self._making is not None:
                self._making.cancel()
            await asyncio.wait([thread], timeout=1.0)
        if not thread.cancelled():
            thread.exception()


@asynccontextmanager
async def _sole_writer(database: Database, place: DeltaPlace, owner: str) -> AsyncGenerator[None]:
    """The lease saves work that would be for nothing: of two writers the table's log lets one win."""
    chore = f"delta export {place.uri}"
    try:  # around the taking too: who is stopped before the answer comes may have the lease
        if await take(database, chore, owner, LEASE_SECONDS) is None:
            raise Conflict(f"Another export to {place.uri} is under way, or ended without a word in the last minute.")
        async with renewed(database, chore, owner, LEASE_SECONDS):
            yield
    finally:
        await rest(database, chore, owner, -1)

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
from graphql_api.errors import Conflict
from graphql_api.runs.files import bring_files
from graphql_api.runs.leases import rest, take
from graphql_api.runs.log import Database
from graphql_api.runs.shaping import rows_of
from graphql_api.runs.tools import Tools
from graphql_api.stores.delta import DeltaPlace, ExportTable, require_safe, schema_of, widened
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


async def export(
    tools: Tools, copy: DataCopyDocument, version: FeatureViewVersionDocument, place: DeltaPlace, *, owner: str
) -> Exported:
    """Bring the table up to the last commit.

    Raises InvalidInput where the place is not safe or not ours, Conflict where somebody else is writing there, RunFault
    where a file of the data is gone."""
    await require_safe(place, tools.objects)
    async with _sole_writer(tools.database, place, owner):
        table = ExportTable(place, f"j-feature-store:{copy.project_id}:{copy.id:x}")
        before = await asyncio.to_thread(table.open)
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
        await asyncio.to_thread(table.tidy)
    return Exported(place.uri, before, copy.last_commit)


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
            batches = _batches(asyncio.get_running_loop(), pieces, schema)
            await asyncio.to_thread(
                table.replace, ranges, schema, batches, commit=copy.last_commit, title=version.reference
            )


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


def _batches(
    loop: asyncio.AbstractEventLoop, pieces: AsyncIterator[Path], schema: pa.Schema
) -> Generator[pa.RecordBatch]:
    """For a thread, while the loop makes the next piece."""

    async def following() -> Path | None:
        return await anext(pieces, None)

    while (piece := asyncio.run_coroutine_threadsafe(following(), loop).result()) is not None:
        with pq.ParquetFile(piece) as file:
            for batch in file.iter_batches(_BATCH_ROWS):  # pyright: ignore[reportUnknownMemberType]
                yield batch.cast(schema)


@asynccontextmanager
async def _sole_writer(database: Database, place: DeltaPlace, owner: str) -> AsyncGenerator[None]:
    """The lease saves work that would be for nothing: of two writers the table's log lets one win."""
    chore = f"delta export {place.uri}"
    if await take(database, chore, owner, LEASE_SECONDS) is None:
        raise Conflict(f"Another export to {place.uri} is under way, or ended without a word in the last minute.")
    renewing = asyncio.create_task(_renew(database, chore, owner))
    try:
        yield
    finally:
        renewing.cancel()
        await rest(database, chore, owner, -1)


async def _renew(database: Database, chore: str, owner: str) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        await rest(database, chore, owner, LEASE_SECONDS)

"""A few rows of files, for people to look at. What reads them is a sandboxed child: files of users can be anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.documents.commits import FileRole, StagedFileDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.engines.shapes import FileColumn, ReadRows, Rows
from graphql_api.errors import RunFault, Unavailable
from graphql_api.sandbox.pool import Sandbox, SandboxPool
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore

SECONDS = 20.0
FILES = 20
"""How many files are looked into at most: the first of them may be empty."""


@dataclass(frozen=True, slots=True)
class _File:
    info: ObjectInfo
    sha256: str | None = None


class Previews:
    def __init__(self, *, objects: ObjectStore, cache: FileCache, sandbox: SandboxPool) -> None:
        self._objects = objects
        self._cache = cache
        self._sandbox = sandbox

    async def of_source(self, source: DataSourceDocument, first: int) -> Rows:
        """The first rows that lie there now, in the order of the files' names. Raises Unavailable."""
        found = [one for uri in source.uris for one in await self._objects.list(uri)]
        return await self._rows([_File(one) for one in found], first)

    async def of_quarantine(self, run: MaterializationDocument, first: int) -> Rows:
        """Rows that the run's checks kept out, of the chunks that count. Raises Unavailable."""
        files = (
            await StagedFileDocument.find(
                {"run_id": run.id, "role": FileRole.QUARANTINE, "checkpoint_id": {"$in": list(run.checkpoints)}}
            )
            .sort("min_event", "_id")
            .to_list()
        )
        held = [_File(ObjectInfo(self._objects.uri(one.key), "", one.bytes), one.sha256) for one in files if one.rows]
        return await self._rows(held, first)

    async def of_dataset(self, run: TrainingDatasetDocument, first: int) -> Rows:
        """The first rows of a training data set, in the order of its files. Raises Unavailable."""
        held = [_File(ObjectInfo(self._objects.uri(one.key), "", one.bytes), one.sha256) for one in run.files]
        return await self._rows(held, first)

    async def _rows(self, files: Sequence[_File], first: int) -> Rows:
        columns: list[FileColumn] = []
        rows: list[list[object]] = []
        with self._cache.folder() as folder:
            async with self._sandbox.lease() as box:
                for file in files[:FILES]:
                    path = str(await self._cache.fetch(file.info, folder, sha256=file.sha256))
                    read = await _read(box, path, first - len(rows))
                    columns = columns or read.columns
                    rows += read.rows if read.columns == columns else []
                    if len(rows) >= first:
                        break
        return Rows(columns, rows)


async def _read(box: Sandbox, path: str, limit: int) -> Rows:
    try:
        return await box.call(ReadRows([path], limit), readable=[path], seconds=SECONDS)
    except RunFault as fault:
        raise Unavailable(f"The rows cannot be read: {fault.message}") from fault

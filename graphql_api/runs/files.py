"""Immutable Parquet files of the offline store, between the local disk and the object store."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from beanie import PydanticObjectId

from graphql_api.documents.base import new_id
from graphql_api.documents.commits import FileRole
from graphql_api.domain.gathering import gathered
from graphql_api.domain.key_bounds import stored_bounds
from graphql_api.engines.shapes import Slice, Staged
from graphql_api.errors import NotFound, RunFault
from graphql_api.runs.tools import Tools
from graphql_api.stores.objects import ObjectInfo
from graphql_api.stores.offline import VisibleFile

_AT_ONCE = 4


def staged_document(
    file: Staged, key: str, *, run_id: PydanticObjectId, checkpoint_id: PydanticObjectId
) -> dict[str, object]:
    """What is kept of a file that was stored under a key."""
    return {
        "_id": new_id(),
        "run_id": run_id,
        "checkpoint_id": checkpoint_id,
        "role": FileRole(file.role),
        "key": key,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "rows": file.rows,
        "min_event": file.min_event,
        "max_event": file.max_event,
        **stored_bounds(file.first_key, file.last_key),
    }


async def bring_files(
    tools: Tools, files: Iterable[VisibleFile], folder: Path, made: Mapping[str, Path] | None = None
) -> list[Slice]:
    """The files as local ones in `folder`, in their order, each with where its rows are visible; what was `made` here
    is taken from there. Raises RunFault where one is gone or damaged, Unavailable."""
    slots = asyncio.Semaphore(_AT_ONCE)
    held = made or {}

    async def one(file: VisibleFile) -> Slice:
        async with slots:
            path = held.get(file.key) or await _fetch(tools, file, folder)
            ranges = [(piece.start, piece.end) for piece in file.ranges]
            return Slice(path=str(path), commit=file.commit, run_id=file.run_id, ranges=ranges)

    return await gathered([one(file) for file in files])


async def _fetch(tools: Tools, file: VisibleFile, folder: Path) -> Path:
    info = ObjectInfo(tools.objects.uri(file.key), "", file.bytes)
    try:
        return await tools.cache.fetch(info, folder, sha256=file.sha256)
    except NotFound as error:
        raise RunFault("DATA_DAMAGED", f"{info.uri}, which a run has written, is gone.") from error

"""What a run reads: frozen once, by whichever attempt comes first, and the same for all that follow."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from beanie import PydanticObjectId
from pymongo.errors import DuplicateKeyError

from graphql_api.documents.base import new_id
from graphql_api.documents.materializations import FrozenObjectPart
from graphql_api.domain.gathering import gathered
from graphql_api.errors import Conflict, NotFound, RunFault
from graphql_api.runs.log import Database
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore

Frozen = Mapping[str, tuple[FrozenObjectPart, ...]]
"""The objects of each source, by the source's name."""
_FETCHES_AT_ONCE = 8


async def freeze(
    database: Database, objects: ObjectStore, run_id: PydanticObjectId, places: Mapping[str, Sequence[str]]
) -> Frozen:
    """List what lies at the places of each source, by its name, unless an attempt has done so before: what was written
    first holds."""
    frozen = await frozen_of(database, run_id)
    for name, uris in places.items():
        if name not in frozen:
            found = {info.uri: info for uri in uris for info in await objects.list(uri)}
            await _keep(database, run_id, name, [found[uri] for uri in sorted(found)])
    return await frozen_of(database, run_id)


async def frozen_of(database: Database, run_id: PydanticObjectId) -> Frozen:
    documents = await database["frozen_inputs"].find({"run_id": run_id}).to_list()
    return {
        document["source_name"]: tuple(FrozenObjectPart.model_validate(part) for part in document["objects"])
        for document in documents
    }


async def _keep(database: Database, run_id: PydanticObjectId, name: str, found: Sequence[ObjectInfo]) -> None:
    try:
        await database["frozen_inputs"].insert_one(
            {
                "_id": new_id(),
                "run_id": run_id,
                "source_name": name,
                "objects": [{"uri": info.uri, "etag": info.etag, "size": info.size} for info in found],
            }
        )
    except DuplicateKeyError:
        return


async def bring(cache: FileCache, frozen: Frozen, folder: Path) -> dict[str, list[tuple[str, Path]]]:
    """Every frozen object as a local file, beside its uri. Raises RunFault, naming one that has changed since."""
    slots = asyncio.Semaphore(_FETCHES_AT_ONCE)

    async def one(part: FrozenObjectPart) -> tuple[str, Path]:
        async with slots:
            return part.uri, await _fetch(cache, part, folder)

    return {name: await gathered([one(part) for part in parts]) for name, parts in frozen.items()}


async def _fetch(cache: FileCache, part: FrozenObjectPart, folder: Path) -> Path:
    try:
        return await cache.fetch(ObjectInfo(part.uri, part.etag, part.size), folder)
    except (Conflict, NotFound) as error:
        gone = "is gone" if isinstance(error, NotFound) else "has changed"
        raise RunFault(
            "INPUT_CHANGED",
            f"{part.uri} {gone} since the run froze its inputs, before it was read.",
            hint="Start another run: it reads what is there now. Write new objects instead of changing old ones.",
        ) from error

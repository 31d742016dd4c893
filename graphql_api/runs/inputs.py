"""What a run may read: the objects of its sources as they were when it froze them."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from beanie import PydanticObjectId

from graphql_api.documents.data_sources import SourcePart
from graphql_api.documents.materializations import FrozenInputsDocument, FrozenObjectPart
from graphql_api.domain.gathering import gathered
from graphql_api.errors import Conflict, NotFound, RunFault
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore

_OBJECTS_A_DOCUMENT = 20_000
_AT_ONCE = 8


async def freeze(
    run_id: PydanticObjectId, sources: Sequence[SourcePart], objects: ObjectStore
) -> list[FrozenInputsDocument]:
    """Write down what lies at the places of the sources now. Raises RunFault where a source has no object."""
    frozen: list[FrozenInputsDocument] = []
    for source in sources:
        found = sorted({info for uri in source.uris for info in await objects.list(uri)}, key=lambda info: info.uri)
        if not found:
            raise RunFault(
                "NO_INPUT",
                f"There is no object at {', '.join(source.uris)}, where the source {source.name} lies.",
                hint="Put its files there, or change the place in the source's definition.",
            )
        parts = [FrozenObjectPart(uri=info.uri, etag=info.etag, size=info.size) for info in found]
        frozen += [
            FrozenInputsDocument(
                run_id=run_id, source_name=source.name, objects=tuple(parts[begin : begin + _OBJECTS_A_DOCUMENT])
            )
            for begin in range(0, len(parts), _OBJECTS_A_DOCUMENT)
        ]
    if frozen:
        await FrozenInputsDocument.insert_many(frozen)
    return frozen


async def frozen_by(inputs: Sequence[PydanticObjectId]) -> list[FrozenInputsDocument]:
    return await FrozenInputsDocument.find({"_id": {"$in": list(inputs)}}).sort("_id").to_list()


class LocalInputs:
    """The frozen objects as local files, by source; and their names for people, who know places and not paths."""

    def __init__(self, paths: Mapping[str, Sequence[Path]], uris: Mapping[str, str]) -> None:
        self.paths = paths
        self._uris = uris

    @property
    def readable(self) -> list[str]:
        return list(self._uris)

    def in_words(self, text: str) -> str:
        """The text with places instead of local paths."""
        for path, uri in self._uris.items():
            text = text.replace(path, uri)
        return text


async def fetch(frozen: Sequence[FrozenInputsDocument], cache: FileCache, folder: Path) -> LocalInputs:
    """Bring what was frozen here. Raises RunFault naming the object that is gone or has changed; Unavailable."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(part: FrozenObjectPart) -> Path:
        async with places:
            try:
                return await cache.fetch(ObjectInfo(part.uri, part.etag, part.size), folder)
            except (NotFound, Conflict) as error:
                raise RunFault(
                    "INPUT_CHANGED",
                    f"{part.uri} is not what it was when the run froze its inputs.",
                    hint="Start a new run: it freezes them as they are then.",
                ) from error

    parts = [(document.source_name, part) for document in frozen for part in document.objects]
    found = await gathered([one(part) for _, part in parts])
    paths: dict[str, list[Path]] = {}
    for (name, _), path in zip(parts, found, strict=True):
        paths.setdefault(name, []).append(path)
    return LocalInputs(paths, {str(path): part.uri for (_, part), path in zip(parts, found, strict=True)})

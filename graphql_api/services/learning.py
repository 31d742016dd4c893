"""What a plan must know of the world: columns from the footers of files, types from SQL. Files and texts of users are
touched in the sandbox alone."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from graphql_api.definitions.columns import merged_columns, spread
from graphql_api.definitions.questions import Refusal
from graphql_api.definitions.side_by_side import side_by_side
from graphql_api.documents.base import ID
from graphql_api.engines.shapes import DescribeFiles, FileColumn, FileSchema
from graphql_api.errors import Conflict, InvalidInput, NotFound, RunFault, Unavailable
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.services.asking import QUESTION_SECONDS, Texts
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore

FETCHES = 8
SCHEMAS_KEPT = 20_000


OwnPlace = Callable[[ID, str], Awaitable[Refusal | None]]
"""May a source of the project lie there, in the bucket of this server, where what others wrote lies too?"""


class Learning:
    """Opens the answers for one plan. Schemas of files, which never change, are kept between plans."""

    def __init__(self, *, objects: ObjectStore, files: FileCache, sandboxes: SandboxPool, own_place: OwnPlace) -> None:
        self._own_place = own_place
        self._objects = objects
        self._files = files
        self._sandboxes = sandboxes
        self._schemas: dict[ObjectInfo, FileSchema] = {}

    @asynccontextmanager
    async def answers(self, project_id: ID) -> AsyncGenerator["Learned"]:
        """For a plan of this project."""
        async with Learned(self, project_id) as learned:
            yield learned

    async def found(self, project_id: ID, uri: str) -> list[ObjectInfo] | Refusal:
        """What lies at a place now; refused where a source of the project may not lie there. Raises Unavailable."""
        try:
            if self._objects.is_own(uri) and (refusal := await self._own_place(project_id, uri)):
                return refusal
            return await self._objects.list(uri)
        except NotFound:
            return []
        except InvalidInput as refused:
            return Refusal(refused.message, "Name a place there, or the uri of an upload.", uri)

    async def schemas(
        self, objects: Sequence[ObjectInfo], describe: "Describe"
    ) -> dict[ObjectInfo, FileSchema] | Refusal:
        """Of each object, fetched and described where it is not known yet. Raises Unavailable."""
        unknown = [found for found in objects if found not in self._schemas]
        learnt = await self._learn(unknown, describe) if unknown else {}
        if isinstance(learnt, Refusal):
            return learnt
        schemas = {found: learnt.get(found) or self._schemas[found] for found in objects}
        self._schemas |= learnt
        for found in list(self._schemas)[: max(0, len(self._schemas) - SCHEMAS_KEPT)]:
            del self._schemas[found]
        return schemas

    async def _learn(
        self, objects: Sequence[ObjectInfo], describe: "Describe"
    ) -> dict[ObjectInfo, FileSchema] | Refusal:
        with self._files.folder() as folder:
            slots = asyncio.Semaphore(FETCHES)
            paths = await side_by_side(self._fetch(found, folder, slots) for found in objects)
            readable = [str(path) for path in paths]
            try:
                schemas = await describe(readable)
            except RunFault as fault:
                return _unreadable(fault, dict(zip(readable, objects, strict=True)))
        return dict(zip(objects, schemas, strict=True))

    async def _fetch(self, found: ObjectInfo, folder: Path, slots: asyncio.Semaphore) -> Path:
        async with slots:
            try:
                return await self._files.fetch(found, folder)
            except (NotFound, Conflict) as changed:
                raise Unavailable(f"{found.uri} changed while it was read: plan again.", 1.0) from changed

    @property
    def sandboxes(self) -> SandboxPool:
        return self._sandboxes


Describe = Callable[[Sequence[str]], Awaitable[Sequence[FileSchema]]]
"""The schemas of local files, in order. Raises RunFault."""


class Learned(Texts):
    """The answers to the questions of one plan."""

    def __init__(self, learning: Learning, project_id: ID) -> None:
        super().__init__(learning.sandboxes)
        self._learning = learning
        self._project_id = project_id
        self._places: dict[str, list[ObjectInfo]] = {}

    async def place(self, uri: str) -> Refusal | None:
        found = await self._found(uri)
        return found if isinstance(found, Refusal) else None

    async def columns(self, uris: Sequence[str]) -> Sequence[FileColumn] | Refusal:
        objects: dict[str, ObjectInfo] = {}
        for uri in uris:
            found = await self._found(uri)
            if isinstance(found, Refusal):
                return found
            if not found:
                hint = "Upload a file there, or declare columns: [{name: …, type: …}], which then hold."
                return Refusal(f"No file matches {uri!r}.", hint, uri)
            objects |= {one.uri: one for one in found}
        chosen = [objects[uri] for uri in spread(list(objects))]
        schemas = await self._learning.schemas(chosen, self._describe)
        if isinstance(schemas, Refusal):
            return schemas
        return merged_columns([(one.uri, schemas[one]) for one in chosen])

    async def _found(self, uri: str) -> list[ObjectInfo] | Refusal:
        if uri not in self._places:
            found = await self._learning.found(self._project_id, uri)
            if isinstance(found, Refusal):
                return found
            self._places[uri] = found
        return self._places[uri]

    async def _describe(self, paths: Sequence[str]) -> Sequence[FileSchema]:
        async with self.child() as box:
            return await box.call(DescribeFiles(list(paths)), readable=paths, seconds=QUESTION_SECONDS)


def _unreadable(fault: RunFault, objects: Mapping[str, ObjectInfo]) -> Refusal:
    """The refusal in terms of places, since nobody knows the local files."""
    message = fault.message
    for path, found in objects.items():
        message = message.replace(path, found.uri)
    return Refusal(message, fault.hint or "A source holds Parquet files and nothing else.")

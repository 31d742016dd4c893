"""Spines of training data sets: where their rows lie, and what is wrong with them, as far as that is told at once."""

from collections.abc import Sequence

from beanie import PydanticObjectId

from graphql_api.definitions.problems import nearest
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.raw import collection_of
from graphql_api.documents.training_datasets import SpinePart
from graphql_api.domain.uploads import CSV
from graphql_api.engines.join_shapes import CheckSpine, Spine, SpineProblem
from graphql_api.errors import Conflict, InvalidInput, NotFound, Problem, RunFault, Unavailable
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.services.dataset_requests import SpineAsked
from graphql_api.services.uploads import Uploads
from graphql_api.serving.join_plan import JoinPlan
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore

CHECKED_BYTES = 64_000_000
"""A spine up to this size is looked into when it is named; what is wrong with a larger one fails the run."""
SECONDS = 20.0
_OF_THE_MOMENT = ("TIMED_OUT", "CANCELLED", "SANDBOX_DIED", "IO_FAILED")
"""Faults that another time may not have: the machine was busy, not the spine wrong."""
EVENT = "spine.eventTimestampColumn"


class Spines:
    def __init__(
        self,
        *,
        uploads: Uploads,
        objects: ObjectStore,
        cache: FileCache,
        sandbox: SandboxPool,
        seconds: float = SECONDS,
    ) -> None:
        self._uploads = uploads
        self._objects = objects
        self._cache = cache
        self._sandbox = sandbox
        self._seconds = seconds

    async def named(self, project_id: PydanticObjectId, asked: SpineAsked) -> SpinePart:
        """Raises InvalidInput where there is no such upload or data source in the project."""
        if asked.upload is not None:
            upload = await self._uploads.usable(project_id, asked.upload, path="spine.upload")
            return SpinePart(
                upload_id=upload.id,
                uris=(upload.uri,),
                is_csv=upload.content_type == CSV,
                event_timestamp=asked.event_timestamp,
            )
        name = asked.data_source or ""
        source = await DataSourceDocument.find_one({"project_id": project_id, "name": name})
        if source is None:
            near = nearest(name, await collection_of(DataSourceDocument).distinct("name", {"project_id": project_id}))
            message = f"There is no data source {name!r} in this project."
            raise InvalidInput(message, [Problem("spine.dataSource", message, near)])
        return SpinePart(
            source=source.frozen(), uris=source.uris, timezone=source.timezone, event_timestamp=asked.event_timestamp
        )

    async def check(self, spine: SpinePart, plan: JoinPlan) -> None:
        """Raises InvalidInput with every problem of its columns, Unavailable where it cannot be looked into now."""
        place = "spine.upload" if spine.source is None else "spine.dataSource"
        found = await self._objects_of(spine, place)
        if sum(one.size for one in found) > CHECKED_BYTES:
            return
        problems = await self._problems(spine, plan, found, place)
        if problems:
            told = [
                Problem(EVENT if one.column == spine.event_timestamp else place, one.message, one.hint)
                for one in problems
            ]
            raise InvalidInput(f"The spine cannot be used. {' '.join(one.message for one in problems)}", told)

    async def _objects_of(self, spine: SpinePart, place: str) -> list[ObjectInfo]:
        listed = {one.uri: one for uri in spine.uris for one in await self._objects.list(uri)}
        if not listed:
            message = f"There is no file at {', '.join(spine.uris)}."
            raise InvalidInput(message, [Problem(place, message, "Put the spine's files there first.")])
        return [listed[uri] for uri in sorted(listed)]

    async def _problems(
        self, spine: SpinePart, plan: JoinPlan, found: Sequence[ObjectInfo], place: str
    ) -> list[SpineProblem]:
        join = plan.of([planned.of([]) for planned in plan.joined])
        try:
            with self._cache.folder() as folder:
                paths = [str(await self._cache.fetch(one, folder)) for one in found]
                local = Spine(paths, spine.event_timestamp, is_csv=spine.is_csv, timezone=spine.timezone)
                async with self._sandbox.lease() as box:
                    return (await box.call(CheckSpine(join, local), readable=paths, seconds=self._seconds)).problems
        except (NotFound, Conflict) as changed:
            raise Unavailable("The spine has changed while it was looked into; ask again.", 1.0) from changed
        except RunFault as fault:
            if fault.retryable or fault.code in _OF_THE_MOMENT:
                raise Unavailable(f"The spine cannot be looked into now: {fault.message}", 5.0) from fault
            message = f"The spine cannot be used: {fault.message}"
            raise InvalidInput(message, [Problem(place, fault.message, fault.hint)]) from fault

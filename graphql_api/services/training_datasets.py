"""Training data sets: asked for, listed and deleted; workers build them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import cast

from beanie import PydanticObjectId
from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.copies import CounterDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.feature_services import FeatureServiceDocument, KeyMappingPart, ServiceEntryPart
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import FrozenInputsDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_in, collection_of, in_transaction
from graphql_api.documents.recording import archived, record_deed
from graphql_api.documents.runs import RunEventsDocument
from graphql_api.documents.training_datasets import SpinePart, TrainingDatasetDocument
from graphql_api.documents.uploads import UploadDocument
from graphql_api.domain.enums import Role, SplitBy, VersionState
from graphql_api.domain.pages import Order, Page, PageRequest
from graphql_api.errors import Conflict, InvalidInput, NotFound, Problem, UserError
from graphql_api.runs.dataset_files import prefix_of, remove_objects
from graphql_api.runs.queue import RunQueue, first_event
from graphql_api.services.auditing import deed_of
from graphql_api.services.dataset_requests import DatasetAsked
from graphql_api.services.idempotency import made_before, remembered
from graphql_api.services.lookups import find_visible
from graphql_api.services.pages import find_page
from graphql_api.services.projects import Projects
from graphql_api.services.run_history import NEWEST_FIRST
from graphql_api.services.spines import Spines
from graphql_api.serving.compile import reference_entries, service_and_entries
from graphql_api.serving.join_plan import inputs_of, plan_join
from graphql_api.serving.plan import Entry
from graphql_api.stores.objects import ObjectStore

_CREATE, _DELETE = "createTrainingDataset", "deleteTrainingDataset"


class TrainingDatasets:
    def __init__(
        self,
        *,
        projects: Projects,
        queue: RunQueue,
        spines: Spines,
        objects: ObjectStore,
    ) -> None:
        self._projects = projects
        self._queue = queue
        self._spines = spines
        self._objects = objects

    async def create(
        self, viewer: Viewer, project_name: str, asked: DatasetAsked, *, idempotency_key: str | None = None
    ) -> TrainingDatasetDocument:
        """Queue the building of the next version of a data set.

        Raises:
            Forbidden: the viewer is no editor of the project.
            NotFound: there is no such feature service, or what is named has been deleted meanwhile.
            InvalidInput: with every problem of what was asked, or of the spine's columns.
            Conflict: the key was used with another input.
            Unavailable: a store does not answer.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        remember = remembered(project, _CREATE, idempotency_key, asked.sent())
        if remember and (before := await made_before(TrainingDatasetDocument, remember)):
            return before
        run = await self._new_run(viewer, project, asked)
        try:
            if remember:
                remember.result_id = run.id
            return await self._queue.put(
                run,
                beside=lambda session: _number(project, run, session),
                remember=remember,
                deed=deed_of(viewer, _CREATE),
            )
        except DuplicateKeyError:
            made = await made_before(TrainingDatasetDocument, remember) if remember else None
            if made is None:
                raise
            return made

    async def _new_run(self, viewer: Viewer, project: ProjectDocument, asked: DatasetAsked) -> TrainingDatasetDocument:
        asked.check()
        service, entries = await _entries(project, asked)
        plan = plan_join(entries, await inputs_of(entries))
        if asked.split_by is SplitBy.ENTITY and asked.splits and not any(one.keys for one in plan.joined):
            message = "These features have no join keys, and so there are no entities to split by."
            raise InvalidInput(message, [Problem("splitBy", message, "Write splitBy: ROW or TIME.")])
        spine = await self._spines.named(project.id, asked.spine)
        await self._spines.check(spine, plan)
        return TrainingDatasetDocument(
            project_id=project.id,
            name=asked.name,
            version=0,
            service_id=service.id if service else None,
            service_reference=service.reference if service else None,
            entries=tuple(_part(entry) for entry in entries),
            spine=spine,
            known_before=asked.known_before,
            splits=tuple(asked.splits),
            split_by=asked.split_by,
            seed=asked.seed,
            requested_by=viewer.name,
            tail=(first_event(),),
        )

    async def get(
        self, viewer: Viewer, project_name: str, name: str, version: int | None = None
    ) -> TrainingDatasetDocument | None:
        """By name the newest version; None where there is none."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        return await _found(project, name, version)

    async def page(self, viewer: Viewer, project_name: str, request: PageRequest) -> Page[TrainingDatasetDocument]:
        """Newest first."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        return await find_page(
            TrainingDatasetDocument,
            [{"$match": {"project_id": project.id}}],
            Order("training data set", NEWEST_FIRST),
            request,
            TrainingDatasetDocument.model_validate,
        )

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[TrainingDatasetDocument]:
        return await find_visible(viewer, TrainingDatasetDocument, ids)

    async def delete(self, viewer: Viewer, project_name: str, name: str, version: int) -> None:
        """Remove a version of a data set and its files; its number is not used again.

        Raises:
            Forbidden: the viewer is no editor of the project.
            NotFound: there is no such data set.
            Conflict: it is being built.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        run = await _found(project, name, version)
        if run is None:
            raise NotFound(f"There is no training data set {name}@{version} in {project.name!r}.")
        deed = deed_of(viewer, _DELETE)

        async def body(session: AsyncClientSession) -> bool:
            ended = {"_id": run.id, "finished_at": {"$ne": None}}
            gone = await collection_of(TrainingDatasetDocument).delete_one(ended, session=session)
            if not gone.deleted_count:
                return False
            for left in (RunEventsDocument, FrozenInputsDocument):
                await collection_in(session, left).delete_many({"run_id": run.id}, session=session)
            await record_deed(session, project.id, run.subjects, deed=deed)
            return True

        if not await in_transaction(TrainingDatasetDocument, body):
            await self._refuse_to_delete(project, run)
        with suppress(UserError):  # what is left is a stray, which housekeeping removes
            await remove_objects(self._objects, prefix_of(run.id))

    async def _refuse_to_delete(self, project: ProjectDocument, run: TrainingDatasetDocument) -> None:
        if await _found(project, run.name, run.version) is None:
            raise NotFound(f"There is no training data set {run.title} in {project.name!r} any more.")
        raise Conflict(f"{run.title} is being built: cancel it with cancelRun first.")


async def _entries(project: ProjectDocument, asked: DatasetAsked) -> tuple[FeatureServiceDocument | None, list[Entry]]:
    if asked.feature_service is not None:
        return await service_and_entries(project.id, project.name, asked.feature_service)
    return None, await reference_entries(project.id, list(asked.features or ()))


def _part(entry: Entry) -> ServiceEntryPart:
    return ServiceEntryPart(
        written=entry.version.reference,
        version_id=entry.version.id,
        reference=entry.version.reference,
        alias=None if entry.name == entry.version.reference else entry.name,
        features=tuple(entry.features),
        columns=tuple(entry.columns),
        keys=tuple(
            KeyMappingPart(join_key=key.name, request_column=entry.keys.get(key.name, key.name))
            for key in entry.version.keys
        ),
    )


async def _found(project: ProjectDocument, name: str, version: int | None) -> TrainingDatasetDocument | None:
    wanted: dict[str, object] = {"project_id": project.id, "name": name}
    if version is not None:
        wanted["version"] = version
    return await TrainingDatasetDocument.find(wanted).sort("-version").first_or_none()


async def _number(project: ProjectDocument, run: TrainingDatasetDocument, session: AsyncClientSession) -> None:
    """Give the run the next number of its name, and make sure that what it names is there.

    Raises NotFound where something has been deleted since it was looked at, Conflict where the project was archived."""
    held = await collection_in(session, ProjectDocument).find_one_and_update(
        {"_id": project.id}, {"$inc": {"datasets": 1}}, session=session
    )
    if held is None or held.get("archived_at") is not None:
        raise archived(project.name)
    await _require_there(run, session)
    counter = await collection_in(session, CounterDocument).find_one_and_update(
        {"_id": f"training_datasets:{project.id}:{run.name}"},
        {"$inc": {"value": 1}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    run.version = cast("Mapping[str, int]", counter)["value"]


async def _require_there(run: TrainingDatasetDocument, session: AsyncClientSession) -> None:
    ids = {entry.version_id for entry in run.entries}
    living = {"_id": {"$in": list(ids)}, "state": {"$ne": VersionState.ARCHIVED}}
    there = await collection_in(session, FeatureViewVersionDocument).count_documents(living, session=session) == len(
        ids
    )
    for model, one in _named(run.spine, run.service_id):
        there = (
            there
            and await collection_in(session, model).find_one({"_id": one}, {"_id": 1}, session=session) is not None
        )
    if not there:
        raise NotFound("Something that it names has been deleted or archived meanwhile: look, and ask again.")


def _named(
    spine: SpinePart, service_id: PydanticObjectId | None
) -> list[tuple[type[FeatureServiceDocument | DataSourceDocument | UploadDocument], PydanticObjectId]]:
    named: list[tuple[type[FeatureServiceDocument | DataSourceDocument | UploadDocument], PydanticObjectId]] = []
    if service_id is not None:
        named.append((FeatureServiceDocument, service_id))
    if spine.source is not None:
        named.append((DataSourceDocument, spine.source.source_id))
    if spine.upload_id is not None:
        named.append((UploadDocument, spine.upload_id))
    return named

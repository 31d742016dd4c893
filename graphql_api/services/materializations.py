"""Decides which runs there are; workers carry them out."""

from contextlib import suppress

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.copies import DataCopyDocument, RangePart, as_intervals
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import Role, RunTrigger, VersionState
from graphql_api.domain.references import Reference
from graphql_api.domain.times import now_micros
from graphql_api.errors import Conflict, InvalidInput, NotFound, Problem
from graphql_api.runs.coverage import Span, span_of_static, span_of_timed
from graphql_api.runs.queue import RunQueue, first_event
from graphql_api.runs.runnable import why_not
from graphql_api.services.auditing import deed_of
from graphql_api.services.idempotency import made_before, remembered
from graphql_api.services.projects import Projects

_START = "startMaterialization"


class Materializations:
    def __init__(self, *, projects: Projects, queue: RunQueue) -> None:
        self._projects = projects
        self._queue = queue

    async def start(
        self,
        viewer: Viewer,
        project_name: str,
        reference: str,
        *,
        start: int | None = None,
        end: int | None = None,
        idempotency_key: str | None = None,
    ) -> MaterializationDocument:
        """Queue a run of a range (microseconds), by default from the end of what is covered to now - delay, or from the
        first moment that is committed and could not go online.

        Raises:
            Forbidden: the viewer is no editor of the project.
            NotFound: there is no such version.
            InvalidInput: the range is empty, begins before `since`, or ends after what can be known by now; or nothing
                can be run for the version.
            Conflict: a run that is in progress overlaps it, or the key was used with another input.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        remember = remembered(project, _START, idempotency_key, [reference, start, end])
        if remember and (before := await made_before(MaterializationDocument, remember)):
            return before
        version = await _version(project, reference)
        run = await _new_run(viewer, version, start=start, end=end, trigger=RunTrigger.MANUAL)
        try:
            if remember:
                remember.result_id = run.id
            return await self._queue.enqueue(run, remember=remember, deed=deed_of(viewer, _START))
        except DuplicateKeyError:
            before = await made_before(MaterializationDocument, remember) if remember else None
            if before is None:
                raise
            return before

    async def start_version(
        self,
        viewer: Viewer,
        project: ProjectDocument,
        version: FeatureViewVersionDocument,
        *,
        trigger: RunTrigger = RunTrigger.APPLY,
    ) -> MaterializationDocument:
        """Queue a run of a version's default range, for who may edit the project. Raises as `start` does."""
        viewer.must_be(Role.EDITOR, str(project.id), project.name)
        run = await _new_run(viewer, version, start=None, end=None, trigger=trigger)
        return await self._queue.enqueue(run, deed=deed_of(viewer, "apply"))

    async def cancel_in(self, viewer: Viewer, project: ProjectDocument, run_id: ObjectId) -> MaterializationDocument:
        """The same, for who knows the project already."""
        viewer.must_be(Role.EDITOR, str(project.id), project.name)
        run = await MaterializationDocument.find_one({"_id": run_id, "project_id": project.id})
        if run is None:
            raise NotFound("There is no such run.")
        return await self._queue.cancel(run, by=viewer.name, deed=deed_of(viewer, "apply"))

    async def cancel_if_possible(self, viewer: Viewer, project: ProjectDocument, run_id: ObjectId) -> None:
        """The same for a run that may have ended or committed meanwhile, which is as well."""
        with suppress(Conflict, NotFound):
            await self.cancel_in(viewer, project, run_id)


async def _version(project: ProjectDocument, text: str) -> FeatureViewVersionDocument:
    try:
        reference = Reference.parse(text)
    except ValueError as error:
        raise _bad_reference(str(error)) from error
    if reference.feature is not None:
        raise _bad_reference(f"{text!r} names a feature: a run computes a whole view. Write {reference.name!r}.")
    view = await FeatureViewDocument.find_one({"project_id": project.id, "name": reference.name})
    if view is None:
        raise NotFound(f"There is no feature view {reference.name!r} in {project.name!r}.")
    number = reference.version or view.current_version
    if number is None:
        draft = f"{view.name}@{view.latest_version}"
        raise NotFound(f"No version of {view.name!r} is published yet: name one, such as {draft}.")
    version = await FeatureViewVersionDocument.find_one({"view_id": view.id, "number": number})
    if version is None:
        raise NotFound(f"There is no version {number} of {view.name!r}.")
    return version


def _bad_reference(message: str) -> InvalidInput:
    return InvalidInput(message, [Problem("reference", message)])


async def _new_run(
    viewer: Viewer, version: FeatureViewVersionDocument, *, start: int | None, end: int | None, trigger: RunTrigger
) -> MaterializationDocument:
    if version.state == VersionState.ARCHIVED:
        raise Conflict(f"{version.reference} is archived: it is computed no more.")
    refused = why_not(version)
    if refused is not None:
        raise InvalidInput(refused.message, [refused])
    view = await FeatureViewDocument.find_one({"_id": version.view_id})
    copy = await DataCopyDocument.find_one({"_id": version.data_id})
    if view is None or copy is None:
        raise NotFound(f"{version.reference} has been deleted.")
    span = _span(version, view, copy, start, end)
    return MaterializationDocument(
        project_id=version.project_id,
        view_id=version.view_id,
        view_name=version.view_name,
        version_id=version.id,
        version_number=version.number,
        data_id=version.data_id,
        is_static=version.is_static,
        trigger=trigger,
        start=span.start,
        end=span.end,
        default_start=span.default_start,
        requested_by=viewer.name,
        current_covered=await _covered_by_current(view),
        tail=(first_event(),),
    )


def _span(
    version: FeatureViewVersionDocument,
    view: FeatureViewDocument,
    copy: DataCopyDocument,
    start: int | None,
    end: int | None,
) -> Span:
    if version.is_static:
        return span_of_static(start=start, end=end, now=now_micros())
    return span_of_timed(
        start=start,
        end=end,
        since=view.since,
        delay=version.delay,
        covered=as_intervals(copy.covered),
        offline_only=as_intervals(copy.offline_only),
        now=now_micros(),
    )


async def _covered_by_current(view: FeatureViewDocument) -> tuple[RangePart, ...]:
    if view.current_version is None:
        return ()
    current = await FeatureViewVersionDocument.find_one({"view_id": view.id, "number": view.current_version})
    copy = await DataCopyDocument.find_one({"_id": current.data_id}) if current else None
    return copy.covered if copy else ()

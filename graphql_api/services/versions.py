"""Versions of feature views: immutable, and the way back to the view that they belong to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from beanie import PydanticObjectId
from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument, VersionHead
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import IN_PROGRESS, Role
from graphql_api.domain.pages import KeyKind, Order, SortKey
from graphql_api.domain.references import Reference
from graphql_api.errors import InvalidInput, Problem
from graphql_api.services.auditing import deed_of
from graphql_api.services.decisions import carry_out
from graphql_api.services.lookups import find_visible, visible
from graphql_api.services.naming import parsed_reference, version_named, version_reference
from graphql_api.services.pages import Edge
from graphql_api.services.projects import Projects
from graphql_api.services.publishing import decide_publish
from graphql_api.services.retiring import decide_archive, decide_deprecate, is_held

NEWEST_FIRST = Order("version", (SortKey("number", KeyKind.NUMBER, -1),))


MOST_REASON = 1_000
CancelRun = Callable[[Viewer, ProjectDocument, PydanticObjectId], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class VersionNumber:
    """A version, as its view knows it."""

    view_id: ObjectId
    number: int


class Versions:
    def __init__(self, *, projects: Projects, cancel_run: CancelRun) -> None:
        """`cancel_run` lets a run that has ended or committed be."""
        self._projects = projects
        self._cancel_run = cancel_run

    async def get(self, viewer: Viewer, project_name: str, reference: str) -> FeatureViewVersionDocument | None:
        """By `view@3`, or `view` for the current version; None where nothing is meant by it."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        wanted = parsed_reference(reference)
        if wanted is None or wanted.feature is not None:
            return None
        return await resolved(project.id, wanted)

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[FeatureViewVersionDocument]:
        return await find_visible(viewer, FeatureViewVersionDocument, ids)

    async def by_feature(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[FeatureViewVersionDocument]:
        return await find_visible(viewer, FeatureViewVersionDocument, ids, "features.id")

    async def by_validation(
        self, viewer: Viewer, ids: Sequence[ObjectId]
    ) -> dict[ObjectId, FeatureViewVersionDocument]:
        """The version of each validation; the check that every version makes implicitly has the version's own id."""
        declared = await find_visible(viewer, FeatureViewVersionDocument, ids, "validations.id")
        implicit = await find_visible(viewer, FeatureViewVersionDocument, ids)
        found: dict[ObjectId, FeatureViewVersionDocument] = {version.id: version for version in implicit}
        return found | {check.id: version for version in declared for check in version.validations}

    async def by_transformation(
        self, viewer: Viewer, ids: Sequence[ObjectId]
    ) -> dict[ObjectId, FeatureViewVersionDocument]:
        found = await find_visible(viewer, FeatureViewVersionDocument, ids, "transformation.id")
        return {version.transformation.id: version for version in found}

    async def numbered(self, viewer: Viewer, wanted: Sequence[VersionNumber]) -> list[FeatureViewVersionDocument]:
        viewer.must_be_known()
        raws = await collection_of(FeatureViewVersionDocument).find(_numbered(wanted)).to_list()
        return visible(viewer, [FeatureViewVersionDocument.model_validate(raw) for raw in raws])

    async def numbered_heads(self, viewer: Viewer, wanted: Sequence[VersionNumber]) -> list[VersionHead]:
        return await _heads(viewer, _numbered(wanted))

    async def heads(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[VersionHead]:
        return await _heads(viewer, {"_id": {"$in": list(ids)}})

    async def publish(self, viewer: Viewer, project_name: str, reference: str) -> FeatureViewVersionDocument:
        """Make a version the current one, whatever it covers; without a number, the view's newest.

        Raises:
            Forbidden: the viewer is no editor of the project.
            NotFound: there is no such version.
            Conflict: it is deprecated or archived, or a draft without data.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        wanted = version_reference(reference)
        _, version = await version_named(project, wanted, newest=True)
        exact = replace(wanted, version=version.number)
        await carry_out(project, lambda: decide_publish(project, exact), deed=deed_of(viewer, "publishVersion"))
        return await _as_it_is(project, exact)

    async def deprecate(
        self, viewer: Viewer, project_name: str, reference: str, reason: str, replacement: str | None
    ) -> FeatureViewVersionDocument:
        """Serve a version on, and let nothing new depend on it; without a number, the current one.

        Raises:
            Forbidden: the viewer is no editor of the project.
            NotFound: there is no such version, or no such replacement.
            InvalidInput: the reason is empty, or too long.
            Conflict: it is a draft or archived, or the replacement is itself on its way out.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        why = _checked_reason(reason)
        exact = await _exact(project, reference)
        await carry_out(
            project,
            lambda: decide_deprecate(project, exact, why, replacement),
            deed=deed_of(viewer, "deprecateVersion"),
        )
        return await _as_it_is(project, exact)

    async def archive(self, viewer: Viewer, project_name: str, reference: str) -> FeatureViewVersionDocument:
        """End a version that nobody uses, and the runs of its data unless another version goes on with it.

        Raises:
            Forbidden: the viewer is no editor of the project.
            NotFound: there is no such version.
            BlockedByDependents: a service version, or another view's version that is not archived, uses it.
            Conflict: it is the current version.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        exact = await _exact(project, reference)
        await carry_out(project, lambda: decide_archive(project, exact), deed=deed_of(viewer, "archiveVersion"))
        version = await _as_it_is(project, exact)
        if not await is_held(version):
            for run_id in await _runs_in_progress(version):
                await self._cancel_run(viewer, project, run_id)
        return version


async def _exact(project: ProjectDocument, text: str) -> Reference:
    """With the number that is meant now, whatever becomes current meanwhile."""
    wanted = version_reference(text)
    _, version = await version_named(project, wanted)
    return replace(wanted, version=version.number)


async def _as_it_is(project: ProjectDocument, exact: Reference) -> FeatureViewVersionDocument:
    _, version = await version_named(project, exact)
    return version


async def _runs_in_progress(version: FeatureViewVersionDocument) -> list[PydanticObjectId]:
    of_data = {"data_id": version.data_id, "state": {"$in": list(IN_PROGRESS)}}
    return [run["_id"] async for run in collection_of(MaterializationDocument).find(of_data, {"_id": 1})]


def _checked_reason(reason: str) -> str:
    text = reason.strip()
    if not text or len(text) > MOST_REASON:
        message = f"The reason must have 1 to {MOST_REASON} characters; it has {len(text)}."
        raise InvalidInput(message, [Problem("reason", message, "Say what is wrong with the version.")])
    return text


async def resolved(project_id: ObjectId, reference: Reference) -> FeatureViewVersionDocument | None:
    """The version that a query means: the current one where none is named."""
    number = reference.version
    if number is None:
        view = await FeatureViewDocument.find_one({"project_id": project_id, "name": reference.name})
        number = view.current_version if view else None
    if number is None:
        return None
    return await FeatureViewVersionDocument.find_one(
        {"project_id": project_id, "view_name": reference.name, "number": number}
    )


def _numbered(wanted: Sequence[VersionNumber]) -> dict[str, Any]:
    return {"$or": [{"view_id": one.view_id, "number": one.number} for one in wanted]}


async def _heads(viewer: Viewer, match: dict[str, Any]) -> list[VersionHead]:
    viewer.must_be_known()
    raws = await collection_of(FeatureViewVersionDocument).find(match, VersionHead.projection()).to_list()
    return visible(viewer, [VersionHead.model_validate(raw) for raw in raws])


VERSIONS_OF_VIEW = Edge(
    model=FeatureViewVersionDocument,
    local="view_id",
    foreign="view_id",
    order=NEWEST_FIRST,
    parse=FeatureViewVersionDocument.model_validate,
)

DERIVED_VERSIONS = Edge(
    model=FeatureViewVersionDocument,
    local="version_id",
    foreign="transformation.views.version_id",
    order=Order("derived version", (SortKey("view_name", KeyKind.TEXT), SortKey("number", KeyKind.NUMBER, -1))),
    parse=FeatureViewVersionDocument.model_validate,
)
"""Versions of other views that pin this one."""

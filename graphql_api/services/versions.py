"""Versions of feature views: immutable, and the way back to the view that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import KeyKind, Order, SortKey
from graphql_api.domain.references import Reference
from graphql_api.errors import NotFound
from graphql_api.services.auditing import deed_of
from graphql_api.services.lookups import find_visible
from graphql_api.services.pages import Edge
from graphql_api.services.projects import Projects
from graphql_api.services.publishing import publish

NEWEST_FIRST = Order("version", (SortKey("number", KeyKind.NUMBER, -1),))


@dataclass(frozen=True, slots=True)
class VersionNumber:
    """A version, as its view knows it."""

    view_id: ObjectId
    number: int


class Versions:
    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

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
        matches = [{"view_id": one.view_id, "number": one.number} for one in wanted]
        raws = await collection_of(FeatureViewVersionDocument).find({"$or": matches}).to_list()
        found = (FeatureViewVersionDocument.model_validate(raw) for raw in raws)
        return [version for version in found if viewer.may(Role.VIEWER, str(version.project_id))]

    async def publish(self, viewer: Viewer, project_name: str, reference: str) -> FeatureViewVersionDocument:
        """Make a version the current one, whatever it covers; without a number, the view's newest.

        Raises:
            Forbidden: the viewer is no editor of the project.
            NotFound: there is no such version.
            Conflict: it is deprecated or archived, or a draft without data.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        wanted = parsed_reference(reference)
        if wanted is None or wanted.feature is not None:
            raise NotFound(f"There is no version {reference!r}: write a view's name, or name@3.")
        return await publish(project, wanted, deed=deed_of(viewer, "publishVersion"))


def parsed_reference(text: str) -> Reference | None:
    """None for what is no reference: it refers to nothing."""
    try:
        return Reference.parse(text)
    except ValueError:
        return None


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


VERSIONS_OF_VIEW = Edge(
    model=FeatureViewVersionDocument,
    local="view_id",
    foreign="view_id",
    order=NEWEST_FIRST,
    parse=FeatureViewVersionDocument.model_validate,
)

"""Features: what a version of a view declares, each with an id of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.feature_views import FeaturePart, FeatureViewVersionDocument
from graphql_api.documents.raw import Raw, collection_of
from graphql_api.domain.enums import Role, SearchKind
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.domain.types import ValueType
from graphql_api.services.catalog import Filters, find_entries, listed
from graphql_api.services.pages import Edge
from graphql_api.services.pages import Raw as Row
from graphql_api.services.projects import Projects
from graphql_api.services.versions import Versions, parsed_reference, resolved

BY_REFERENCE = Order("feature", (SortKey("view_name", KeyKind.TEXT), SortKey("name", KeyKind.TEXT)))


@dataclass(frozen=True, slots=True)
class FeatureOfVersion:
    version: FeatureViewVersionDocument
    part: FeaturePart

    @classmethod
    def named(cls, version: FeatureViewVersionDocument, name: str) -> "FeatureOfVersion | None":
        return next((cls(version, part) for part in version.features if part.name == name), None)


class Features:
    def __init__(self, *, projects: Projects, versions: Versions) -> None:
        self._projects = projects
        self._versions = versions

    async def page(
        self, viewer: Viewer, project_name: str, filters: Filters, value_type: ValueType | None, request: PageRequest
    ) -> Page[FeatureOfVersion]:
        """Features of current versions, by view and then by name."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        match = listed(project.id, SearchKind.FEATURE) | filters.match()
        if value_type is not None:
            match["value_type"] = value_type
        return await _features_of(await find_entries(match, BY_REFERENCE, request))

    async def get(self, viewer: Viewer, project_name: str, reference: str) -> FeatureOfVersion | None:
        """By `view@3:feature`, or `view:feature` for the current version."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        wanted = parsed_reference(reference)
        if wanted is None or wanted.feature is None:
            return None
        version = await resolved(project.id, wanted)
        return FeatureOfVersion.named(version, wanted.feature) if version else None

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> dict[ObjectId, FeatureOfVersion]:
        versions = await self._versions.by_feature(viewer, ids)
        return {part.id: FeatureOfVersion(version, part) for version in versions for part in version.features}


async def _features_of(page: Page[Raw]) -> Page[FeatureOfVersion]:
    """The features of a page of entries; one whose version was deleted since the entry was read is left out."""
    ids = list({entry["version_id"] for entry in page.items})
    found = await collection_of(FeatureViewVersionDocument).find({"_id": {"$in": ids}}).to_list() if ids else []
    versions = [FeatureViewVersionDocument.model_validate(raw) for raw in found]
    features = {part.id: FeatureOfVersion(version, part) for version in versions for part in version.features}
    kept = [
        (features[entry["_id"]], cursor)
        for entry, cursor in zip(page.items, page.cursors, strict=True)
        if entry["_id"] in features
    ]
    return page.holding([feature for feature, _ in kept], [cursor for _, cursor in kept])


def _feature_of_row(raw: Row) -> FeatureOfVersion:
    version = FeatureViewVersionDocument.model_validate(raw)
    return FeatureOfVersion(version, FeaturePart.model_validate(raw["feature"]))


HISTORY_OF_FEATURE = Edge(
    model=FeatureViewVersionDocument,
    local="view_id",
    foreign="view_id",
    order=Order("feature history", (SortKey("number", KeyKind.NUMBER, -1),)),
    parse=_feature_of_row,
    stages=(
        {"$set": {"feature": "$features"}},
        {"$unwind": "$feature"},
        {"$match": {"$expr": {"$eq": ["$feature.name", "$$name"]}}},
    ),
)
"""The same feature in every version of its view, newest first."""

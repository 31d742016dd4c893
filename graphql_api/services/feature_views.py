"""Feature views: what is called by a name. What they compute is in their versions."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.catalog import CatalogEntryDocument
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import Role, SearchKind, VersionState
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.domain.times import now_micros
from graphql_api.services.catalog import Filters, by_name, documents_of, entries_of, listed
from graphql_api.services.named import Named
from graphql_api.services.pages import Edge, Stage


class FeatureViewOrderField(StrEnum):
    NAME = "NAME"
    UPDATED_AT = "UPDATED_AT"


@dataclass(frozen=True, slots=True)
class ViewFilters:
    """`stale`: the freshness of the current version is breached. `failing`: the newest run that ended, cancelled ones
    aside, of the data of the current or of the latest version FAILED, as it does where a check of severity BLOCK
    fails."""

    described: Filters = field(default_factory=Filters)
    entity: str | None = None
    stale: bool | None = None
    failing: bool | None = None


def view_order(by: FeatureViewOrderField, direction: int) -> Order:
    tag = f"feature view by {by} {direction}"
    if by is FeatureViewOrderField.NAME:
        return Order(tag, (SortKey("name", KeyKind.TEXT, direction),))
    return Order(tag, (SortKey("updated_at", KeyKind.MOMENT, direction), SortKey("_id", KeyKind.ID, direction)))


class FeatureViews(Named[FeatureViewDocument]):
    model = FeatureViewDocument
    kind = SearchKind.FEATURE_VIEW
    order = by_name("feature view")

    async def list(
        self, viewer: Viewer, project_name: str, filters: ViewFilters, order: Order, request: PageRequest
    ) -> Page[FeatureViewDocument]:
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        match = listed(project.id, self.kind) | filters.described.match()
        if filters.entity is not None:
            match["entity_ids"] = await _entity_id(project.id, filters.entity)
        stages: list[Stage] = [{"$match": match}]
        if filters.stale is not None:
            stale = await _stale_ids(project.id)
            stages.append({"$match": {"_id": {"$in" if filters.stale else "$nin": stale}}})
        if filters.failing is not None:
            stages.append({"$match": await _failing_match(project.id, filters.failing)})
        return await documents_of(self.model, await entries_of(stages, order, request))


async def _entity_id(project_id: ObjectId, name: str) -> ObjectId | None:
    found = await collection_of(EntityDocument).find_one({"project_id": project_id, "name": name}, {"_id": 1})
    return found["_id"] if found else None


async def _stale_ids(project_id: ObjectId) -> list[ObjectId]:
    """As `freshness` of a version says it, for the current version's copy of data; a view without one is not stale."""
    now = now_micros()
    kept = {"project_id": project_id, "kind": SearchKind.FEATURE_VIEW, "listed": True, "freshness": {"$gt": 0}}
    limited = await collection_of(CatalogEntryDocument).find(kept, {"freshness": 1, "data_id": 1}).to_list()
    if not limited:
        return []
    oldest = now - min(view["freshness"] for view in limited)
    copies = collection_of(DataCopyDocument).find(
        {"project_id": project_id, "latest_event": {"$lt": oldest}}, {"latest_event": 1}
    )
    latest = {copy["_id"]: copy["latest_event"] async for copy in copies}
    return [view["_id"] for view in limited if now - latest.get(view["data_id"], now) > view["freshness"]]


async def _failing_match(project_id: ObjectId, wanted: bool) -> dict[str, Any]:
    """By the newest run that ended, not counting cancelled ones, of each of the two copies of data."""
    copies = collection_of(DataCopyDocument).find({"project_id": project_id, "failing": True}, {"_id": 1})
    failing = [copy["_id"] async for copy in copies]
    held = [{"data_id": {"$in": failing}}, {"latest_data_id": {"$in": failing}}]
    return {"$or" if wanted else "$nor": held}


VIEWS_OF_ENTITY = Edge(
    model=FeatureViewDocument,
    local="entity_id",
    foreign="entity_ids",
    order=by_name("feature view of entity"),
    parse=FeatureViewDocument.model_validate,
)

VIEWS_OF_SOURCE = Edge(
    model=FeatureViewVersionDocument,
    local="source_id",
    foreign="transformation.sources.source_id",
    order=by_name("feature view of source"),
    parse=FeatureViewDocument.model_validate,
    stages=(
        {"$match": {"state": {"$ne": VersionState.ARCHIVED}}},
        {"$group": {"_id": "$view_id"}},
        {"$lookup": {"from": "feature_views", "localField": "_id", "foreignField": "_id", "as": "view"}},
        {"$replaceWith": {"$first": "$view"}},
    ),
)
"""Views of which a version that is not archived reads the source."""

"""Feature views: what is called by a name. What they compute is in their versions."""

from dataclasses import dataclass, field
from enum import StrEnum

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import Role, RunState, VersionState
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.domain.times import now_micros
from graphql_api.services.named import Filters, Named, by_name
from graphql_api.services.pages import Edge, Stage, find_page


class FeatureViewOrderField(StrEnum):
    NAME = "NAME"
    UPDATED_AT = "UPDATED_AT"


@dataclass(frozen=True, slots=True)
class ViewFilters:
    """`stale`: the freshness of the current version is breached. `failing`: the latest run of the view failed."""

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
    order = by_name("feature view")

    async def list(
        self, viewer: Viewer, project_name: str, filters: ViewFilters, order: Order, request: PageRequest
    ) -> Page[FeatureViewDocument]:
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        stages: list[Stage] = [{"$match": {"project_id": project.id}}, *filters.described.stages()]
        if filters.entity is not None:
            stages.append({"$match": {"entity_ids": await _entity_id(project.id, filters.entity)}})
        if filters.stale is not None:
            stages += _stale_stages(filters.stale)
        if filters.failing is not None:
            stages += _failing_stages(filters.failing)
        return await find_page(self.model, stages, order, request, self.model.model_validate)


async def _entity_id(project_id: ObjectId, name: str) -> ObjectId | None:
    found = await collection_of(EntityDocument).find_one({"project_id": project_id, "name": name}, {"_id": 1})
    return found["_id"] if found else None


def _stale_stages(wanted: bool) -> list[Stage]:
    """As `freshness` of a version says it, for the current version's copy of data; a view without one is not stale."""
    versions = collection_of(FeatureViewVersionDocument).name
    copies = collection_of(DataCopyDocument).name
    current = {
        "from": versions,
        "localField": "_id",
        "foreignField": "view_id",
        "let": {"number": "$current_version"},
        "pipeline": [
            {"$match": {"$expr": {"$eq": ["$number", "$$number"]}}},
            {"$project": {"data_id": 1, "is_static": 1}},
        ],
        "as": "stale_version",
    }
    copy = {
        "from": copies,
        "localField": "stale_version.data_id",
        "foreignField": "_id",
        "pipeline": [{"$project": {"latest_event": 1, "end": {"$max": "$covered.end"}}}],
        "as": "stale_copy",
    }
    latest = {
        "$cond": [
            {"$first": "$stale_version.is_static"},
            {"$first": "$stale_copy.end"},
            {"$first": "$stale_copy.latest_event"},
        ]
    }
    breached = {
        "$and": [
            {"$gt": ["$freshness", None]},
            {"$gt": [latest, None]},
            {"$gt": [{"$subtract": [now_micros(), latest]}, "$freshness"]},
        ]
    }
    return [
        {"$lookup": current},
        {"$lookup": copy},
        {"$match": {"$expr": {"$eq": [breached, wanted]}}},
        {"$unset": ["stale_version", "stale_copy"]},
    ]


def _failing_stages(wanted: bool) -> list[Stage]:
    latest = {
        "from": collection_of(MaterializationDocument).name,
        "localField": "_id",
        "foreignField": "view_id",
        "pipeline": [{"$sort": {"requested_at": -1, "_id": -1}}, {"$limit": 1}, {"$project": {"state": 1}}],
        "as": "latest_run",
    }
    failed = {"$eq": [{"$first": "$latest_run.state"}, RunState.FAILED]}
    return [
        {"$lookup": latest},
        {"$match": {"$expr": {"$eq": [failed, wanted]}}},
        {"$unset": "latest_run"},
    ]


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

"""Feature services: pinned lists of features, one document a version."""

import re
from collections.abc import Sequence

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.cataloguing import current_services
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import Role, SearchKind
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.services.catalog import Filters, by_name, documents_of, find_entries, listed
from graphql_api.services.lookups import find_visible
from graphql_api.services.pages import Edge
from graphql_api.services.projects import Projects

BY_NAME = by_name("feature service")
_NAME = re.compile(r"([a-z][a-z0-9_]{0,62})(?:@([1-9]\d{0,8}))?", re.ASCII)


class FeatureServices:
    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def page(
        self, viewer: Viewer, project_name: str, filters: Filters, request: PageRequest
    ) -> Page[FeatureServiceDocument]:
        """Current versions, by name: of each service the newest that is ready, the newest where none is."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        match = listed(project.id, SearchKind.FEATURE_SERVICE) | filters.match()
        return await documents_of(FeatureServiceDocument, await find_entries(match, BY_NAME, request))

    async def get(self, viewer: Viewer, project_name: str, name: str) -> FeatureServiceDocument | None:
        """By name (the current version), or by name and number: `delay_model@2`."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        wanted = _NAME.fullmatch(name)
        if wanted is None:
            return None
        if wanted[2] is None:
            return await _current(project, wanted[1])
        return await FeatureServiceDocument.find_one(
            {"project_id": project.id, "name": wanted[1], "number": int(wanted[2])}
        )

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[FeatureServiceDocument]:
        return await find_visible(viewer, FeatureServiceDocument, ids)


async def _current(project: ProjectDocument, name: str) -> FeatureServiceDocument | None:
    pipeline = current_services({"project_id": project.id, "name": name})
    cursor = await collection_of(FeatureServiceDocument).aggregate(pipeline)
    found = await cursor.to_list()
    return FeatureServiceDocument.model_validate(found[0]) if found else None


SERVICES_OF_VERSION = Edge(
    model=FeatureServiceDocument,
    local="version_id",
    foreign="entries.version_id",
    order=Order("service of version", (SortKey("name", KeyKind.TEXT), SortKey("number", KeyKind.NUMBER, -1))),
    parse=FeatureServiceDocument.model_validate,
)

SERVICES_OF_FEATURE = Edge(
    model=FeatureServiceDocument,
    local="version_id",
    foreign="entries.version_id",
    order=Order("service of feature", SERVICES_OF_VERSION.order.keys),
    parse=FeatureServiceDocument.model_validate,
    stages=(
        {
            "$match": {
                "$expr": {
                    "$anyElementTrue": {
                        "$map": {
                            "input": "$entries",
                            "as": "entry",
                            "in": {
                                "$and": [
                                    {"$eq": ["$$entry.version_id", "$$version_id"]},
                                    {"$in": ["$$name", "$$entry.features"]},
                                ]
                            },
                        }
                    }
                }
            }
        },
    ),
)

VERSIONS_OF_SERVICE = Edge(
    model=FeatureServiceDocument,
    local="name",
    foreign="name",
    order=Order("version of service", (SortKey("number", KeyKind.NUMBER, -1),)),
    parse=FeatureServiceDocument.model_validate,
)

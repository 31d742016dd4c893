from typing import Self

import strawberry

from graphql_api.context import Info
from graphql_api.domain.pages import PageRequest
from graphql_api.domain.types import ValueType
from graphql_api.services.feature_services import SERVICES_OF_FEATURE
from graphql_api.services.features import HISTORY_OF_FEATURE, FeatureOfVersion
from graphql_api.services.pages import Parent
from schema import feature_services, feature_view_versions
from schema.columns import Tag, tags_of
from schema.connections import After, Connection, First, connected
from schema.lazy import FeatureRef, FeatureServiceRef, FeatureViewVersionRef
from schema.nodes import Node, node_id


@strawberry.type(description="One value an entity, as a version of a view computes it.")
class Feature(Node):
    reference: str = strawberry.field(description="The very feature: aircraft_delays@3:flights_7d")
    name: str = strawberry.field(description="Unique in its view.")
    description: str = strawberry.field(description="For people; may be empty.")
    owner: str | None = strawberry.field(description="Who answers for it; null where nobody is named.")
    tags: list[Tag] = strawberry.field(description="Labels, in the order of the YAML.")
    value_type: ValueType = strawberry.field(description="What its values are; any of them may be null.")
    within: strawberry.Private[FeatureOfVersion]

    @classmethod
    def of(cls, feature: FeatureOfVersion) -> Self:
        part = feature.part
        return cls(
            id=node_id("Feature", part.id),
            reference=f"{feature.version.reference}:{part.name}",
            name=part.name,
            description=part.description,
            owner=part.owner,
            tags=tags_of(part.tags),
            value_type=part.value_type,
            within=feature,
        )

    @strawberry.field(description="What computes it.")
    def version(self) -> FeatureViewVersionRef:
        return feature_view_versions.FeatureViewVersion.from_document(self.within.version)

    @strawberry.field(description="The same feature in every version of its view, newest first.")
    async def history(self, info: Info, first: First = 20, after: After = None) -> Connection[FeatureRef]:
        version = self.within.version
        parent = Parent.of(version.project_id, view_id=version.view_id, name=self.name)
        request = PageRequest.of(first, after, default=20)
        return connected(await info.context.loaders.pages.load(HISTORY_OF_FEATURE, parent, request), Feature.of)

    @strawberry.field(description="Service versions that take this very feature, by name, then newest first.")
    async def used_by(self, info: Info, first: First = 50, after: After = None) -> Connection[FeatureServiceRef]:
        version = self.within.version
        parent = Parent.of(version.project_id, version_id=version.id, name=self.name)
        page = await info.context.loaders.pages.load(SERVICES_OF_FEATURE, parent, PageRequest.of(first, after))
        return connected(page, feature_services.FeatureService.from_document)

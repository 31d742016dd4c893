from datetime import datetime
from typing import Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.entities import EntityDocument
from graphql_api.domain.pages import PageRequest
from graphql_api.services.feature_views import VIEWS_OF_ENTITY
from graphql_api.services.pages import Parent
from schema import feature_views
from schema.columns import Column, Tag, columns_of, tags_of
from schema.connections import After, Connection, First, connected
from schema.lazy import FeatureViewRef
from schema.nodes import Node, node_id
from schema.scalars import JSON


@strawberry.type(description="What features are about, named by its join keys: a plane by its tail number.")
class Entity(Node):
    name: str = strawberry.field(description="Unique among the project's entities.")
    description: str = strawberry.field(description="For people; may be empty.")
    owner: str | None = strawberry.field(description="Who answers for it; null where nobody is named.")
    tags: list[Tag] = strawberry.field(description="Labels, in the order of the YAML.")
    definition: JSON = strawberry.field(description="As the YAML writes it.")
    updated_at: datetime = strawberry.field(description="When an apply last changed it.")
    join_keys: list[Column] = strawberry.field(description="In the order in which values are given.")
    document: strawberry.Private[EntityDocument]

    @classmethod
    def from_document(cls, entity: EntityDocument) -> Self:
        return cls(
            id=node_id("Entity", entity.id),
            name=entity.name,
            description=entity.description,
            owner=entity.owner,
            tags=tags_of(entity.tags),
            definition=JSON(entity.spec),
            updated_at=entity.updated_at,
            join_keys=columns_of(entity.join_keys),
            document=entity,
        )

    @strawberry.field(description="Views that are about it, by name.")
    async def feature_views(self, info: Info, first: First = 50, after: After = None) -> Connection[FeatureViewRef]:
        parent = Parent.of(self.document.project_id, entity_id=self.document.id)
        page = await info.context.loaders.pages.load(VIEWS_OF_ENTITY, parent, PageRequest.of(first, after))
        return connected(page, feature_views.FeatureView.from_document)

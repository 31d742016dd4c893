from datetime import datetime
from typing import Self

import strawberry
from bson import ObjectId

from graphql_api.context import Info
from graphql_api.documents.feature_services import (
    FeatureServiceDocument,
    KeyMappingPart,
    RequestColumnPart,
    ServiceEntryPart,
)
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.enums import PUBLISHED
from graphql_api.domain.pages import PageRequest
from graphql_api.domain.types import ValueType
from graphql_api.services.feature_services import VERSIONS_OF_SERVICE
from graphql_api.services.features import FeatureOfVersion
from graphql_api.services.pages import Parent
from schema import entities, features
from schema.columns import Tag, tags_of
from schema.connections import After, Connection, First, connected
from schema.lazy import EntityRef, FeatureRef, FeatureServiceRef
from schema.nodes import Node, node_id, there
from schema.scalars import JSON


@strawberry.type(description="Where a view's join key comes from.")
class KeyMapping:
    join_key: str = strawberry.field(description="The view's own name of the key.")
    request_column: str = strawberry.field(description="The column that a caller sends for it.")

    @classmethod
    def of(cls, part: KeyMappingPart) -> Self:
        return cls(join_key=part.join_key, request_column=part.request_column)


@strawberry.type(description="A feature as a service offers it. `name` is the column, everywhere.")
class ServiceFeature:
    name: str = strawberry.field(description="In online answers, training data and files.")
    keys: list[KeyMapping] = strawberry.field(description="Which request columns are its view's join keys.")
    version: strawberry.Private[FeatureViewVersionDocument]
    feature_name: strawberry.Private[str]

    @strawberry.field(description="The very feature that is pinned.")
    def feature(self) -> FeatureRef:
        return features.Feature.of(there(FeatureOfVersion.named(self.version, self.feature_name)))


@strawberry.type(description="A column that a caller sends. `entity` is null for a request-time value.")
class RequestColumn:
    name: str = strawberry.field(description="The key under which requests send its values.")
    value_type: ValueType = strawberry.field(description="What its values are.")
    part: strawberry.Private[RequestColumnPart]

    @classmethod
    def of(cls, part: RequestColumnPart) -> Self:
        return cls(name=part.name, value_type=part.value_type, part=part)

    @strawberry.field(description="What the join key names; null for a request-time value.")
    async def entity(self, info: Info) -> EntityRef | None:
        if self.part.entity_id is None:
            return None
        return entities.Entity.from_document(there(await info.context.loaders.entity.load(self.part.entity_id)))


@strawberry.type(
    description="One version of a list of features that a model is asked with. Immutable: a changed list is the next "
    "number."
)
class FeatureService(Node):
    reference: str = strawberry.field(description="This very version: delay_model@2")
    number: int = strawberry.field(description="Of the version, from 1 on.")
    definition: JSON = strawberry.field(description="As the YAML writes it.")
    name: str = strawberry.field(description="Unique among the project's services; versions share it.")
    description: str = strawberry.field(description="For people; may be empty.")
    owner: str | None = strawberry.field(description="Who answers for it; null where nobody is named.")
    tags: list[Tag] = strawberry.field(description="Labels, in the order of the YAML.")
    request_columns: list[RequestColumn] = strawberry.field(
        description="What a caller must send: join keys, then request-time values."
    )
    created_at: datetime = strawberry.field(description="When the apply made this version.")
    document: strawberry.Private[FeatureServiceDocument]

    @classmethod
    def from_document(cls, service: FeatureServiceDocument) -> Self:
        return cls(
            id=node_id("FeatureService", service.id),
            reference=service.reference,
            number=service.number,
            definition=JSON(service.spec),
            name=service.name,
            description=service.description,
            owner=service.owner,
            tags=tags_of(service.tags),
            request_columns=[RequestColumn.of(column) for column in service.request_columns],
            created_at=service.created_at,
            document=service,
        )

    @strawberry.field(description="Its features, in the order of the columns of answers.")
    async def features(self, info: Info) -> list[ServiceFeature]:
        versions = [there(found) for found in await info.context.loaders.version.load_many(self._version_ids())]
        pairs = zip(self.document.entries, versions, strict=True)
        return [feature for entry, version in pairs for feature in features_of(entry, version)]

    @strawberry.field(description="False while one of its features is not published; look-ups are refused then.")
    async def ready(self, info: Info) -> bool:
        heads = await info.context.loaders.version_head.load_many(self._version_ids())
        return all(there(head).state in PUBLISHED for head in heads)

    @strawberry.field(description="All versions of the service, newest first.")
    async def versions(self, info: Info, first: First = 20, after: After = None) -> Connection[FeatureServiceRef]:
        parent = Parent.of(self.document.project_id, name=self.name)
        request = PageRequest.of(first, after, default=20)
        page = await info.context.loaders.pages.load(VERSIONS_OF_SERVICE, parent, request)
        return connected(page, FeatureService.from_document)

    def _version_ids(self) -> list[ObjectId]:
        return [entry.version_id for entry in self.document.entries]


def features_of(entry: ServiceEntryPart, version: FeatureViewVersionDocument) -> list[ServiceFeature]:
    """In the order of the entry."""
    keys = [KeyMapping.of(key) for key in entry.keys]
    return [
        ServiceFeature(name=column, keys=keys, version=version, feature_name=feature)
        for feature, column in zip(entry.features, entry.columns, strict=True)
    ]

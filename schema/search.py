from collections.abc import Awaitable, Callable, Mapping
from typing import Self

import strawberry
from bson import ObjectId

from graphql_api.context import Info
from graphql_api.domain.enums import SearchKind
from graphql_api.domain.snippets import Piece
from graphql_api.services.search import Hit
from schema.data_sources import DataSource
from schema.entities import Entity
from schema.feature_services import FeatureService
from schema.feature_views import FeatureView
from schema.features import Feature
from schema.nodes import Node, there


@strawberry.type(description="A piece of a snippet.")
class SnippetPart:
    text: str = strawberry.field(description="As it is written, without line breaks.")
    matches: bool = strawberry.field(description="True for what was searched for: to be marked where it is shown.")

    @classmethod
    def of(cls, piece: Piece) -> Self:
        return cls(text=piece.text, matches=piece.matches)


@strawberry.type(description="What was found.")
class SearchHit:
    kind: SearchKind = strawberry.field(description="What it is.")
    name: str = strawberry.field(description="Its name; of a feature with its view's: aircraft_delays:flights_7d")
    snippet_parts: list[SnippetPart] = strawberry.field(description="The snippet in pieces, to mark what matches.")
    within: strawberry.Private[ObjectId]

    @classmethod
    def of(cls, hit: Hit) -> Self:
        return cls(
            kind=hit.kind, name=hit.name, snippet_parts=[SnippetPart.of(piece) for piece in hit.snippet], within=hit.id
        )

    @strawberry.field(
        description="A piece of the first text that matches, of its description, name, tags, owner and columns; about "
        "160 characters, cut off with an ellipsis."
    )
    def snippet(self) -> str:
        return "".join(part.text for part in self.snippet_parts)

    @strawberry.field(
        description="The object: of a service its current version; of a feature that of the view's current version, or "
        "of its latest where only that has it."
    )
    async def node(self, info: Info) -> Node:
        return await _NODES[self.kind](info, self.within)


async def _entity(info: Info, within: ObjectId) -> Node:
    return Entity.from_document(there(await info.context.loaders.entity.load(within)))


async def _data_source(info: Info, within: ObjectId) -> Node:
    return DataSource.from_document(there(await info.context.loaders.data_source.load(within)))


async def _feature_view(info: Info, within: ObjectId) -> Node:
    return FeatureView.from_document(there(await info.context.loaders.feature_view.load(within)))


async def _feature(info: Info, within: ObjectId) -> Node:
    return Feature.of(there(await info.context.loaders.feature.load(within)))


async def _service(info: Info, within: ObjectId) -> Node:
    return FeatureService.from_document(there(await info.context.loaders.feature_service.load(within)))


_NODES: Mapping[SearchKind, Callable[[Info, ObjectId], Awaitable[Node]]] = {
    SearchKind.ENTITY: _entity,
    SearchKind.DATA_SOURCE: _data_source,
    SearchKind.FEATURE_VIEW: _feature_view,
    SearchKind.FEATURE: _feature,
    SearchKind.FEATURE_SERVICE: _service,
}

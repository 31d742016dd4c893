from datetime import datetime
from typing import Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.domain.enums import DataSourceKind
from graphql_api.domain.pages import PageRequest
from graphql_api.services.feature_views import VIEWS_OF_SOURCE
from graphql_api.services.pages import Parent
from schema import feature_views
from schema.columns import SourceColumn, Table, Tag, tags_of
from schema.connections import After, Connection, First, FirstRows, connected
from schema.lazy import FeatureViewRef
from schema.nodes import Node, node_id
from schema.scalars import JSON


@strawberry.type(description="Where rows come from.")
class DataSource(Node):
    name: str = strawberry.field(description="Unique among the project's data sources; the relation's name in SQL.")
    description: str = strawberry.field(description="For people; may be empty.")
    owner: str | None = strawberry.field(description="Who answers for it; null where nobody is named.")
    tags: list[Tag] = strawberry.field(description="Labels, in the order of the YAML.")
    definition: JSON = strawberry.field(description="As the YAML writes it.")
    updated_at: datetime = strawberry.field(description="When an apply last changed it.")
    kind: DataSourceKind = strawberry.field(description="What lies there.")
    uris: list[str] = strawberry.field(description="Places; `*` stays in a folder, `**` does not.")
    columns: list[SourceColumn] = strawberry.field(
        description="As the last apply learnt them, or as the YAML gives them."
    )
    event_timestamp_column: str | None = strawberry.field(description="Null: a look-up table, without time.")
    created_timestamp_column: str | None = strawberry.field(
        description="When the row became known. With it, point-in-time joins never see a correction before it was made."
    )
    document: strawberry.Private[DataSourceDocument]

    @classmethod
    def from_document(cls, source: DataSourceDocument) -> Self:
        return cls(
            id=node_id("DataSource", source.id),
            name=source.name,
            description=source.description,
            owner=source.owner,
            tags=tags_of(source.tags),
            definition=JSON(source.spec),
            updated_at=source.updated_at,
            kind=source.kind,
            uris=list(source.uris),
            columns=[SourceColumn.of(column) for column in source.columns],
            event_timestamp_column=source.event_timestamp,
            created_timestamp_column=source.created_timestamp,
            document=source,
        )

    @strawberry.field(description="The first rows that lie there now; null, with an error, where they cannot be read.")
    async def preview(self, info: Info, first: FirstRows = 20) -> Table | None:
        limit = PageRequest.of(first, default=20).first
        rows = await info.context.services.previews.of_source(self.document, limit)
        return Table.of(rows, {column.name: column.value_type for column in self.document.columns})

    @strawberry.field(description="Views of which a version that is not archived reads it, by name.")
    async def feature_views(self, info: Info, first: First = 50, after: After = None) -> Connection[FeatureViewRef]:
        parent = Parent.of(self.document.project_id, source_id=self.document.id)
        page = await info.context.loaders.pages.load(VIEWS_OF_SOURCE, parent, PageRequest.of(first, after))
        return connected(page, feature_views.FeatureView.from_document)

from typing import Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.times import SECOND
from schema import data_sources
from schema.columns import Column, columns_of
from schema.nodes import Node, node_id
from schema.scalars import BigInt


@strawberry.interface(description="How a version's rows are made.")
class Transformation(Node):
    description: str = strawberry.field(description="For people; may be empty.")
    outputs: list[Column] = strawberry.field(description="What it gives: join keys, timestamps and features.")
    fingerprint: str = strawberry.field(description="Equal for transformations that compute the same.")
    version: strawberry.Private[FeatureViewVersionDocument]

    @strawberry.field(description="What it computes from, as the registry has it now.")
    async def inputs(self, info: Info) -> list[Node]:
        return await inputs_of(info, self.version)


@strawberry.type(description="One SELECT in the DuckDB dialect over the view's sources.")
class SqlTransformation(Transformation):
    sql: str = strawberry.field(description="Each source is a relation of its name.")
    lookback_seconds: BigInt = strawberry.field(
        description="How far behind an output row's event timestamp the SQL looks."
    )

    @classmethod
    def of(cls, version: FeatureViewVersionDocument) -> Self:
        made = version.transformation
        return cls(
            id=node_id("SqlTransformation", made.id),
            description=made.description,
            outputs=columns_of(made.outputs),
            fingerprint=made.fingerprint,
            version=version,
            sql=made.sql,
            lookback_seconds=BigInt(made.lookback // SECOND),
        )


async def inputs_of(info: Info, version: FeatureViewVersionDocument) -> list[Node]:
    ids = [source.source_id for source in version.transformation.sources]
    found = await info.context.loaders.data_source.load_many(ids)
    return [data_sources.DataSource.from_document(source) for source in found if source is not None]

from typing import Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.feature_views import (
    AggregationPart,
    AggregationTransformationPart,
    ExpressionPart,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    PushTransformationPart,
    SqlTransformationPart,
)
from graphql_api.domain.enums import AggregateFunction
from graphql_api.domain.times import SECOND
from schema import data_sources, feature_view_versions
from schema.columns import Column, columns_of
from schema.lazy import DataSourceRef
from schema.nodes import Node, node_id
from schema.scalars import BigInt


@strawberry.interface(description="How a version's rows are made.")
class Transformation(Node):
    description: str = strawberry.field(description="For people; may be empty.")
    outputs: list[Column] = strawberry.field(
        description="What it gives: join keys, timestamps and features; an on-demand view gives features alone."
    )
    fingerprint: str = strawberry.field(description="Equal for transformations that compute the same.")
    version: strawberry.Private[FeatureViewVersionDocument]

    @strawberry.field(
        description="What it computes from: data sources as the registry has them now, then the very versions of views "
        "that are pinned."
    )
    async def inputs(self, info: Info) -> list[Node]:
        return await inputs_of(info, self.version)


@strawberry.type(description="One SELECT in the DuckDB dialect over the view's sources.")
class SqlTransformation(Transformation):
    sql: str = strawberry.field(description="Each source, be it a data source or a view, is a relation of its name.")
    lookback_seconds: BigInt = strawberry.field(
        description="How far behind an output row's event timestamp the SQL looks."
    )

    @classmethod
    def of(cls, version: FeatureViewVersionDocument, made: SqlTransformationPart) -> Self:
        return cls(
            id=node_id("SqlTransformation", made.id),
            description=made.description,
            outputs=columns_of(made.outputs),
            fingerprint=made.fingerprint,
            version=version,
            sql=made.sql,
            lookback_seconds=_seconds(made.lookback),
        )


@strawberry.type(description="One aggregate of the events in a window.")
class Aggregation:
    feature: str = strawberry.field(description="The feature that it makes.")
    column: str | None = strawberry.field(description="Of the source; null where COUNT counts events.")
    function: AggregateFunction = strawberry.field(description="What is made of the window's values.")
    window_seconds: BigInt | None = strawberry.field(
        description="How long an event counts, a multiple of the transformation's `everySeconds`. Never null as yet."
    )
    filter: str | None = strawberry.field(
        description="A condition over the source's columns: an event counts where it is true. Null: every event does."
    )

    @classmethod
    def of(cls, part: AggregationPart) -> Self:
        return cls(
            feature=part.feature,
            column=part.column,
            function=part.function,
            window_seconds=_seconds(part.window),
            filter=part.filter,
        )


@strawberry.type(description="Windowed aggregates of a source, at each boundary where they change.")
class AggregationTransformation(Transformation):
    every_seconds: BigInt = strawberry.field(description="Boundaries lie at multiples of this from the Unix epoch on.")
    offset_seconds: BigInt = strawberry.field(description="By how much later each boundary lies; less than every.")
    aggregations: list[Aggregation] = strawberry.field(description="One a feature, in the order of the YAML.")

    @classmethod
    def of(cls, version: FeatureViewVersionDocument, made: AggregationTransformationPart) -> Self:
        return cls(
            id=node_id("AggregationTransformation", made.id),
            description=made.description,
            outputs=columns_of(made.outputs),
            fingerprint=made.fingerprint,
            version=version,
            every_seconds=_seconds(made.every),
            offset_seconds=_seconds(made.offset),
            aggregations=[Aggregation.of(part) for part in made.aggregations],
        )


@strawberry.type(description="A feature that is evaluated when it is asked for.")
class OnDemandExpression:
    feature: str = strawberry.field(description="The feature that it makes.")
    expression: str = strawberry.field(
        description="One scalar expression in the DuckDB dialect, as the YAML writes it, over features of the inputs "
        "(`view.feature` where two hold the name), request columns, and `moment`, the time asked for."
    )

    @classmethod
    def of(cls, part: ExpressionPart) -> Self:
        return cls(feature=part.feature, expression=part.expression)


@strawberry.type(
    description="Expressions over other features and the request's own values, evaluated when asked, the same online "
    "and offline."
)
class OnDemandTransformation(Transformation):
    request_columns: list[Column] = strawberry.field(
        description="What a caller sends beside the join keys, in the order of the YAML; a feature service needs those "
        "that its chosen expressions use."
    )
    expressions: list[OnDemandExpression] = strawberry.field(description="One a feature, in the order of the YAML.")

    @classmethod
    def of(cls, version: FeatureViewVersionDocument, made: OnDemandTransformationPart) -> Self:
        return cls(
            id=node_id("OnDemandTransformation", made.id),
            description=made.description,
            outputs=columns_of(made.outputs),
            fingerprint=made.fingerprint,
            version=version,
            request_columns=columns_of(made.request),
            expressions=[OnDemandExpression.of(part) for part in made.expressions],
        )


@strawberry.type(description="Rows come from pushFeatures; history, where a source is named, from runs.")
class PushTransformation(Transformation):
    @classmethod
    def of(cls, version: FeatureViewVersionDocument, made: PushTransformationPart) -> Self:
        return cls(
            id=node_id("PushTransformation", made.id),
            description=made.description,
            outputs=columns_of(made.outputs),
            fingerprint=made.fingerprint,
            version=version,
        )

    @strawberry.field(description="Where history is loaded from; null where rows are only pushed.")
    async def source(self, info: Info) -> DataSourceRef | None:
        for part in self.version.transformation.sources:
            found = await info.context.loaders.data_source.load(part.source_id)
            return None if found is None else data_sources.DataSource.from_document(found)
        return None


def transformation_of(version: FeatureViewVersionDocument) -> Transformation:
    match version.transformation:
        case SqlTransformationPart() as made:
            return SqlTransformation.of(version, made)
        case AggregationTransformationPart() as made:
            return AggregationTransformation.of(version, made)
        case OnDemandTransformationPart() as made:
            return OnDemandTransformation.of(version, made)
        case PushTransformationPart() as made:
            return PushTransformation.of(version, made)


async def inputs_of(info: Info, version: FeatureViewVersionDocument) -> list[Node]:
    made = version.transformation
    sources = await info.context.loaders.data_source.load_many([source.source_id for source in made.sources])
    versions = await info.context.loaders.version.load_many([pin.version_id for pin in made.views])
    return [
        *(data_sources.DataSource.from_document(found) for found in sources if found is not None),
        *(feature_view_versions.FeatureViewVersion.from_document(found) for found in versions if found is not None),
    ]


def _seconds(micros: int) -> BigInt:
    return BigInt(micros // SECOND)

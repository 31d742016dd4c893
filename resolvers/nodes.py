"""Any object by its id alone."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import strawberry
from bson import ObjectId
from strawberry.dataloader import DataLoader

from graphql_api.context import Info
from graphql_api.domain import global_ids
from graphql_api.loaders.all import Loaders
from resolvers.access import SEES
from schema.data_sources import DataSource
from schema.entities import Entity
from schema.feature_services import FeatureService
from schema.feature_view_versions import FeatureViewVersion
from schema.feature_views import FeatureView
from schema.features import Feature
from schema.materializations import Materialization
from schema.nodes import Node
from schema.projects import Project
from schema.tokens import Token
from schema.training_datasets import TrainingDataset
from schema.transformations import (
    AggregationTransformation,
    OnDemandTransformation,
    PushTransformation,
    SqlTransformation,
    Transformation,
    transformation_of,
)
from schema.validations import Validation

FoundT = TypeVar("FoundT")
Find = Callable[[Info, ObjectId], Awaitable[Node | None]]


def _by(
    loader_of: Callable[[Loaders], DataLoader[ObjectId, FoundT | None]], shown: Callable[[FoundT], Node | None]
) -> Find:
    async def find(info: Info, within: ObjectId) -> Node | None:
        found = await loader_of(info.context.loaders).load(within)
        return None if found is None else shown(found)

    return find


async def _validation(info: Info, within: ObjectId) -> Node | None:
    """A version holds many: the id says which."""
    found = await info.context.loaders.version_of_validation.load(within)
    return None if found is None else Validation.by_id(found, within)


def _transformation(kind: type[Transformation]) -> Find:
    async def find(info: Info, within: ObjectId) -> Node | None:
        found = await info.context.loaders.version_of_transformation.load(within)
        made = found and transformation_of(found)
        return made if isinstance(made, kind) else None

    return find


NODES: dict[str, Find] = {
    "Project": _by(lambda loaders: loaders.project, Project.from_document),
    "Entity": _by(lambda loaders: loaders.entity, Entity.from_document),
    "DataSource": _by(lambda loaders: loaders.data_source, DataSource.from_document),
    "FeatureView": _by(lambda loaders: loaders.feature_view, FeatureView.from_document),
    "FeatureViewVersion": _by(lambda loaders: loaders.version, FeatureViewVersion.from_document),
    "Feature": _by(lambda loaders: loaders.feature, Feature.of),
    "SqlTransformation": _transformation(SqlTransformation),
    "AggregationTransformation": _transformation(AggregationTransformation),
    "OnDemandTransformation": _transformation(OnDemandTransformation),
    "PushTransformation": _transformation(PushTransformation),
    "Validation": _validation,
    "FeatureService": _by(lambda loaders: loaders.feature_service, FeatureService.from_document),
    "Token": _by(lambda loaders: loaders.token, Token.from_document),
    "Materialization": _by(lambda loaders: loaders.materialization, Materialization.from_document),
    "TrainingDataset": _by(lambda loaders: loaders.training_dataset, TrainingDataset.from_document),
}
"""How an object of each type is found by its id within the type. A test holds it against the schema."""


@strawberry.type
class NodeQueries:
    @strawberry.field(
        description="Any object by its id. Null where the id is malformed or leads to nothing the viewer may see.",
        metadata=SEES,
    )
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="As `id` fields give it.")]
    ) -> Node | None:
        info.context.viewer.must_be_known()
        wanted = global_ids.parse(id)
        find = NODES.get(wanted.type_name) if wanted else None
        return await find(info, ObjectId(wanted.hex)) if wanted and find else None

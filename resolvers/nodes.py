"""Any object by its id alone."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry
from bson import ObjectId

from graphql_api.context import Info
from graphql_api.domain import global_ids
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
from schema.transformations import (
    AggregationTransformation,
    OnDemandTransformation,
    PushTransformation,
    SqlTransformation,
    Transformation,
    transformation_of,
)
from schema.validations import Validation


async def _project(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.project.load(within)
    return found and Project.from_document(found)


async def _entity(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.entity.load(within)
    return found and Entity.from_document(found)


async def _data_source(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.data_source.load(within)
    return found and DataSource.from_document(found)


async def _feature_view(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.feature_view.load(within)
    return found and FeatureView.from_document(found)


async def _version(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.version.load(within)
    return found and FeatureViewVersion.from_document(found)


async def _feature(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.feature.load(within)
    return found and Feature.of(found)


def _transformation(kind: type[Transformation]) -> Callable[[Info, ObjectId], Awaitable[Node | None]]:
    async def find(info: Info, within: ObjectId) -> Node | None:
        found = await info.context.loaders.version_of_transformation.load(within)
        made = found and transformation_of(found)
        return made if isinstance(made, kind) else None

    return find


async def _validation(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.version_of_validation.load(within)
    return found and Validation.by_id(found, within)


async def _service(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.feature_service.load(within)
    return found and FeatureService.from_document(found)


async def _materialization(info: Info, within: ObjectId) -> Node | None:
    found = await info.context.loaders.materialization.load(within)
    return found and Materialization.from_document(found)


NODES: dict[str, Callable[[Info, ObjectId], Awaitable[Node | None]]] = {
    "Project": _project,
    "Entity": _entity,
    "DataSource": _data_source,
    "FeatureView": _feature_view,
    "FeatureViewVersion": _version,
    "Feature": _feature,
    "SqlTransformation": _transformation(SqlTransformation),
    "AggregationTransformation": _transformation(AggregationTransformation),
    "OnDemandTransformation": _transformation(OnDemandTransformation),
    "PushTransformation": _transformation(PushTransformation),
    "Validation": _validation,
    "FeatureService": _service,
    "Materialization": _materialization,
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

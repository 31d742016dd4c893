"""The schema: all nouns and all verbs."""

from typing import cast

import strawberry
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    Undefined,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from graphql_api.domain.enums import ValueStatus
from resolvers.audit import AuditQueries
from resolvers.auditing import audited
from resolvers.definition_files import DefinitionFileQueries
from resolvers.lifecycle import LifecycleMutations, LifecycleQueries
from resolvers.nodes import NodeQueries
from resolvers.online_features import OnlineFeaturesQueries
from resolvers.plans import PlanMutations, PlanQueries
from resolvers.point_in_time import PointInTimeQueries
from resolvers.projects import ProjectMutations, ProjectQueries
from resolvers.registry import (
    DataSourceQueries,
    EntityQueries,
    FeatureQueries,
    FeatureServiceQueries,
    FeatureViewQueries,
)
from resolvers.registry_events import RegistryEventQueries, RegistryEventSubscriptions
from resolvers.runs import RunMutations, RunQueries, RunSubscriptions
from resolvers.search import SearchQueries
from resolvers.tokens import TokenMutations, TokenQueries
from resolvers.training_datasets import TrainingDatasetMutations, TrainingDatasetQueries
from resolvers.uploads import UploadMutations
from schema.errors import Unavailable
from schema.refusals import REFUSALS
from schema.scalars import SCALARS
from schema.transformations import (
    AggregationTransformation,
    OnDemandTransformation,
    PushTransformation,
    SqlTransformation,
)


@strawberry.type(description="Reading. Needs the role VIEWER of the project, unless a field says otherwise.")
class Query(
    NodeQueries,
    ProjectQueries,
    TokenQueries,
    AuditQueries,
    RegistryEventQueries,
    EntityQueries,
    DataSourceQueries,
    FeatureViewQueries,
    FeatureQueries,
    FeatureServiceQueries,
    SearchQueries,
    RunQueries,
    TrainingDatasetQueries,
    OnlineFeaturesQueries,
    PointInTimeQueries,
    PlanQueries,
    DefinitionFileQueries,
    LifecycleQueries,
):
    pass


@audited
@strawberry.type(description="Changing. Each field says which role of the project it needs.")
class Mutation(
    PlanMutations,
    LifecycleMutations,
    RunMutations,
    UploadMutations,
    TrainingDatasetMutations,
    ProjectMutations,
    TokenMutations,
):
    pass


@strawberry.type(description="Following what happens, over the graphql-transport-ws protocol.")
class Subscription(RunSubscriptions, RegistryEventSubscriptions):
    pass


class PlatformSchema(strawberry.Schema):
    """What goes wrong is logged once, where it is turned into what the client sees: by the doors."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        return None


TRANSFORMATIONS = (SqlTransformation, AggregationTransformation, OnDemandTransformation, PushTransformation)


def _made() -> PlatformSchema:
    made = PlatformSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*TRANSFORMATIONS, Unavailable, ValueStatus],
        config=StrawberryConfig(scalar_map=SCALARS),
        exception_handlers=REFUSALS,
    )
    for type_ in made._schema.type_map.values():  # pyright: ignore[reportPrivateUsage]
        _drop_null_defaults(type_)
    return made


def _drop_null_defaults(type_: GraphQLNamedType) -> None:
    """What may be left out is told as that, not as something whose default is null."""
    if isinstance(type_, GraphQLInputObjectType):
        inputs = list(type_.fields.values())
    elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        inputs = [argument for field in type_.fields.values() for argument in field.args.values()]
    else:
        return
    for one in inputs:
        if cast("object", one.default_value) is None:
            one.default_value = Undefined


schema = _made()

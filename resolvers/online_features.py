from collections.abc import Mapping
from typing import Annotated, cast

import strawberry

from graphql_api.context import Info
from graphql_api.errors import InvalidInput, Problem
from graphql_api.services.projects import DEFAULT_PROJECT
from graphql_api.serving.lookup import Lookup
from resolvers.access import VIEWER
from schema.connections import Project
from schema.online_features import OnlineFeatures
from schema.scalars import JSON

Columns = Annotated[
    JSON,
    strawberry.argument(
        description='Columns, by request column: {"tailnum": ["N14228", "N24211"]}; all of one length, at most 10,000. '
        "INT64 may be sent as a decimal text, TIMESTAMP is RFC 3339 text; a null key is MISSING."
    ),
]
Service = Annotated[
    str | None,
    strawberry.argument(description="A service (its current version) or one version of it: delay_model@2."),
]
References = Annotated[
    list[str] | None, strawberry.argument(description="References: aircraft_delays, aircraft_delays@3:flights_7d, …")
]
RequestData = Annotated[
    JSON | None, strawberry.argument(description="Request-time values, in columns as `entities` are.")
]


@strawberry.type
class OnlineFeaturesQueries:
    @strawberry.field(
        description="The newest values for entities, from the online store. Exactly one of `featureService` and "
        "`features`. Viewer.",
        metadata=VIEWER,
    )
    async def online_features(
        self,
        info: Info,
        entities: Columns,
        feature_service: Service = None,
        features: References = None,
        request_data: RequestData = None,
        project: Project = DEFAULT_PROJECT,
    ) -> OnlineFeatures:
        lookup = lookup_of(entities, feature_service, features, request_data)
        return OnlineFeatures.of(await info.context.loaders.online_features.load((project, lookup)))


def lookup_of(
    entities: object, feature_service: str | None, features: list[str] | None, request_data: object
) -> Lookup:
    """Raises InvalidInput."""
    return Lookup(
        entities=_columns("entities", entities),
        feature_service=feature_service,
        features=features,
        request_data=None if request_data is None else _columns("requestData", request_data),
    )


def _columns(argument: str, given: object) -> Mapping[str, object]:
    """Raises InvalidInput for anything but an object: what its columns must be is known to their plan."""
    if not isinstance(given, dict):
        message = f"{argument} must be an object with a list for each column."
        raise InvalidInput(message, [Problem(argument, message)])
    return cast("Mapping[str, object]", given)

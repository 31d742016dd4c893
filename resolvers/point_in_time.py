"""Values as they were known at a moment, and whether the online store says the same as the offline store."""

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.times import TimeRange, to_micros
from graphql_api.services.features_at import LookupAt
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import EDITOR, VIEWER
from resolvers.online_features import Columns, References, RequestData, Service, lookup_of
from schema.connections import Project
from schema.online_features import OnlineFeatures
from schema.parity import ParityReport
from schema.scalars import JSON
from schema.timelines import FeatureTimeline

_SAMPLE = 100


@strawberry.type
class PointInTimeQueries:
    @strawberry.field(
        description="What the offline store would have answered at a moment: of each entity the newest row that was "
        "available then. Exactly one of `featureService` and `features`; on-demand features too. At most 1,000 "
        "entities, and ten such fields a request. Viewer.",
        metadata=VIEWER,
    )
    async def features_at(
        self,
        info: Info,
        at: Annotated[
            datetime,
            strawberry.argument(description="The moment, also one that is yet to come: then by what is known now."),
        ],
        entities: Columns,
        feature_service: Service = None,
        features: References = None,
        request_data: RequestData = None,
        project: Project = DEFAULT_PROJECT,
    ) -> OnlineFeatures:
        asked = LookupAt(lookup_of(entities, feature_service, features, request_data), to_micros(at))
        return OnlineFeatures.of(await info.context.loaders.features_at.load((project, asked)))

    @strawberry.field(
        description="Every row of one entity with an event timestamp in `[start, end)`, oldest first: at most 10,000. "
        "Viewer.",
        metadata=VIEWER,
    )
    async def feature_timeline(
        self,
        info: Info,
        feature: Annotated[
            str, strawberry.argument(description="A stored feature: aircraft_delays:flights_7d, aircraft_delays@3:…")
        ],
        entity: Annotated[
            JSON, strawberry.argument(description='Its join keys, by the view\'s own names: {"tailnum": "N14228"}')
        ],
        start: Annotated[datetime, strawberry.argument(description="The first event timestamp.")],
        end: Annotated[datetime, strawberry.argument(description="The first event timestamp after the range.")],
        project: Project = DEFAULT_PROJECT,
    ) -> FeatureTimeline:
        window = TimeRange(to_micros(start), to_micros(end))
        asked = (project, feature, entity, window)
        return FeatureTimeline.of(await info.context.services.timelines.of(info.context.viewer, *asked))

    @strawberry.field(
        description="Online answers against the offline store's for the same moment, for a sample of the entities that "
        "have rows: another one each time. Features on demand are compared by what they are made from. Editor.",
        metadata=EDITOR,
    )
    async def parity(
        self,
        info: Info,
        feature_service: Annotated[
            str, strawberry.argument(description="A service (its current version) or one version of it: delay_model@2.")
        ],
        sample: Annotated[
            int | None, strawberry.argument(description="How many entities: 1 to 1,000; null means 100.")
        ] = _SAMPLE,
        project: Project = DEFAULT_PROJECT,
    ) -> ParityReport:
        asked = (project, feature_service, _SAMPLE if sample is None else sample)
        return ParityReport.of(await info.context.services.parity.check(info.context.viewer, *asked))

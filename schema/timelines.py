from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry
from bson import ObjectId

from graphql_api.context import Info
from graphql_api.domain.times import from_micros
from graphql_api.engines.join_shapes import TimelineRow
from graphql_api.services.timelines import FoundTimeline
from schema import features, materializations
from schema.lazy import FeatureRef, MaterializationRef
from schema.scalars import JSON, pasted


@strawberry.type(description="One row of an entity, as far as one feature goes.")
class FeaturePoint:
    event_timestamp: datetime = strawberry.field(description="The moment that the value is of.")
    created_timestamp: datetime = strawberry.field(description="When the row became known.")
    available_at: datetime = strawberry.field(
        description="The first moment at which a point-in-time join may take the row: its event timestamp and the "
        "version's delay, or when it became known if that is later."
    )
    value: JSON = strawberry.field(description="What the row holds; null where it holds null.")
    run: strawberry.Private[str | None]

    @classmethod
    def of(cls, row: TimelineRow) -> Self:
        return cls(
            event_timestamp=from_micros(row.event),
            created_timestamp=from_micros(row.created),
            available_at=from_micros(row.available),
            value=pasted(row.text.encode()),
            run=row.run,
        )

    @strawberry.field(description="The run that wrote the row; null for a pushed one, or where the run was deleted.")
    async def materialization(self, info: Info) -> MaterializationRef | None:
        if self.run is None:
            return None
        found = await info.context.loaders.materialization.load(ObjectId(self.run))
        return found and materializations.Materialization.from_document(found)


@strawberry.type(description="What was ever known of a feature of one entity, in a range of event timestamps.")
class FeatureTimeline:
    feature: FeatureRef = strawberry.field(description="The very feature, of the version that was asked for.")
    points: Sequence[FeaturePoint] = strawberry.field(
        description="Every row, corrections beside what they correct, by event timestamp, then by when it became known."
    )

    @classmethod
    def of(cls, found: FoundTimeline) -> Self:
        return cls(feature=features.Feature.of(found.feature), points=[FeaturePoint.of(row) for row in found.rows])

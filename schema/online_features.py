from typing import Self

import strawberry

from graphql_api.serving.lookup import OnlineAnswer
from schema.scalars import JSON, pasted


@strawberry.type(description="One row an entity, in the order asked; one column a feature, in the order of `features`.")
class OnlineFeatures:
    features: list[str] = strawberry.field(
        description="The columns: a service's names for its features, or the references as they were asked."
    )
    rows: JSON = strawberry.field(
        description="A list a row, of one value a feature; null where there is none. TIMESTAMP is RFC 3339 text."
    )
    statuses: JSON = strawberry.field(
        description="PRESENT, NULL_VALUE (the row is there and holds null), MISSING (no row, or a null key) or EXPIRED "
        "(too old to be served), by name, in the same shape as `rows`."
    )
    views: list[str] = strawberry.field(
        description="The view versions that answered, as references; under another name where the service gives one "
        "(`dest_weather`)."
    )
    view_of_feature: list[int] = strawberry.field(description="For each feature the index of its view in `views`.")
    event_timestamps: JSON = strawberry.field(
        description="One row an entity, one column a view: RFC 3339 text, or null where there is no row."
    )
    materialization_ids: JSON = strawberry.field(
        description="Same shape as `eventTimestamps`: the run that wrote the row, null for a pushed one or none."
    )

    @classmethod
    def of(cls, answer: OnlineAnswer) -> Self:
        return cls(
            features=list(answer.features),
            rows=pasted(answer.rows),
            statuses=pasted(answer.statuses),
            views=list(answer.views),
            view_of_feature=list(answer.view_of_feature),
            event_timestamps=pasted(answer.event_timestamps),
            materialization_ids=pasted(answer.materialization_ids),
        )

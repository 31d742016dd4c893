from typing import Self

import strawberry

from graphql_api.definitions import plan as plans
from graphql_api.documents.registry_events import ChangePart
from graphql_api.domain.enums import ChangeKind
from schema.scalars import JSON


@strawberry.type(description="One difference within an object.")
class Change:
    kind: ChangeKind = strawberry.field(description="What becomes of the place.")
    path: str = strawberry.field(description="Leads to the place within the object: features.flights_7d.type")
    before: JSON | None = strawberry.field(description="Null for what is added.")
    after: JSON | None = strawberry.field(description="Null for what is removed.")
    breaking: bool = strawberry.field(description="True where those who rely on the object may fail.")

    @classmethod
    def of(cls, change: plans.Change | ChangePart) -> Self:
        return cls(
            kind=change.kind,
            path=change.path,
            before=None if change.before is None else JSON(change.before),
            after=None if change.after is None else JSON(change.after),
            breaking=change.breaking,
        )

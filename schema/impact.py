from typing import Self

import strawberry

from graphql_api.services.decisions import Decision
from schema.changes import Change


@strawberry.type(description="What an action on one object would do.")
class Impact:
    allowed: bool = strawberry.field(description="False: the mutation would refuse, for the reason in `message`.")
    dependents: list[str] = strawberry.field(
        description="References of what depends on the object, directly or through others; runs in progress by id."
    )
    changes: list[Change] = strawberry.field(
        description="What would be different; empty where it is refused, or where it is so already."
    )
    message: str = strawberry.field(description="What would happen, or what is in the way and what helps.")

    @classmethod
    def of(cls, decision: Decision) -> Self:
        return cls(
            allowed=decision.refusal is None,
            dependents=list(decision.dependents),
            changes=[Change.of(change) for change in decision.differences],
            message=decision.message,
        )

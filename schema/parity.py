from collections.abc import Sequence
from typing import Self

import strawberry

from graphql_api.services.parity import MOST_DIFFERENCES, Difference, Report
from schema.scalars import JSON, BigInt, pasted


@strawberry.type(description="A value that the two stores do not agree on.")
class ParityDifference:
    feature: str = strawberry.field(
        description="The service's name for it; for what on-demand features are made from, its reference."
    )
    entity: JSON = strawberry.field(description='Its join keys, by request column: {"tailnum": "N14228"}')
    online: JSON = strawberry.field(description="What a look-up answers; null where there is no value to be served.")
    offline: JSON = strawberry.field(description="What the offline store answers for the same moment; null likewise.")
    reason: str = strawberry.field(
        description="Why: Run in progress; Late write (committed or pushed, and not in the other store yet); Not yet "
        "available (the version's delay is not over); Taken away (no run's row offline any more); Damaged (one row, of "
        "which the stores hold different values); TTL; and what helps."
    )

    @classmethod
    def of(cls, found: Difference) -> Self:
        return cls(
            feature=found.feature,
            entity=JSON(found.entity),
            online=pasted(found.online),
            offline=pasted(found.offline),
            reason=found.reason,
        )


@strawberry.type(description="Online answers beside the offline store's, value by value, for one moment.")
class ParityReport:
    checked: BigInt = strawberry.field(description="Values that were compared, each of an entity once.")
    equal: BigInt = strawberry.field(description="Those of them that are the same, value and status.")
    differences: Sequence[ParityDifference] = strawberry.field(
        description=f"The others; the first {MOST_DIFFERENCES} of them, if there are more."
    )

    @classmethod
    def of(cls, report: Report) -> Self:
        return cls(
            checked=BigInt(report.checked),
            equal=BigInt(report.equal),
            differences=[ParityDifference.of(one) for one in report.differences],
        )

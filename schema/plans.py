"""What applying definitions would change, and what it did."""

from typing import Annotated, Self

import strawberry

from graphql_api.definitions import plan as plans
from graphql_api.domain.enums import ChangeKind, DefinitionKind
from schema.changes import Change
from schema.errors import BlockedByDependents, Conflict, InvalidInput, NotFound
from schema.feature_view_versions import FeatureViewVersion
from schema.materializations import Materialization
from schema.scalars import JSON


@strawberry.input(description="One object of the registry, as the YAML files write it.")
class DefinitionInput:
    kind: DefinitionKind = strawberry.field(description="The YAML's `kind`.")
    spec: JSON = strawberry.field(description="An object: all but the kind, with the keys of the YAML.")


@strawberry.type(description="What becomes of one object of the registry.")
class PlannedChange:
    change: ChangeKind = strawberry.field(description="What becomes of it.")
    kind: DefinitionKind = strawberry.field(description="What it is.")
    name: str = strawberry.field(description="Its name.")
    changes: list[Change] = strawberry.field(description="Differences within it.")
    dependents: list[str] = strawberry.field(description="References of what depends on it.")
    creates_version: str | None = strawberry.field(
        description="The reference of the version that is made; null where the change is in place."
    )

    @classmethod
    def of(cls, planned: plans.PlannedChange) -> Self:
        return cls(
            change=planned.change,
            kind=planned.kind,
            name=planned.name,
            changes=[Change.of(change) for change in planned.changes],
            dependents=list(planned.dependents),
            creates_version=planned.creates_version,
        )


@strawberry.type(
    description="A pinned view version that could move, once a dependent: `dependent` delay_model holds `reference` "
    "aircraft_delays@1, `newest` is aircraft_delays@2."
)
class Behind:
    dependent: str = strawberry.field(description="Who holds the pin.")
    reference: str = strawberry.field(description="The version that is pinned.")
    newest: str = strawberry.field(description="The version that it could move to, with `repin` or by its number.")

    @classmethod
    def of(cls, behind: plans.Behind) -> Self:
        return cls(dependent=behind.dependent, reference=behind.reference, newest=behind.newest)


@strawberry.type(description="What applying definitions changes. No changes: the registry matches already.")
class Plan:
    changes: list[PlannedChange] = strawberry.field(description="One an object, in the order in which they depend.")
    behind: list[Behind] = strawberry.field(description="Pins that stay, though there is something newer.")
    warnings: list[str] = strawberry.field(description="What is allowed and probably not meant.")
    fingerprint: str = strawberry.field(description="For `apply`: it refuses where the plan is no longer this one.")

    @classmethod
    def of(cls, plan: plans.Plan) -> Self:
        return cls(
            changes=[PlannedChange.of(change) for change in plan.changes],
            behind=[Behind.of(behind) for behind in plan.behind],
            warnings=list(plan.warnings),
            fingerprint=plan.fingerprint,
        )


@strawberry.type(
    description="`versions` are those that were made; `materializations` what was started, `unmaterialized` what still "
    "needs a run."
)
class ApplyPayload:
    plan: Plan = strawberry.field(description="What was done.")
    versions: list[FeatureViewVersion] = strawberry.field(description="Versions of views that were made.")
    materializations: list[Materialization] = strawberry.field(
        description="Runs that were queued; none without `materialize`."
    )
    unmaterialized: list[FeatureViewVersion] = strawberry.field(
        description="Versions that have no run in progress and need one before they answer."
    )


@strawberry.type(description="The version as it is now.")
class VersionPayload:
    version: FeatureViewVersion = strawberry.field(description="With its new state.")


@strawberry.type(description="What was deleted.")
class DeletePayload:
    kind: DefinitionKind = strawberry.field(description="As it was asked for.")
    name: str = strawberry.field(description="As it was asked for.")


PlanResult = Annotated[
    Plan | InvalidInput | BlockedByDependents,
    strawberry.union("PlanResult", description="A plan, or why there is none."),
]
ApplyResult = Annotated[
    ApplyPayload | InvalidInput | Conflict | BlockedByDependents,
    strawberry.union("ApplyResult", description="What was done, or why nothing was."),
]
VersionResult = Annotated[
    VersionPayload | InvalidInput | NotFound | Conflict | BlockedByDependents,
    strawberry.union("VersionResult", description="A version, or why nothing was done."),
]
DeleteResult = Annotated[
    DeletePayload | NotFound | Conflict | BlockedByDependents,
    strawberry.union("DeleteResult", description="What was deleted, or why nothing was."),
]

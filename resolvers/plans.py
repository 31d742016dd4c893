"""Reviewing, applying and publishing definitions."""

from typing import Annotated, cast

import strawberry

from graphql_api.context import Info
from graphql_api.definitions.documents import Definition
from graphql_api.errors import InvalidInput, Problem
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import EDITOR
from schema.connections import Project
from schema.feature_view_versions import FeatureViewVersion
from schema.materializations import Materialization
from schema.plans import ApplyPayload, ApplyResult, DefinitionInput, Plan, PlanResult

Definitions = Annotated[
    list[DefinitionInput],
    strawberry.argument(description="Objects to make or change; in any order, they may refer to each other."),
]
Prune = Annotated[
    bool,
    strawberry.argument(
        description="Delete what was last applied under the same `label` and is absent now, as the plan lists. Refused "
        "(BlockedByDependents) where something that stays depends on it."
    ),
]
Label = Annotated[
    str | None,
    strawberry.argument(
        description="What this set of definitions is called, kept with each object until it is applied again: 1 to 100 "
        "characters. `prune` needs it; what was last applied under another label, or none, is never pruned."
    ),
]
Repin = Annotated[
    bool,
    strawberry.argument(description="Move pins without a number to the newest version, also where they stood before."),
]


def definitions_of(given: list[DefinitionInput]) -> list[Definition]:
    """Raises InvalidInput where a spec is no object."""
    problems: list[Problem] = []
    read: list[Definition] = []
    for index, one in enumerate(given):
        spec = cast("object", one.spec)
        if isinstance(spec, dict):
            read.append(Definition(one.kind, cast("dict[str, object]", spec)))
        else:
            problems.append(Problem(f"definitions[{index}].spec", "must be an object"))
    if problems:
        raise InvalidInput("A definition is no object.", problems)
    return read


@strawberry.type
class PlanQueries:
    @strawberry.field(
        description="What applying these definitions would change, and whom it would touch. Writes nothing. Editor.",
        metadata=EDITOR,
    )
    async def plan(
        self,
        info: Info,
        definitions: Definitions,
        project: Project = DEFAULT_PROJECT,
        prune: Prune = False,
        label: Label = None,
        repin: Repin = False,
    ) -> PlanResult:
        plan = await info.context.services.plans.plan(
            info.context.viewer, project, definitions_of(definitions), prune=prune, label=label, repin=repin
        )
        return Plan.of(plan)


@strawberry.type
class PlanMutations:
    @strawberry.mutation(
        description="Makes the registry match, all or nothing. With `fingerprint`, refuses (Conflict) if the plan is "
        "no longer the one that was reviewed. Editor.",
        metadata=EDITOR,
    )
    async def apply(
        self,
        info: Info,
        definitions: Definitions,
        project: Project = DEFAULT_PROJECT,
        fingerprint: Annotated[
            str | None,
            strawberry.argument(description="Of the plan that was reviewed; null: whatever the plan is now."),
        ] = None,
        prune: Prune = False,
        label: Label = None,
        repin: Repin = False,
        materialize: Annotated[
            bool, strawberry.argument(description="Queue a run for each version that needs one.")
        ] = False,
    ) -> ApplyResult:
        applied = await info.context.services.plans.apply(
            info.context.viewer,
            project,
            definitions_of(definitions),
            fingerprint=fingerprint,
            prune=prune,
            label=label,
            repin=repin,
            materialize=materialize,
        )
        return ApplyPayload(
            plan=Plan.of(applied.plan),
            versions=[FeatureViewVersion.from_document(version) for version in applied.versions],
            materializations=[Materialization.from_document(run) for run in applied.materializations],
            unmaterialized=[FeatureViewVersion.from_document(version) for version in applied.unmaterialized],
        )

"""Starting, reading, following and ending runs."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry
from bson import ObjectId

from graphql_api.context import Info
from graphql_api.documents.all_runs import RunKey
from graphql_api.domain import global_ids
from graphql_api.domain.enums import RunState, RunTrigger
from graphql_api.domain.pages import PageRequest
from graphql_api.domain.times import to_micros
from graphql_api.errors import NotFound
from graphql_api.services.projects import DEFAULT_PROJECT
from graphql_api.services.run_history import RunFilters
from resolvers.access import EDITOR, SEES, VIEWER
from resolvers.following import followed
from schema.connections import After, Connection, First, Project, connected
from schema.materializations import (
    Materialization,
    MaterializationPayload,
    MaterializationResult,
    RunPayload,
    RunResult,
    StartMaterializationInput,
)
from schema.runs import RunProgress, shown

RunId = Annotated[strawberry.ID, strawberry.argument(description="Of a run, as `id` fields give it.")]


def run_key(text: str) -> RunKey:
    """Raises NotFound for the id of anything but a run."""
    key = RunKey.parse(text)
    if key is None:
        raise NotFound("There is no such run.")
    return key


@strawberry.type
class RunQueries:
    @strawberry.field(description="Runs, newest first.", metadata=VIEWER)
    async def materializations(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        view: Annotated[str | None, strawberry.argument(description="Only runs of this view, by name.")] = None,
        states: Annotated[
            list[RunState] | None, strawberry.argument(description="Only runs in one of these states; null: in any.")
        ] = None,
        trigger: Annotated[RunTrigger | None, strawberry.argument(description="Only runs that are for this.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Materialization]:
        page = await info.context.services.run_history.page(
            info.context.viewer, project, RunFilters(view, states, trigger), PageRequest.of(first, after)
        )
        return connected(page, Materialization.from_document)

    @strawberry.field(description="A run by its id; null where the viewer sees none.", metadata=SEES)
    async def materialization(self, info: Info, id: RunId) -> Materialization | None:
        info.context.viewer.must_be_known()
        within = global_ids.parse_as("Materialization", id)
        found = await info.context.loaders.materialization.load(ObjectId(within)) if within else None
        return found and Materialization.from_document(found)


@strawberry.type
class RunMutations:
    @strawberry.mutation(
        description="Compute a range of a view and make it visible, offline and then online. Editor.", metadata=EDITOR
    )
    async def start_materialization(
        self,
        info: Info,
        input: Annotated[StartMaterializationInput, strawberry.argument(description="What to compute.")],
    ) -> MaterializationResult:
        run = await info.context.services.materializations.start(
            info.context.viewer,
            input.project,
            input.reference,
            start=None if input.start is None else to_micros(input.start),
            end=None if input.end is None else to_micros(input.end),
            idempotency_key=input.idempotency_key,
        )
        return MaterializationPayload(materialization=Materialization.from_document(run))

    @strawberry.mutation(
        description="End a run before its commit: nothing of it becomes visible. One that has committed or finished "
        "is a Conflict. Editor.",
        metadata=EDITOR,
    )
    async def cancel_run(self, info: Info, id: RunId) -> RunResult:
        return RunPayload(run=shown(await info.context.services.runs.cancel(info.context.viewer, run_key(id))))


@strawberry.type
class RunSubscriptions:
    @strawberry.subscription(
        description="Every event of one run with a sequence greater than `after`, then what follows, without gap or "
        "repetition; it completes after the terminal event. A client that was cut off asks again with the last "
        "sequence that it saw; one beyond the last event is INVALID_INPUT while the run goes on. Viewer.",
        metadata=VIEWER,
    )
    async def run_progress(
        self,
        info: Info,
        id: RunId,
        after: Annotated[int, strawberry.argument(description="The last sequence number seen; 0: none.")] = 0,
    ) -> AsyncIterator[RunProgress]:
        key = run_key(id)
        events = await info.context.services.run_progress.follow(info.context.viewer, key, after=after)
        return followed(info, events, lambda event: RunProgress.told(event, key))

    @strawberry.subscription(
        description="The latest event of each run in progress, then what follows, terminal events included, for lists. "
        "Never completes. Viewer.",
        metadata=VIEWER,
    )
    async def runs_progress(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        view: Annotated[str | None, strawberry.argument(description="Only runs of this view, by name.")] = None,
    ) -> AsyncIterator[RunProgress]:
        events = await info.context.services.run_progress.follow_all(info.context.viewer, project, view=view)
        return followed(info, events, lambda told: RunProgress.told(told.event, told.run))

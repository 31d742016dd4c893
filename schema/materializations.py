from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import RunTrigger
from graphql_api.domain.pages import PageRequest
from schema import feature_view_versions, validations
from schema.columns import Table, moment
from schema.connections import FirstRows
from schema.errors import Conflict, InvalidInput, NotFound
from schema.lazy import FeatureViewVersionRef, ValidationResultRef
from schema.nodes import node_id, there
from schema.runs import Run, shows, what_runs_have


@strawberry.type(description="A run that computes a range of a feature view version and makes it visible.")
class Materialization(Run):
    start: datetime | None = strawberry.field(
        description="The first event timestamp of its half-open range. Null for a static view, and until the run is "
        "planned where it begins with the oldest row."
    )
    end: datetime = strawberry.field(description="The first event timestamp after its range.")
    trigger: RunTrigger = strawberry.field(description="Why it was made.")
    document: strawberry.Private[MaterializationDocument]

    @classmethod
    def from_document(cls, run: MaterializationDocument) -> Self:
        return cls(
            id=node_id("Materialization", run.id),
            **what_runs_have(run),
            document=run,
            start=None if run.is_static else moment(run.start),
            end=there(moment(run.end)),
            trigger=run.trigger,
        )

    @strawberry.field(description="The version that was asked for, whose checks are run.")
    async def version(self, info: Info) -> FeatureViewVersionRef:
        found = await info.context.loaders.version_head.load(self.document.version_id)
        return feature_view_versions.FeatureViewVersion.from_head(there(found))

    @strawberry.field(description="What its checks found, in the order in which they were judged; empty before.")
    async def validation_results(self, info: Info) -> Sequence[ValidationResultRef]:
        results = await info.context.loaders.results_of_run.load(self.document.id)
        if not results:
            return []
        version = there(await info.context.loaders.version.load(self.document.version_id))
        return [validations.ValidationResult.of(version, result) for result in results]

    @strawberry.field(
        description="Rows that QUARANTINE checks kept out, oldest first; empty where there are none. Null, with an "
        "error, where they cannot be read."
    )
    async def quarantine(self, info: Info, first: FirstRows = 20) -> Table | None:
        limit = PageRequest.of(first, default=20).first
        rows = await info.context.services.previews.of_quarantine(self.document, limit)
        version = there(await info.context.loaders.version.load(self.document.version_id))
        return Table.of(rows, {part.name: part.value_type for part in (*version.keys, *version.features)})


shows(MaterializationDocument, Materialization.from_document)


@strawberry.input(description="A range of a view to compute.")
class StartMaterializationInput:
    project: str = strawberry.field(default="default", description="The project's name.")
    reference: str = strawberry.field(
        description="A view (its current version; not found where none is published) or a version: aircraft_delays@3"
    )
    start: datetime | None = strawberry.field(
        default=None,
        description="The first event timestamp, not before the view's `since`. Null: the end of the latest covered "
        "range; where nothing is covered, `since`, else the oldest row.",
    )
    end: datetime | None = strawberry.field(
        default=None,
        description="The first event timestamp after the range; null: the latest, now minus the view's `delay`.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Up to 200 characters. For 30 days the same key and input give the same run; with another "
        "input it is a Conflict.",
    )


@strawberry.type(description="The run that was queued.")
class MaterializationPayload:
    materialization: Materialization = strawberry.field(description="Follow it with `runProgress`.")


@strawberry.type(description="The run as it is now.")
class RunPayload:
    run: Run = strawberry.field(description="Follow it with `runProgress`.")


MaterializationResult = Annotated[
    MaterializationPayload | InvalidInput | NotFound | Conflict,
    strawberry.union("MaterializationResult", description="A run, or why there is none."),
]
RunResult = Annotated[
    RunPayload | NotFound | Conflict, strawberry.union("RunResult", description="A run, or why nothing was done.")
]

"""What every run has, whatever it makes: state, progress, log."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Self, TypedDict

import strawberry

from graphql_api.context import Info
from graphql_api.documents.all_runs import AnyRun, RunKey
from graphql_api.documents.runs import RunDocument, RunEvent, RunFailurePart, RunT
from graphql_api.domain.enums import RunPhase, RunState
from schema.nodes import Node, there
from schema.scalars import BigInt


@strawberry.type(description="What went wrong, and what a person can do about it.")
class RunFailure:
    code: str = strawberry.field(description="For programs: SOURCE_CHANGED, CHECK_FAILED, …")
    message: str = strawberry.field(description="What went wrong, for people.")
    hint: str | None = strawberry.field(description="What to do about it; null where nobody knows.")
    retryable: bool = strawberry.field(description="True for a fault that may pass: another attempt could succeed.")

    @classmethod
    def of(cls, part: RunFailurePart) -> Self:
        return cls(code=part.code, message=part.message, hint=part.hint, retryable=part.retryable)


class RunFields(TypedDict):
    """The fields of `Run`, for the types that are runs."""

    state: RunState
    attempts: int
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_attempt_at: datetime | None
    failure: RunFailure | None
    of_any_kind: AnyRun


def what_runs_have(run: AnyRun) -> RunFields:
    return {
        "state": run.state,
        "attempts": run.attempt,
        "requested_by": run.requested_by,
        "requested_at": run.requested_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "next_attempt_at": run.next_attempt_at,
        "failure": RunFailure.of(run.failure) if run.failure else None,
        "of_any_kind": run,
    }


@strawberry.interface(description="Work that takes a while and goes on whatever becomes of the client.")
class Run(Node):
    state: RunState = strawberry.field(description="As it is now.")
    attempts: int = strawberry.field(description="Begun so far; 0 while it waits for its first.")
    requested_by: str = strawberry.field(description="Whose token asked for it.")
    requested_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When its first attempt began; null before.")
    finished_at: datetime | None = strawberry.field(description="When its terminal event was written; null before.")
    next_attempt_at: datetime | None = strawberry.field(
        description="The earliest moment of the next attempt while it is RETRYING, else null."
    )
    failure: RunFailure | None = strawberry.field(
        description="Why it failed, or why its latest attempt did; null where nothing went wrong."
    )
    of_any_kind: strawberry.Private[AnyRun]

    @strawberry.field(description="Its latest event.")
    def progress(self) -> "RunProgress":
        return RunProgress.of(self.of_any_kind.progress, self.of_any_kind)

    @strawberry.field(description="Its log, oldest first.")
    async def events(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many at most, from 0 to 200; null means the default.")
        ] = 100,
        after: Annotated[
            int, strawberry.argument(description="Only events with a greater sequence number; 0: from the first.")
        ] = 0,
    ) -> "Sequence[RunProgress]":
        found = await info.context.services.run_progress.events(
            info.context.viewer, self.of_any_kind, first=100 if first is None else first, after=after
        )
        return [RunProgress.of(event, self.of_any_kind) for event in found]


@strawberry.type(
    description="One event of a run. The first is QUEUED, attempt 0, written with the run. At most four a second, "
    "changes of state and phase included (they are merged; only the terminal event never waits). RETRYING carries the "
    "attempt that failed, and its phase; a terminal event that is no success keeps the phase reached. rowsWritten is 0 "
    "until the commit; rowsPerSecond is of rows read. `sequence` counts from 1 without gaps; exactly one event of a "
    "run is terminal, and it is the last."
)
class RunProgress:
    sequence: int = strawberry.field(description="From 1 on, without gaps.")
    at: datetime = strawberry.field(description="When it was written; never before the event that it follows.")
    state: RunState = strawberry.field(description="Of the run, at the event.")
    phase: RunPhase = strawberry.field(description="Of the attempt, at the event.")
    attempt: int = strawberry.field(description="The attempt that it tells of; 0: none has begun.")
    chunks_done: int = strawberry.field(description="Pieces of the range that are computed and kept.")
    chunks_total: int | None = strawberry.field(description="Null until the run is planned.")
    rows_read: BigInt = strawberry.field(description="Source rows read so far.")
    rows_written: BigInt = strawberry.field(description="The run's own rows; 0 until the commit.")
    rows_rejected: BigInt = strawberry.field(
        description="Rows without a key or an event timestamp, or known later than the run's inputs."
    )
    rows_quarantined: BigInt = strawberry.field(
        description="Rows that QUARANTINE checks kept out; each counts once, however many checks it fails."
    )
    non_finite_values: BigInt = strawberry.field(
        description="Values of FLOAT64 features, or elements of their lists, that are null for being NaN or infinite."
    )
    rows_total: BigInt | None = strawberry.field(description="Source rows to read; null until the run is planned.")
    bytes_written: BigInt = strawberry.field(description="Of staged files, so far.")
    fraction: float = strawberry.field(description="0 to 1, never falling within an attempt.")
    rows_per_second: float | None = strawberry.field(description="Rows read a second; null while it is not known.")
    eta_seconds: float | None = strawberry.field(description="Until the end, as it looks now; null while not known.")
    message: str = strawberry.field(description="What is being done, for people; may be empty.")
    truncated: bool = strawberry.field(
        description="Events before this one have been removed: they are kept for 30 days, the terminal one as long as "
        "the run."
    )
    key: strawberry.Private[RunKey]
    known: strawberry.Private[AnyRun | None]

    @classmethod
    def of(cls, event: RunEvent, run: AnyRun) -> Self:
        """An event of a run that was just read."""
        return cls.told(event, RunKey.of(run), run)

    @classmethod
    def told(cls, event: RunEvent, key: RunKey, run: AnyRun | None = None) -> Self:
        """An event by itself; its run is read when it is asked for."""
        counts = event.counts
        return cls(
            sequence=event.sequence,
            at=event.at,
            state=event.state,
            phase=event.phase,
            attempt=event.attempt,
            chunks_done=counts.chunks_done,
            chunks_total=counts.chunks_total,
            rows_read=BigInt(counts.rows_read),
            rows_written=BigInt(counts.rows_written),
            rows_rejected=BigInt(counts.rows_rejected),
            rows_quarantined=BigInt(counts.rows_quarantined),
            non_finite_values=BigInt(counts.non_finite_values),
            rows_total=None if counts.rows_total is None else BigInt(counts.rows_total),
            bytes_written=BigInt(counts.bytes_written),
            fraction=event.fraction,
            rows_per_second=event.rows_per_second,
            eta_seconds=event.eta_seconds,
            message=event.message,
            truncated=event.truncated,
            key=key,
            known=run,
        )

    @strawberry.field(description="The run as it is now; what was true at the event is in the event's own fields.")
    async def run(self, info: Info) -> Run:
        found = self.known or await info.context.loaders.run.load(self.key)
        return shown(there(found))


_SHOWN: dict[type[RunDocument], Callable[[Any], Run]] = {}


def shows(model: type[RunT], show: Callable[[RunT], Run]) -> None:
    """Each kind of run has a type of its own, which says here that it has."""
    _SHOWN[model] = show


def shown(run: AnyRun) -> Run:
    """A run as its own type tells it."""
    return _SHOWN[type(run)](run)

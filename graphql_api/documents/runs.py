"""What every run has, whatever it makes: its document is its place in the queue, and holds state, lease, fence and the
last batch of its events."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, TypeVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import Part, new_id
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import utc_now


class RunCounts(Part):
    rows_read: int = 0
    rows_written: int = 0
    rows_rejected: int = 0
    rows_quarantined: int = 0
    non_finite_values: int = 0
    rows_total: int | None = None
    bytes_written: int = 0
    chunks_done: int = 0
    chunks_total: int | None = None


class RunEvent(Part):
    """What was true of a run at one moment."""

    sequence: int
    at: datetime
    state: RunState
    phase: RunPhase
    attempt: int
    counts: RunCounts = RunCounts()
    fraction: float = 0.0
    rows_per_second: float | None = None
    eta_seconds: float | None = None
    message: str = ""
    truncated: bool = Field(default=False, exclude=True)
    """Not kept: as it is read, events before it that the reader asked for are gone."""


class RunFailurePart(Part):
    code: str
    message: str
    hint: str | None = None
    retryable: bool = False


class RunDocument(Document):
    """Every write of a worker carries `attempt` and `owner` and takes effect only while both still stand; `sequence` is
    that of the last event, and `tail` the last events written, until they are copied to `run_events`.

    Each kind of run has a `collection` of its own, and a `type_name` in the API."""

    collection: ClassVar[str]
    type_name: ClassVar[str]

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    requested_by: str
    requested_at: datetime = Field(default_factory=utc_now)

    state: RunState = RunState.QUEUED
    phase: RunPhase = RunPhase.WAIT
    attempt: int = 0
    failures: int = 0
    """Attempts that ended in a fault that may pass."""
    owner: str | None = None
    lease_expires_at: datetime | None = None
    next_attempt_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_requested_by: str | None = None
    failure: RunFailurePart | None = None

    sequence: int = 1
    tail: tuple[RunEvent, ...]
    """The newest events; the last of them is the run's progress."""

    frozen_at: int | None = None
    """When the inputs were frozen, in microseconds; nothing that became known later is used."""
    commit: int | None = None
    """The number under which its rows became visible; it cannot be cancelled, or fail, any more."""

    @property
    def progress(self) -> RunEvent:
        return self.tail[-1]

    @property
    @abstractmethod
    def title(self) -> str:
        """What it makes, as people refer to it: `aircraft_delays@3`."""

    @property
    def subjects(self) -> tuple[str, str]:
        """What the audit tells of."""
        return self.title, global_id(self.type_name, self.id)


RunT = TypeVar("RunT", bound=RunDocument)


class RunEventsDocument(Document):
    """A batch of a run's events, copied from its tail; `id` is `<run>:<first sequence, 12 digits>`."""

    id: str  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]
    run_id: PydanticObjectId
    first: int
    last: int
    events: tuple[RunEvent, ...]

    class Settings:
        name = "run_events"
        indexes = [
            IndexModel([("run_id", ASCENDING), ("first", ASCENDING)], name="run", unique=True),
            IndexModel([("events.at", ASCENDING)], name="age"),
        ]

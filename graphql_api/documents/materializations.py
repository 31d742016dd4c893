"""A run is its own place in the queue: its document holds state, lease and fence, and the last batch of its events."""

from datetime import datetime

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from graphql_api.documents.base import Part, new_id
from graphql_api.documents.copies import RangePart
from graphql_api.domain.enums import RunPhase, RunState, RunTrigger, ValidationCheck, ValidationSeverity
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


class MaterializationDocument(Document):
    """Event timestamps (`start`, `end`) are microseconds. `start` None: a static view, or (`default_start`) the
    oldest row of the sources, which the PLAN phase fills in.

    Every write of a worker carries `attempt` and `owner` and takes effect only while both still stand; `sequence` is
    that of the last event, and `tail` the last events written, until they are copied to `run_events`."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    view_id: PydanticObjectId
    view_name: str
    version_id: PydanticObjectId
    version_number: int
    data_id: int
    is_static: bool
    trigger: RunTrigger
    start: int | None
    end: int
    default_start: bool = False
    requested_by: str
    requested_at: datetime = Field(default_factory=utc_now)
    current_covered: tuple[RangePart, ...] = ()
    """What the view's current version covered when this run was requested: what publishing asks of a draft."""

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
    """When the inputs were frozen; created timestamps may not be later."""
    chunks: tuple[RangePart, ...] | None = None
    rows_total: int | None = None
    """Source rows of the range, and of all of them those without an event timestamp; known with the chunks."""
    rejected_sources: int = 0
    checkpoints: tuple[PydanticObjectId, ...] = ()
    """Of the finished chunks; a checkpoint that is not named here does not count."""
    commit: int | None = None
    aside: bool = False
    """It has committed, could not go online, and no longer keeps others of its data from their commits."""
    turn: int | None = None
    """The number of its data that it took to go online after all, while it does so."""

    @property
    def progress(self) -> RunEvent:
        return self.tail[-1]

    class Settings:
        name = "materializations"
        indexes = [
            IndexModel([("state", ASCENDING), ("requested_at", ASCENDING)], name="queue"),
            IndexModel([("project_id", ASCENDING), ("requested_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
            IndexModel([("version_id", ASCENDING), ("requested_at", DESCENDING), ("_id", DESCENDING)], name="version"),
            IndexModel([("data_id", ASCENDING), ("state", ASCENDING), ("finished_at", DESCENDING)], name="data"),
            IndexModel([("data_id", ASCENDING), ("requested_at", DESCENDING), ("_id", DESCENDING)], name="data_newest"),
            IndexModel([("view_id", ASCENDING), ("requested_at", DESCENDING), ("_id", DESCENDING)], name="view"),
            IndexModel([("checkpoints", ASCENDING)], name="checkpoints"),
        ]


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


class FrozenObjectPart(Part):
    uri: str
    etag: str
    size: int


class FrozenInputsDocument(Document):
    """What a run may read; one document a source, since a run may have thousands of files."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    run_id: PydanticObjectId
    source_name: str
    objects: tuple[FrozenObjectPart, ...]

    class Settings:
        name = "frozen_inputs"
        indexes = [IndexModel([("run_id", ASCENDING), ("source_name", ASCENDING)], name="run", unique=True)]


class CheckCountPart(Part):
    """What one check found in one chunk, or in the whole run. `validation_id` None: `one_row_per_key`."""

    validation_id: PydanticObjectId | None
    checked: int | None
    failed: int
    observed: object = None
    sample: tuple[dict[str, object], ...] = ()


class CheckpointDocument(Document):
    """A finished chunk. It counts once the run's document names it."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    run_id: PydanticObjectId
    attempt: int
    chunk: int
    rows_read: int
    rows_written: int
    rows_rejected: int
    rows_quarantined: int
    non_finite_values: int = 0
    bytes_written: int
    checks: tuple[CheckCountPart, ...] = ()

    class Settings:
        name = "checkpoints"
        indexes = [IndexModel([("run_id", ASCENDING), ("chunk", ASCENDING)], name="run")]


class ValidationResultDocument(Document):
    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    view_id: PydanticObjectId
    version_id: PydanticObjectId
    run_id: PydanticObjectId
    validation_id: PydanticObjectId | None
    """None for the implicit check `one_row_per_key`."""
    name: str
    check: ValidationCheck | None
    severity: ValidationSeverity
    passed: bool
    observed: object = None
    checked_rows: int | None = None
    failed_rows: int = 0
    sample: tuple[dict[str, object], ...] = ()
    evaluated_at: datetime = Field(default_factory=utc_now)

    class Settings:
        name = "validation_results"
        indexes = [
            IndexModel([("run_id", ASCENDING)], name="run"),
            IndexModel(
                [("validation_id", ASCENDING), ("evaluated_at", DESCENDING), ("_id", DESCENDING)], name="validation"
            ),
        ]

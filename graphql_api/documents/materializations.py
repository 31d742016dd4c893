"""Runs that compute a range of a view, what they may read, and what they found."""

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from graphql_api.documents.base import Part, new_id
from graphql_api.documents.copies import RangePart
from graphql_api.documents.runs import RunDocument
from graphql_api.domain.enums import RunTrigger, ValidationCheck, ValidationSeverity
from graphql_api.domain.times import utc_now


class MaterializationDocument(RunDocument):
    """Event timestamps (`start`, `end`) are microseconds. `start` None: a static view, or (`default_start`) the
    oldest row of the sources, which the PLAN phase fills in. Created timestamps may not be later than `frozen_at`."""

    collection: ClassVar[str] = "materializations"
    type_name: ClassVar[str] = "Materialization"

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
    current_covered: tuple[RangePart, ...] = ()
    """What the view's current version covered when this run was requested: what publishing asks of a draft."""

    chunks: tuple[RangePart, ...] | None = None
    rows_total: int | None = None
    """Source rows of the range, and of all of them those without an event timestamp; known with the chunks."""
    rejected_sources: int = 0
    checkpoints: tuple[PydanticObjectId, ...] = ()
    """Of the finished chunks; a checkpoint that is not named here does not count."""
    aside: bool = False
    """It has committed, could not go online, and no longer keeps others of its data from their commits."""
    turn: int | None = None
    """The number of its data that it took to go online after all, while it does so."""

    @property
    def title(self) -> str:
        return f"{self.view_name}@{self.version_number}"

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

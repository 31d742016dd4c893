"""What makes rows visible offline: a commit names files; files that no commit names do not exist for a reader."""

from datetime import datetime
from enum import StrEnum

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import new_id
from graphql_api.domain.times import utc_now


class FileRole(StrEnum):
    ROWS = "ROWS"
    """The run's own rows."""
    KEPT = "KEPT"
    """Rows of earlier commits that a correction supersedes and that stay known for the time before it."""
    QUARANTINE = "QUARANTINE"
    """Rows that QUARANTINE checks kept out; never part of an answer."""


class StagedFileDocument(Document):
    """An immutable Parquet object that a chunk made, by its checkpoint. Event timestamps in microseconds.

    `first_key`, `last_key`: bounds of its rows' join keys (domain.key_bounds), as lists in the order of the keys.
    Without a first one any key may be in it, and without a last one there is no bound above. `unreachable_since`: when
    it was found that nobody who asks from then on is told of it; who was told before may still be fetching it."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    run_id: PydanticObjectId
    checkpoint_id: PydanticObjectId
    role: FileRole
    key: str
    sha256: str
    bytes: int
    rows: int
    min_event: int | None
    max_event: int | None
    first_key: tuple[bool | int | str, ...] | None = None
    last_key: tuple[bool | int | str, ...] | None = None
    unreachable_since: datetime | None = None

    class Settings:
        name = "staged_files"
        indexes = [
            IndexModel([("run_id", ASCENDING), ("min_event", ASCENDING)], name="run"),
            IndexModel([("checkpoint_id", ASCENDING)], name="checkpoint"),
            IndexModel([("key", ASCENDING)], name="key"),
        ]


class CommitKind(StrEnum):
    RUN = "RUN"
    COMPACTION = "COMPACTION"
    """The rows that were visible in the range, in fewer files: no reader gets another answer by it."""


class CommitDocument(Document):
    """Commit `number` of a copy of data: within `[start, end)` the files of this run, and nothing of earlier runs.

    `start` None: all of time (a static view). `checkpoints`: those whose files it names. `kind` COMPACTION: `run_id` is
    the id of that work, which is no run; `attempt` is 0.

    A commit goes with its last file, once later ones hide it from everyone (runs.retention): which run last covered a
    range is said by the runs' own documents."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    data_id: int
    number: int
    kind: CommitKind = CommitKind.RUN
    run_id: PydanticObjectId
    attempt: int
    start: int | None
    end: int
    checkpoints: tuple[PydanticObjectId, ...]
    rows: int
    committed_at: datetime = Field(default_factory=utc_now)

    class Settings:
        name = "commits"
        indexes = [
            IndexModel([("data_id", ASCENDING), ("number", ASCENDING)], name="number", unique=True),
            IndexModel([("run_id", ASCENDING)], name="run", unique=True),
            IndexModel([("checkpoints", ASCENDING)], name="checkpoints"),
        ]

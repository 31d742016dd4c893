"""Training data sets: runs that join features to the rows of a spine, and what they made."""

from typing import ClassVar

from beanie import PydanticObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel

from graphql_api.documents.base import Part
from graphql_api.documents.data_sources import SourcePart
from graphql_api.documents.feature_services import ServiceEntryPart
from graphql_api.documents.runs import RunDocument
from graphql_api.domain.enums import SplitBy


class SpinePart(Part):
    """The rows that features are joined to: of an upload, or of a source as it was when it was asked for.

    `uris`: where they lie. `event_timestamp`: the column with the moment of each row, read in `timezone` where it has
    no offset."""

    upload_id: PydanticObjectId | None = None
    source: SourcePart | None = None
    uris: tuple[str, ...]
    is_csv: bool = False
    timezone: str = "UTC"
    event_timestamp: str


class SplitPart(Part):
    """`fraction` of the rows or of the entities, or event timestamps `[start, end)` in microseconds, a bound of which
    may be open."""

    name: str
    fraction: float | None = None
    start: int | None = None
    end: int | None = None


class PinnedDataPart(Part):
    """A copy of data as of one of its commits: what it names must stay as long as the data set.

    `covered_until`: the end of what runs had covered then; None where there is no such end."""

    data_id: int
    commit: int
    covered_until: int | None = None


class DatasetFilePart(Part):
    """An immutable Parquet object, the rows of one split in the order of the spine."""

    name: str
    key: str
    split: str | None
    rows: int
    bytes: int
    sha256: str


class DatasetColumnPart(Part):
    """A column of the files; `data_type` in the words of DuckDB."""

    name: str
    data_type: str


class TrainingDatasetDocument(RunDocument):
    """One version of a data set, immutable once it is built.

    `entries` say which features of which versions, as those of a service do; of a list of references, `columns` are
    the references. `pins` None: not frozen yet, which the first attempt does. What the attempt that succeeds sets, in
    the write that ends the run: `files`, `manifest` (an object's key), `rows`, `columns`, `warnings`."""

    collection: ClassVar[str] = "training_datasets"
    type_name: ClassVar[str] = "TrainingDataset"

    name: str
    version: int
    service_id: PydanticObjectId | None = None
    service_reference: str | None = None
    entries: tuple[ServiceEntryPart, ...]
    spine: SpinePart
    known_before: int | None = None
    splits: tuple[SplitPart, ...] = ()
    split_by: SplitBy = SplitBy.ROW
    seed: int = 0

    pins: tuple[PinnedDataPart, ...] | None = None
    fingerprint: str | None = None
    files: tuple[DatasetFilePart, ...] = ()
    manifest: str | None = None
    rows: int | None = None
    columns: tuple[DatasetColumnPart, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.name}@{self.version}"

    class Settings:
        name = "training_datasets"
        indexes = [
            IndexModel([("state", ASCENDING), ("requested_at", ASCENDING)], name="queue"),
            IndexModel([("project_id", ASCENDING), ("requested_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
            IndexModel(
                [("project_id", ASCENDING), ("name", ASCENDING), ("version", DESCENDING)], name="version", unique=True
            ),
            IndexModel([("pins.data_id", ASCENDING), ("pins.commit", ASCENDING)], name="pins"),
            IndexModel([("spine.upload_id", ASCENDING)], name="upload"),
            IndexModel([("entries.version_id", ASCENDING)], name="feature_view_version"),
            IndexModel([("service_id", ASCENDING)], name="feature_service"),
            IndexModel([("spine.source.source_id", ASCENDING)], name="source"),
        ]

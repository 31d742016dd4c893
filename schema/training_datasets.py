from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.training_datasets import DatasetFilePart, SplitPart, TrainingDatasetDocument
from graphql_api.domain.enums import SplitBy
from graphql_api.domain.pages import PageRequest
from graphql_api.domain.times import to_micros
from graphql_api.domain.types import ValueType
from graphql_api.runs.dataset_files import MANIFEST
from graphql_api.services.dataset_requests import DatasetAsked, SpineAsked
from schema import feature_services
from schema.columns import SourceColumn, Table, moment
from schema.connections import FirstRows
from schema.errors import Conflict, InvalidInput, NotFound
from schema.feature_services import ServiceFeature, features_of
from schema.lazy import FeatureServiceRef
from schema.nodes import node_id, there
from schema.runs import Run, shows, what_runs_have
from schema.scalars import BigInt


@strawberry.type(description="A file of a training data set. `downloadUrl` is good for one hour.")
class DataFile:
    name: str = strawberry.field(description="Unique in the data set: train-00000.parquet")
    split: str | None = strawberry.field(description="The split whose rows it holds; null where there are no splits.")
    rows: BigInt = strawberry.field(description="How many rows it holds.")
    bytes: BigInt = strawberry.field(description="Its size.")
    sha256: str = strawberry.field(description="Of its bytes, in hexadecimal digits.")
    part: strawberry.Private[DatasetFilePart]
    run: strawberry.Private[TrainingDatasetDocument]

    @classmethod
    def of(cls, part: DatasetFilePart, run: TrainingDatasetDocument) -> Self:
        return cls(
            name=part.name,
            split=part.split,
            rows=BigInt(part.rows),
            bytes=BigInt(part.bytes),
            sha256=part.sha256,
            part=part,
            run=run,
        )

    @strawberry.field(
        description="An address of this server that gives the file to a GET, without a further token, for one hour and "
        "as long as the token counts that it was asked for with."
    )
    def download_url(self, info: Info) -> str:
        return info.context.services.dataset_files.download_url(info.context.viewer, self.run, self.name)


@strawberry.type(
    description="Features joined to the rows of a spine: each value is what could have been known at the row's moment. "
    "A run; its files are there once it has SUCCEEDED, and never change."
)
class TrainingDataset(Run):
    name: str = strawberry.field(description="Shared by its versions.")
    version: int = strawberry.field(description="From 1 on, in the order in which they were asked for.")
    rows: BigInt | None = strawberry.field(description="Of all its files; null until it is built.")
    fingerprint: str | None = strawberry.field(
        description="Equal fingerprints mean files with the same bytes. It is of the features, the spine, what was "
        "asked for and the commits of the data: after a commit that only merged files of the data it is another "
        "one. Null until the inputs are frozen."
    )
    columns: list[SourceColumn] = strawberry.field(
        description="Of its files: those of the spine in their order, then the features. Empty until it is built."
    )
    known_before: datetime | None = strawberry.field(
        description="What became known after this moment was not used; null: what each row's own moment lets be known."
    )
    split_by: SplitBy = strawberry.field(description="What is split, where it has splits.")
    seed: int = strawberry.field(description="Of the splits by fraction.")
    warnings: list[str] = strawberry.field(
        description="What to know before a model is trained on it: columns of the spine named like features, times "
        "without an offset, rows later than what is covered, views that are MISSING or EXPIRED for more than 10 % of "
        "the rows, rows outside of all splits. Empty until it is built."
    )
    document: strawberry.Private[TrainingDatasetDocument]

    @classmethod
    def from_document(cls, run: TrainingDatasetDocument) -> Self:
        return cls(
            id=node_id(run.type_name, run.id),
            **what_runs_have(run),
            name=run.name,
            version=run.version,
            rows=None if run.rows is None else BigInt(run.rows),
            fingerprint=run.fingerprint,
            columns=[
                SourceColumn(name=one.name, data_type=one.data_type, value_type=_value_type(one.data_type))
                for one in run.columns
            ],
            known_before=moment(run.known_before),
            split_by=run.split_by,
            seed=run.seed,
            warnings=list(run.warnings),
            document=run,
        )

    @strawberry.field(description="What it holds of which versions, in the order of the columns.")
    async def features(self, info: Info) -> list[ServiceFeature]:
        ids = [entry.version_id for entry in self.document.entries]
        versions = [there(found) for found in await info.context.loaders.version.load_many(ids)]
        pairs = zip(self.document.entries, versions, strict=True)
        return [feature for entry, version in pairs for feature in features_of(entry, version)]

    @strawberry.field(description="The version of the service that was asked for; null for a list of references.")
    async def feature_service(self, info: Info) -> FeatureServiceRef | None:
        if self.document.service_id is None:
            return None
        found = await info.context.loaders.feature_service.load(self.document.service_id)
        return feature_services.FeatureService.from_document(there(found))

    @strawberry.field(description="Parquet files, those of a split in the order of the spine. Empty until it is built.")
    def files(self) -> Sequence[DataFile]:
        return [DataFile.of(part, self.document) for part in self.document.files]

    @strawberry.field(
        description="An address as a file's `downloadUrl` is, of a JSON object: the versions and commits that were "
        "read, hashes, seed, splits, columns and files. Null until it is built."
    )
    def manifest_url(self, info: Info) -> str | None:
        if self.document.manifest is None:
            return None
        files = info.context.services.dataset_files
        return files.download_url(info.context.viewer, self.document, MANIFEST)

    @strawberry.field(
        description="Its first rows; empty until it is built. Null, with an error, where they cannot be read."
    )
    async def preview(self, info: Info, first: FirstRows = 20) -> Table | None:
        limit = PageRequest.of(first, default=20).first
        rows = await info.context.services.dataset_files.preview(self.document, limit)
        return Table.of(rows, {one.name: _value_type(one.data_type) for one in rows.columns})


shows(TrainingDatasetDocument, TrainingDataset.from_document)


def _value_type(data_type: str) -> ValueType | None:
    return _VALUE_TYPES.get(data_type)


_VALUE_TYPES = {value_type.sql: value_type for value_type in ValueType}


@strawberry.input(
    description="By fraction (they sum to 1) of the rows, or of the entities (rows with the same values in all join "
    "key columns go to one split), or by event time (rows outside all ranges are left out). For entities a null key is "
    "a value like any other. Files keep the spine's order."
)
class SplitInput:
    name: str = strawberry.field(description="Small letters, digits and _: train")
    fraction: float | None = strawberry.field(default=None, description="Above 0, at most 1; for ROW and ENTITY.")
    start: datetime | None = strawberry.field(
        default=None, description="The first event timestamp in it; for TIME. Null: whatever is before the end."
    )
    end: datetime | None = strawberry.field(
        default=None, description="The first event timestamp after it; for TIME. Null: whatever is after the start."
    )

    def part(self) -> SplitPart:
        return SplitPart(name=self.name, fraction=self.fraction, start=_micros(self.start), end=_micros(self.end))


@strawberry.input(
    description="Exactly one of the two: Parquet or CSV that was uploaded, or a data source. Its rows hold the request "
    "columns of the features by their names."
)
class SpineInput:
    upload: strawberry.ID | None = strawberry.field(default=None, description="What createUpload gave as `id`.")
    data_source: str | None = strawberry.field(default=None, description="By name.")
    event_timestamp_column: str = strawberry.field(
        description="The column with the moment of each row. Without an offset it is UTC, or of the source's timezone."
    )


@strawberry.input(description="Features, and the rows that they are joined to.")
class CreateTrainingDatasetInput:
    project: str = strawberry.field(default="default", description="The project's name.")
    name: str = strawberry.field(description="A name that was used before makes its next version.")
    feature_service: str | None = strawberry.field(
        default=None, description="A service (its current version) or one version of it: delay_model@2."
    )
    features: list[str] | None = strawberry.field(
        default=None, description="References instead of a service: aircraft_delays, aircraft_delays@3:flights_7d, …"
    )
    spine: SpineInput = strawberry.field(
        description="Rows with the request columns, an event timestamp and any labels; extra columns are kept."
    )
    known_before: datetime | None = strawberry.field(
        default=None, description="What became known after this moment is not used."
    )
    splits: list[SplitInput] | None = strawberry.field(default=None, description="Null: one set of files, not split.")
    split_by: SplitBy = strawberry.field(default=SplitBy.ROW, description="What the splits are of.")
    seed: int = strawberry.field(default=0, description="Which rows or entities go to which split by fraction.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Up to 200 characters. For 30 days the same key and input give the same data set; with another "
        "input it is a Conflict.",
    )

    @property
    def asked(self) -> DatasetAsked:
        spine = self.spine
        return DatasetAsked(
            name=self.name,
            feature_service=self.feature_service,
            features=self.features,
            spine=SpineAsked(spine.upload, spine.data_source, spine.event_timestamp_column),
            known_before=_micros(self.known_before),
            splits=[split.part() for split in self.splits or ()],
            split_by=self.split_by,
            seed=self.seed,
        )


def _micros(given: datetime | None) -> int | None:
    return None if given is None else to_micros(given)


@strawberry.type(description="The data set that was queued.")
class TrainingDatasetPayload:
    training_dataset: TrainingDataset = strawberry.field(description="Follow it with `runProgress`.")


@strawberry.type(description="What was deleted.")
class DeleteTrainingDatasetPayload:
    name: str = strawberry.field(description="Of the data set.")
    version: int = strawberry.field(description="Which is not used again.")


TrainingDatasetResult = Annotated[
    TrainingDatasetPayload | InvalidInput | NotFound | Conflict,
    strawberry.union("TrainingDatasetResult", description="A data set, or why there is none."),
]
DeleteTrainingDatasetResult = Annotated[
    DeleteTrainingDatasetPayload | NotFound | Conflict,
    strawberry.union("DeleteTrainingDatasetResult", description="What was deleted, or why nothing was."),
]

"""The objects of a training data set: its files, and a manifest that says what they are and what they were made of."""

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from graphql_api.documents.training_datasets import DatasetFilePart, PinnedDataPart, TrainingDatasetDocument
from graphql_api.domain.gathering import gathered
from graphql_api.domain.times import rfc3339
from graphql_api.engines.join_shapes import JoinedSpine, SpineFile
from graphql_api.runs.dataset_inputs import LocalSpine
from graphql_api.runs.hold import Hold
from graphql_api.runs.tools import Tools
from graphql_api.serving.join_plan import JoinPlan
from graphql_api.stores.objects import ObjectStore

PREFIX = "datasets/"
MANIFEST = "manifest.json"
_AT_ONCE = 4


def prefix_of(run_id: object) -> str:
    """Where all objects of a data set lie."""
    return f"{PREFIX}{run_id}/"


def new_place(hold: Hold[TrainingDatasetDocument]) -> str:
    """Where an attempt puts its objects: what another has left behind is not touched."""
    return f"{prefix_of(hold.id)}{hold.attempt}-{secrets.token_hex(6)}/"


async def remove_objects(objects: ObjectStore, prefix: str) -> None:
    """All that lies there; what is left behind where this fails is a stray, which goes later."""
    while page := await objects.page(prefix):
        await delete_all(objects, [found.key for found in page])


async def delete_all(objects: ObjectStore, keys: Sequence[str]) -> None:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(key: str) -> None:
        async with slots:
            await objects.delete(key)

    await gathered([one(key) for key in keys])


async def store_files(
    tools: Tools, hold: Hold[TrainingDatasetDocument], place: str, files: Sequence[SpineFile]
) -> tuple[DatasetFilePart, ...]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(file: SpineFile) -> DatasetFilePart:
        async with slots:
            hold.require()
            name = f"{file.split or 'data'}-{file.part:05d}.parquet"
            await tools.objects.put_file(f"{place}{name}", Path(file.path))
        return DatasetFilePart(
            name=name, key=f"{place}{name}", split=file.split, rows=file.rows, bytes=file.bytes, sha256=file.sha256
        )

    return tuple(await gathered([one(file) for file in files]))


async def store_manifest(tools: Tools, place: str, manifest: Mapping[str, object]) -> str:
    key = f"{place}{MANIFEST}"
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    await tools.objects.put_bytes(tools.objects.uri(key), f"{text}\n".encode())
    return key


def manifest_of(
    run: TrainingDatasetDocument,
    plan: JoinPlan,
    pins: Mapping[int, PinnedDataPart],
    spine: LocalSpine,
    joined: JoinedSpine,
    files: Sequence[DatasetFilePart],
    warnings: Sequence[str],
) -> dict[str, object]:
    """The same for the same inputs, but for the data set's own name and version. Times are RFC 3339."""
    references = {planned.version.reference: planned.version.data_id for planned in plan.joined}
    return {
        "format": 1,
        "name": run.name,
        "version": run.version,
        "fingerprint": run.fingerprint,
        "featureService": run.service_reference,
        "entries": [
            {
                "name": entry.alias or entry.reference,
                "version": entry.reference,
                "keys": {key.join_key: key.request_column for key in entry.keys},
            }
            for entry in run.entries
        ],
        "features": [
            {
                "column": column,
                "feature": f"{entry.reference}:{feature}",
                "entry": entry.alias or entry.reference,
            }
            for entry in run.entries
            for column, feature in zip(entry.columns, entry.features, strict=True)
        ],
        "views": [{"version": name, "commit": pins[data_id].commit} for name, data_id in sorted(references.items())],
        "spine": {
            "eventTimestampColumn": run.spine.event_timestamp,
            "rows": joined.rows,
            "sha256": list(spine.hashes),
        },
        "knownBefore": None if run.known_before is None else rfc3339(run.known_before),
        "splitBy": run.split_by if run.splits else None,
        "splits": [
            {
                "name": part.name,
                "fraction": part.fraction,
                "start": None if part.start is None else rfc3339(part.start),
                "end": None if part.end is None else rfc3339(part.end),
            }
            for part in run.splits
        ],
        "seed": run.seed,
        "rows": sum(file.rows for file in files),
        "columns": [{"name": column.name, "type": column.data_type} for column in joined.columns],
        "files": [
            {"name": file.name, "split": file.split, "rows": file.rows, "bytes": file.bytes, "sha256": file.sha256}
            for file in files
        ],
        "warnings": list(warnings),
    }

"""What a training data set is made from: the spine's files, and the data of each view as of one commit.

All of it is frozen by the first attempt, so that those that follow make the same."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from beanie import PydanticObjectId

from graphql_api.definitions.canonical import fingerprint
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.training_datasets import PinnedDataPart, TrainingDatasetDocument
from graphql_api.engines.join_shapes import JoinedView, Spine, Split, Splits
from graphql_api.errors import NotFound, RunFault
from graphql_api.runs import inputs
from graphql_api.runs.hold import Hold
from graphql_api.runs.log import Database
from graphql_api.runs.tools import Tools
from graphql_api.serving.join_plan import JoinPlan, plan_join
from graphql_api.serving.offline_rows import OfflineRows, available_by, paths_of
from graphql_api.serving.plan import Entry
from graphql_api.stores.offline import OfflineStore

SPINE = "spine"
_LAYOUT = 1
"""Of the files; whatever else changes what the same inputs give is to raise it."""


@dataclass(frozen=True, slots=True)
class LocalSpine:
    """The spine's files in their order, each with its hash."""

    spine: Spine
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocalViews:
    """The views of the join over local files, whose `paths` are to be read."""

    views: list[JoinedView]
    paths: list[str]


async def plan_of(database: Database, run: TrainingDatasetDocument) -> JoinPlan:
    """The join that the entries mean: versions never change."""
    versions = await _versions(database, [entry.version_id for entry in run.entries])
    entries = [
        Entry(
            version=versions[part.version_id],
            name=part.alias or part.reference,
            features=part.features,
            columns=part.columns,
            keys={key.join_key: key.request_column for key in part.keys},
        )
        for part in run.entries
    ]
    pins = [pin.version_id for entry in entries if entry.is_on_demand for pin in entry.version.transformation.views]
    return plan_join(entries, await _versions(database, pins))


async def _versions(
    database: Database, ids: Sequence[PydanticObjectId]
) -> dict[PydanticObjectId, FeatureViewVersionDocument]:
    raws = await database["feature_view_versions"].find({"_id": {"$in": list(ids)}}).to_list()
    found = [FeatureViewVersionDocument.model_validate(raw) for raw in raws]
    versions: dict[PydanticObjectId, FeatureViewVersionDocument] = {version.id: version for version in found}
    if len(versions) < len(set(ids)):
        raise _gone("A version that it is made from has been deleted.")
    return versions


async def freeze(hold: Hold[TrainingDatasetDocument], plan: JoinPlan) -> Mapping[int, PinnedDataPart]:
    """The commit as of which each copy of data is read, by the copy's id."""
    if hold.run.pins is None:
        wanted = {planned.version.data_id: planned.version for planned in plan.joined}
        raws = await hold.database["data_copies"].find({"_id": {"$in": list(wanted)}}).to_list()
        copies = [DataCopyDocument.model_validate(raw) for raw in raws]
        if len(copies) < len(wanted):
            raise _gone("The data of a view that it is made from is gone.")
        pins = [_pin(copy, wanted[copy.id]) for copy in sorted(copies, key=lambda copy: copy.id)]
        await hold.write({"pins": [pin.model_dump() for pin in pins]})
    return {pin.data_id: pin for pin in hold.run.pins or ()}


def _pin(copy: DataCopyDocument, version: FeatureViewVersionDocument) -> PinnedDataPart:
    covered = max((part.end for part in copy.covered), default=None)
    return PinnedDataPart(
        data_id=copy.id, commit=copy.last_commit, covered_until=None if version.is_static else covered
    )


async def bring_spine(tools: Tools, run: TrainingDatasetDocument, folder: Path) -> LocalSpine:
    """Raises RunFault where there is none, or it has changed since it was frozen."""
    frozen = await inputs.freeze(tools.database, tools.objects, run.id, {SPINE: run.spine.uris})
    if not frozen[SPINE]:
        raise RunFault(
            "NO_INPUT",
            f"There is no object at {', '.join(run.spine.uris)}.",
            hint="Put the spine's files there, and create the data set anew.",
        )
    local = await inputs.bring(tools.cache, frozen, folder)
    paths = [path for _, path in local[SPINE]]
    spine = Spine(
        paths=[str(path) for path in paths],
        event_timestamp=run.spine.event_timestamp,
        is_csv=run.spine.is_csv,
        timezone=run.spine.timezone,
    )
    return LocalSpine(spine, tuple([await asyncio.to_thread(_sha256, path) for path in paths]))


async def bring_views(
    tools: Tools, plan: JoinPlan, pins: Mapping[int, PinnedDataPart], newest: int | None, folder: Path
) -> LocalViews:
    """What is visible of each view as of the commit that was frozen, as far as it can answer: up to the spine's newest
    moment."""
    store = OfflineStore(tools.database)
    rows = OfflineRows(store=store, objects=tools.objects, cache=tools.cache)
    try:
        visible = [
            []
            if newest is None
            else await store.visible(
                one.version.data_id,
                available_by(newest, one.version.delay),
                up_to=pins[one.version.data_id].commit,
            )
            for one in plan.joined
        ]
        slices = await rows.bring(visible, folder)
    except NotFound as error:
        raise _gone(f"Data that it is made from is not kept any more: {error.message}") from error
    views = [
        planned.of(held, covered_until=pins[planned.version.data_id].covered_until)
        for planned, held in zip(plan.joined, slices, strict=True)
    ]
    return LocalViews(views, paths_of(slices))


def splits_of(run: TrainingDatasetDocument) -> Splits | None:
    if not run.splits:
        return None
    parts = [Split(part.name, part.fraction, part.start, part.end) for part in run.splits]
    return Splits(run.split_by, parts, run.seed)


def fingerprint_of(run: TrainingDatasetDocument, pins: Mapping[int, PinnedDataPart], spine: LocalSpine) -> str:
    """Of all that decides about the bytes of the files, and of the commits of the data: one that only merged files
    changes it too, though no row is another."""
    return fingerprint(
        {
            "layout": [_LAYOUT, duckdb.__version__],
            "features": [
                [str(entry.version_id), entry.features, entry.columns, [key.model_dump() for key in entry.keys]]
                for entry in run.entries
            ],
            "data": sorted((pin.data_id, pin.commit) for pin in pins.values()),
            "spine": [spine.hashes, run.spine.event_timestamp, run.spine.is_csv, run.spine.timezone],
            "known_before": run.known_before,
            "splits": [part.model_dump() for part in run.splits],
            "split_by": run.split_by if run.splits else None,
            "seed": run.seed if run.splits else None,
        }
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _gone(message: str) -> RunFault:
    return RunFault("DATA_GONE", message, hint="Create the data set anew: it reads what is there then.")

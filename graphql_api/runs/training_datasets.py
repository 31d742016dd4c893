"""What one attempt at a training data set does, from its spine to its files.

What an earlier attempt has frozen is taken over. Its files are named, and the run ends, in one write: before it there
is nothing, and after it nothing changes."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from graphql_api.documents.training_datasets import DatasetColumnPart, DatasetFilePart, TrainingDatasetDocument
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.domain.times import now_micros, utc_now
from graphql_api.engines.join_shapes import JoinProgress, JoinSpine, MeasureSpine
from graphql_api.errors import Fenced, UserError
from graphql_api.runs.dataset_files import manifest_of, new_place, remove_objects, store_files, store_manifest
from graphql_api.runs.dataset_inputs import (
    bring_spine,
    bring_views,
    fingerprint_of,
    freeze,
    plan_of,
    splits_of,
)
from graphql_api.runs.dataset_warnings import warnings_of
from graphql_api.runs.finish import RELEASED
from graphql_api.runs.hold import CancelAsked, Hold
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.tools import Tools

FROZEN, BROUGHT, JOINED, STORED = 0.03, 0.2, 0.85, 0.98
"""Fractions of a run at which these steps end."""


async def carry_out(tools: Tools, hold: Hold[TrainingDatasetDocument], reporter: Reporter) -> None:
    """All that is left of a run. Raises RunFault, SqlRefused, UserError of a store, Fenced, CancelAsked."""
    reporter.tell(message="Begins.")
    place = new_place(hold)
    try:
        made = await _made(tools, hold, reporter, place)
    except BaseException:
        await asyncio.shield(_clear(tools, place))
        raise
    reporter.tell(phase=RunPhase.PUBLISH, fraction=STORED, rows_written=made.rows)
    reporter.close()
    changes = {**made.changes(), **RELEASED, "finished_at": utc_now(), "failure": None}
    event = reporter.event(RunState.SUCCEEDED, _said(len(made.warnings)))
    try:
        await hold.write(changes, event=event)
    except (Fenced, CancelAsked):  # any other error leaves open whether it was written
        await _clear(tools, place)
        raise


@dataclass(frozen=True, slots=True)
class _Made:
    """What the attempt has stored."""

    files: tuple[DatasetFilePart, ...]
    manifest: str
    columns: tuple[DatasetColumnPart, ...]
    warnings: tuple[str, ...]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    def changes(self) -> dict[str, object]:
        return {
            "files": [file.model_dump() for file in self.files],
            "manifest": self.manifest,
            "rows": self.rows,
            "columns": [column.model_dump() for column in self.columns],
            "warnings": list(self.warnings),
        }


async def _made(tools: Tools, hold: Hold[TrainingDatasetDocument], reporter: Reporter, place: str) -> _Made:
    with tools.cache.folder() as folder:
        async with tools.boxes.lease() as box:
            reporter.tell(phase=RunPhase.PLAN, message="Freezes its inputs.")
            plan = await plan_of(tools.database, hold.run)
            pins = await freeze(hold, plan)
            spine = await bring_spine(tools, hold.run, folder)
            unread = plan.of([planned.of([]) for planned in plan.joined])
            extent = await box.call(MeasureSpine(unread, spine.spine), readable=spine.spine.paths)
            reporter.tell(fraction=FROZEN, message="Brings the data of its views.", rows_total=extent.rows)
            local = await bring_views(tools, plan, pins, extent.newest, folder)
            frozen_at = hold.run.frozen_at or now_micros()
            await hold.write({"frozen_at": frozen_at, "fingerprint": fingerprint_of(hold.run, pins, spine)})
            reporter.tell(phase=RunPhase.COMPUTE, fraction=BROUGHT, message="Joins the features to the spine.")
            join = plan.of(local.views, known_before=hold.run.known_before)
            request = JoinSpine(join=join, spine=spine.spine, folder=str(box.folder), splits=splits_of(hold.run))
            joined = await box.call(
                request,
                readable=[*spine.spine.paths, *local.paths],
                told=_telling(reporter, len(plan.joined)),
            )
            reporter.tell(
                phase=RunPhase.WRITE_OFFLINE,
                fraction=JOINED,
                message=f"Stores {len(joined.files):,} files.",
                rows_read=joined.rows,
                rows_total=joined.rows,
                bytes_written=sum(file.bytes for file in joined.files),
            )
            files = await store_files(tools, hold, place, joined.files)
            warnings = warnings_of(hold.run, plan, local.views, joined)
            manifest = manifest_of(hold.run, plan, pins, spine, joined, files, warnings)
            key = await store_manifest(tools, place, manifest)
    columns = tuple(DatasetColumnPart(name=one.name, data_type=one.data_type) for one in joined.columns)
    return _Made(files, key, columns, warnings)


def _telling(reporter: Reporter, views: int) -> Callable[[JoinProgress], None]:
    """Hands on how far the join is; its end is foreseen by the share of it that is done."""
    begin = time.monotonic()

    def tell(progress: JoinProgress) -> None:
        done = "all views" if progress.views == views else f"{progress.views} of {views} views"
        reporter.tell(
            fraction=BROUGHT + (JOINED - BROUGHT) * progress.share,
            message=f"Joins the features to the spine: {done} are looked up, {progress.rows:,} rows are written.",
            eta_seconds=(time.monotonic() - begin) * (1 / progress.share - 1),
            rows_read=progress.rows,
        )

    return tell


async def _clear(tools: Tools, place: str) -> None:
    """What nothing will name. A store that is away keeps it, as a stray."""
    with suppress(UserError):
        await remove_objects(tools.objects, place)


def _said(warnings: int) -> str:
    if not warnings:
        return "Built."
    return f"Built, with {warnings} warning{'s' if warnings > 1 else ''}: see the data set's warnings."

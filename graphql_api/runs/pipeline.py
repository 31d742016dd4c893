"""What one attempt of a run does, from its inputs to its rows online.

Whatever an earlier attempt has finished is taken over: frozen inputs, chunks, checkpoints, the commit.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from graphql_api.documents.commits import FileRole
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import CheckpointDocument, MaterializationDocument
from graphql_api.domain.enums import RunPhase
from graphql_api.engines.shapes import PackOnline
from graphql_api.errors import Fenced, RunFault
from graphql_api.runs import finish
from graphql_api.runs.commit import commit, copy_of
from graphql_api.runs.computing import compute, judge
from graphql_api.runs.hold import Hold
from graphql_api.runs.log import Database
from graphql_api.runs.packed import batches
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.shaping import view_of
from graphql_api.runs.staging import bring, checkpoints_of, counts_of, own_files, paths
from graphql_api.runs.tools import Attempt, Tools
from graphql_api.stores.offline import OfflineStore

TURN_SECONDS = 20.0
_ROWS_A_STEP = 5_000
_OFFLINE, _ONLINE = 0.85, 0.98


class HandBack(Exception):
    """The run can go on later, and its slot may be needed by the one that it waits for."""


async def carry_out(tools: Tools, hold: Hold, reporter: Reporter) -> None:
    """All that is left of a run. Raises RunFault, SqlRefused, UserError of a store, Fenced, CancelAsked, HandBack."""
    reporter.tell(message="Begins.")
    version = await _version_of(tools.database, hold.run)
    copy = await copy_of(tools.database, hold.run.data_id)
    with tools.cache.folder() as folder:
        async with tools.boxes.lease() as box:
            attempt = Attempt(tools, hold, reporter, version, copy, box, folder)
            if hold.run.commit is None:
                done = await compute(attempt)
                await judge(attempt, done)
                await _write_offline(attempt, done)
            await _write_online(attempt)
    reporter.tell(phase=RunPhase.PUBLISH, fraction=_ONLINE)
    reporter.close()
    await finish.succeed(hold, reporter)


async def _version_of(database: Database, run: MaterializationDocument) -> FeatureViewVersionDocument:
    raw = await database["feature_view_versions"].find_one({"_id": run.version_id})
    if raw is None:
        raise RunFault("DATA_GONE", f"{run.view_name}@{run.version_number} has been deleted.")
    return FeatureViewVersionDocument.model_validate(raw)


async def _write_offline(attempt: Attempt, done: Sequence[CheckpointDocument]) -> None:
    """Commit when it is this run's turn."""
    attempt.reporter.tell(phase=RunPhase.WRITE_OFFLINE, fraction=_OFFLINE, message="Commits.")
    files = await own_files(attempt, FileRole.ROWS, FileRole.KEPT)
    latest = max((file.latest for file in files), default=None)
    rows = sum(checkpoint.rows_written for checkpoint in done)
    until = time.monotonic() + TURN_SECONDS
    while not await commit(attempt.hold, rows=rows, latest_event=latest):
        attempt.reporter.tell(message="Waits for another run of this data to be online.")
        if time.monotonic() > until:
            raise HandBack
        await asyncio.sleep(0.2)


async def _write_online(attempt: Attempt) -> None:
    """The newest row of each entity that the commit touches; it may be repeated at any time."""
    run, box = attempt.run, attempt.box
    assert run.commit is not None
    done = await checkpoints_of(attempt)
    attempt.reporter.tell(
        phase=RunPhase.WRITE_ONLINE,
        fraction=_OFFLINE,
        message="Goes online.",
        rows_written=sum(checkpoint.rows_written for checkpoint in done),
        **counts_of(run, done),
    )
    store = OfflineStore(attempt.tools.database)
    replaced = await store.visible(run.data_id, attempt.range, up_to=run.commit - 1)
    remaining = await store.visible(run.data_id, up_to=run.commit) if replaced else []
    new = await bring(attempt, await own_files(attempt, FileRole.ROWS, FileRole.KEPT))
    old, rest = await bring(attempt, replaced), await bring(attempt, remaining)
    packed = await box.call(
        PackOnline(
            data_id=run.data_id,
            commit=run.commit,
            run_id=str(run.id),
            view=view_of(attempt.version, attempt.copy),
            new=new,
            old=old,
            rest=rest,
            folder=str(box.folder),
        ),
        readable=paths([*new, *old, *rest]),
    )
    await _send(attempt, Path(packed.path), packed.rows)


async def _send(attempt: Attempt, path: Path, total: int) -> None:
    online, data_id, number = attempt.tools.online, attempt.run.data_id, attempt.hold.attempt
    commit_number = attempt.run.commit or 0
    try:
        attempt.hold.require()
        await online.take_fence(data_id, commit_number, number)
        sent = 0
        for batch in batches(path, _ROWS_A_STEP):
            attempt.hold.require()
            await online.write(data_id, commit_number, number, batch.rows)
            await online.take_away(data_id, commit_number, number, batch.removals)
            sent += len(batch)
            attempt.reporter.tell(
                fraction=_OFFLINE + (_ONLINE - _OFFLINE) * sent / max(total, sent),
                message=f"Online: {sent:,} of {total:,} entities.",
            )
    except Fenced as fenced:
        await attempt.hold.refresh()
        raise RunFault(
            "ONLINE_FENCED",
            f"The online store holds this data for a later writer than this run, which alone may write: {fenced}",
            hint="Does another installation, or an older database, use the same Redis? Give each its own.",
            retryable=True,
        ) from fenced

"""WRITE_ONLINE: what a run has committed, brought online. It may be repeated at any time."""

from pathlib import Path

from graphql_api.documents.commits import FileRole
from graphql_api.documents.copies import DataCopyDocument, as_intervals
from graphql_api.domain.enums import RunPhase
from graphql_api.domain.packing import ORDER_BYTES, PUSHED, RUN_BYTES
from graphql_api.engines.shapes import PackedFile, PackOnline, Slice
from graphql_api.errors import Fenced, RunFault
from graphql_api.runs.commit import copy_of
from graphql_api.runs.packed import Batch, batches
from graphql_api.runs.shaping import view_of
from graphql_api.runs.staging import bring, checkpoints_of, counts_of, own_files, paths
from graphql_api.runs.tools import Attempt
from graphql_api.runs.turns import take_again, when_free
from graphql_api.stores.offline import OfflineStore
from graphql_api.stores.online import Removal, Row

WRITTEN_OFFLINE, WRITTEN_ONLINE = 0.85, 0.98
"""Fractions of a run at which these phases end."""
_ROWS_A_STEP = 5_000


async def go_online(attempt: Attempt) -> None:
    """Each entity that the commit touches has its newest row online. Raises RunFault, Fenced, HandBack."""
    run = attempt.run
    done = await checkpoints_of(attempt)
    attempt.reporter.tell(
        phase=RunPhase.WRITE_ONLINE,
        fraction=WRITTEN_OFFLINE,
        message="Goes online.",
        rows_written=sum(checkpoint.rows_written for checkpoint in done),
        **counts_of(run, done),
    )
    await when_free(attempt, lambda: take_again(attempt.hold))
    copy = await copy_of(attempt.tools.database, run.data_id)
    if as_intervals(copy.offline_only).intersect(attempt.range):
        await _send(attempt, copy, await _of_all_commits(attempt, copy), mends=True)
    elif run.commit == copy.last_commit:
        await _send(attempt, copy, await _of_this_commit(attempt, copy), mends=False)
    # Else it stood aside, and later runs have brought all of its range online.


async def _of_this_commit(attempt: Attempt, copy: DataCopyDocument) -> PackedFile:
    """Before it, all of its range was online: what it replaced tells what is to be taken away."""
    store, data_id, number = OfflineStore(attempt.tools.database), copy.id, copy.last_commit
    replaced = await store.visible(data_id, attempt.range, up_to=number - 1)
    remaining = await store.visible(data_id, up_to=number) if replaced else []
    new = await bring(attempt, await own_files(attempt, FileRole.ROWS, FileRole.KEPT))
    return await _packed(attempt, copy, new, await bring(attempt, replaced), await bring(attempt, remaining))


async def _of_all_commits(attempt: Attempt, copy: DataCopyDocument) -> PackedFile:
    """Earlier runs in its range did not go online, or not wholly: so, every entity that ever had a row in it since."""
    store, data_id, number = OfflineStore(attempt.tools.database), copy.id, copy.last_commit
    ever = await store.ever_visible(data_id, attempt.range, since=copy.online_commit, up_to=number)
    remaining = await store.visible(data_id, up_to=number) if ever else []
    return await _packed(attempt, copy, [], await bring(attempt, ever), await bring(attempt, remaining))


async def _packed(
    attempt: Attempt, copy: DataCopyDocument, new: list[Slice], old: list[Slice], rest: list[Slice]
) -> PackedFile:
    return await attempt.box.call(
        PackOnline(
            data_id=copy.id,
            commit=copy.last_commit,
            run_id=str(attempt.run.id),
            view=view_of(attempt.version, attempt.copy),
            new=new,
            old=old,
            rest=rest,
            folder=str(attempt.box.folder),
        ),
        readable=paths([*new, *old, *rest]),
    )


async def _send(attempt: Attempt, copy: DataCopyDocument, packed: PackedFile, *, mends: bool) -> None:
    online, fence = attempt.tools.online, (copy.id, copy.last_commit, attempt.hold.attempt)
    try:
        attempt.hold.require()
        await online.take_fence(*fence)
        sent = 0
        for batch in batches(Path(packed.path), _ROWS_A_STEP):
            attempt.hold.require()
            fitting = await _compared(attempt, batch) if mends else batch
            await online.write(*fence, fitting.rows)
            await online.take_away(*fence, fitting.removals)
            sent += len(batch)
            attempt.reporter.tell(
                fraction=WRITTEN_OFFLINE + (WRITTEN_ONLINE - WRITTEN_OFFLINE) * sent / max(packed.rows, sent),
                message=f"Online: {sent:,} of {packed.rows:,} entities.",
            )
    except Fenced as fenced:
        await attempt.hold.refresh()
        raise RunFault(
            "ONLINE_FENCED",
            f"The online store holds this data for a later writer than this run, which alone may write: {fenced}",
            hint="Does another installation, or an older database, use the same Redis? Give each its own.",
            retryable=True,
        ) from fenced


async def _compared(attempt: Attempt, batch: Batch) -> Batch:
    """What is to be written where any row of any earlier commit may be held.

    A held row that is newer than the newest visible one was taken away since, unless it was pushed."""
    held = await attempt.tools.online.read([key for key, _, _ in batch.removals])
    rows: list[Row] = []
    removals: list[Removal] = []
    for (key, newest, _), row in zip(batch.removals, held, strict=True):
        if row is None or (newest is not None and row[:ORDER_BYTES] <= newest[:ORDER_BYTES]):
            rows += [(key, newest)] if newest is not None else []
        elif row[ORDER_BYTES : ORDER_BYTES + RUN_BYTES] != PUSHED:
            removals.append((key, newest, row[:ORDER_BYTES]))
    return Batch(rows, removals)

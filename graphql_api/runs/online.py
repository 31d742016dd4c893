"""Making a commit visible online: each entity's newest row, and the end of rows that a re-run took away."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import RunPhase
from graphql_api.domain.times import TimeRange
from graphql_api.engines.shapes import PackedFile, PackOnline, View
from graphql_api.errors import Fenced, RunFault
from graphql_api.runs.log import RunLog
from graphql_api.runs.progress import Progress
from graphql_api.sandbox.pool import Sandbox
from graphql_api.stores.offline import ALWAYS, OfflineStore
from graphql_api.stores.online import OnlineStore, Removal, Row
from graphql_api.stores.packed_rows import packed_rows

_ROWS_BETWEEN_NOTES = 10_000


async def write_online(
    log: RunLog, offline: OfflineStore, online: OnlineStore, progress: Progress, box: Sandbox, view: View, folder: Path
) -> None:
    """May be repeated by any attempt of the run: it ends in the same rows. Raises RunFault, Unavailable, Fenced."""
    run = log.run
    if run.commit is None:
        raise ValueError("a run that has not committed")
    progress.phase(RunPhase.WRITE_ONLINE, "Packing the newest rows.")
    packed = await _pack(run, run.commit, offline, box, view, folder)
    try:
        await online.take_fence(run.data_id, run.commit, run.attempt)
        await _write(run.data_id, run.commit, run.attempt, packed, online, progress)
    except Fenced as error:
        # Where another attempt holds the run, the log finds out; otherwise a person must know.
        raise RunFault(
            "ONLINE_FENCED",
            f"The online store holds a later write than commit {run.commit} of data {run.data_id:x}.",
            hint="It may hold the rows of another database: give each its own Redis.",
            retryable=True,
        ) from error


async def _pack(
    run: MaterializationDocument, number: int, offline: OfflineStore, box: Sandbox, view: View, folder: Path
) -> PackedFile:
    """What other commits hold is read only where this one has replaced something."""
    window = ALWAYS if run.start is None else TimeRange(run.start, run.end)
    after = await offline.visible(run.data_id, as_of=number)
    before = await offline.visible(run.data_id, as_of=number - 1, window=window)
    new = await offline.slices([one for one in after if one.commit == number], folder)
    old = await offline.slices(before, folder)
    rest = await offline.slices(after, folder) if old else []
    made = box.folder / "online"
    made.mkdir(exist_ok=True)
    request = PackOnline(
        data_id=run.data_id,
        commit=number,
        run_id=str(run.id),
        view=view,
        new=new,
        old=old,
        rest=rest,
        folder=str(made),
    )
    return await box.call(request, readable=[one.path for one in (*new, *old, *rest)])


async def _write(
    data_id: int, number: int, attempt: int, packed: PackedFile, online: OnlineStore, progress: Progress
) -> None:
    path, done = Path(packed.path), 0
    newest, taken_away = _newest(path), _taken_away(path)
    while rows := list(islice(newest, _ROWS_BETWEEN_NOTES)):
        await online.write(data_id, number, attempt, rows)
        done += len(rows)
        progress.online(done, packed.rows)
    while removals := list(islice(taken_away, _ROWS_BETWEEN_NOTES)):
        await online.take_away(data_id, number, attempt, removals)
        done += len(removals)
        progress.online(done, packed.rows)


def _newest(path: Path) -> Iterator[Row]:
    for packed in packed_rows(path):
        match packed:
            case (bytes() as key, bytes() as row):
                yield key, row
            case _:
                continue


def _taken_away(path: Path) -> Iterator[Removal]:
    for packed in packed_rows(path):
        match packed:
            case (bytes() as key, row, bytes() as held):
                yield key, row, held
            case _:
                continue

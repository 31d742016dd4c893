"""The commit: the moment at which a run's rows become visible, or none of them."""

from collections.abc import Awaitable, Callable

from beanie import PydanticObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.commits import CommitDocument
from graphql_api.documents.copies import DataCopyDocument, RangePart, as_intervals
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.runs.coverage import covered_after
from graphql_api.runs.log import RunLog
from graphql_api.runs.progress import COMMITTED


class OtherFirst(Exception):
    """Another run of the same data has committed and is not yet online.

    `goes_on`: somebody works on it at the moment, so that waiting is worth while."""

    def __init__(self, run_id: PydanticObjectId, *, goes_on: bool) -> None:
        super().__init__(f"run {run_id} is not yet online")
        self.run_id = run_id
        self.goes_on = goes_on


async def commit(log: RunLog, *, rows: int, latest_event: Callable[[int], Awaitable[int | None]]) -> None:
    """Name the run's checkpoints in the next commit of its data, in one transaction with coverage and state.

    From here on the run can only be finished. Raises OtherFirst; CancelRequested; Fenced.

    `latest_event`: that of the data once this has been committed, after the commit before it."""
    run = log.run
    while True:
        copy = await DataCopyDocument.get(run.data_id)
        if copy is None:
            raise RuntimeError(f"data copy {run.data_id} is gone")
        if copy.writing is not None:
            raise await _other_first(copy.writing)
        number = copy.last_commit + 1
        latest = await latest_event(copy.last_commit)

        async def also(
            session: AsyncClientSession,
            copy: DataCopyDocument = copy,
            number: int = number,
            latest: int | None = latest,
        ) -> None:
            await _move_copy(copy, run, latest, session)
            await CommitDocument(
                data_id=run.data_id,
                number=number,
                run_id=run.id,
                attempt=run.attempt,
                start=run.start,
                end=run.end,
                checkpoints=run.checkpoints,
                rows=rows,
            ).insert(session=session)

        try:
            await log.decide(
                {"commit": number},
                says={
                    "phase": RunPhase.WRITE_ONLINE,
                    "fraction": COMMITTED,
                    "counts": log.counts.model_copy(update={"rows_written": rows}),
                    "message": f"Committed {rows} rows.",
                },
                also=also,
            )
        except _Moved:
            continue
        return


class _Moved(Exception):
    """Another commit came first."""


async def _move_copy(
    copy: DataCopyDocument, run: MaterializationDocument, latest_event: int | None, session: AsyncClientSession
) -> None:
    covered = covered_after(as_intervals(copy.covered), run.start, run.end)
    moved = await collection_of(DataCopyDocument).update_one(
        {"_id": copy.id, "last_commit": copy.last_commit, "writing": None},
        {
            "$set": {
                "writing": run.id,
                "covered": [RangePart(start=piece.start, end=piece.end).model_dump() for piece in covered],
                "latest_event": latest_event,
            },
            "$inc": {"last_commit": 1},
        },
        session=session,
    )
    if moved.matched_count == 0:
        raise _Moved


async def _other_first(run_id: PydanticObjectId) -> OtherFirst:
    working = await collection_of(MaterializationDocument).find_one(
        {"_id": run_id, "state": RunState.RUNNING, "$expr": {"$gt": ["$lease_expires_at", "$$NOW"]}}, {"_id": 1}
    )
    return OtherFirst(run_id, goes_on=working is not None)

"""The queue: the documents of the runs themselves. A claim is a lease by the server's clock, and an attempt number."""

import time
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.idempotency import IdempotencyDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.recording import Deed, record_deed
from graphql_api.documents.runs import RunEvent
from graphql_api.domain.enums import IN_PROGRESS, RunPhase, RunState
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import EPOCH, TimeRange, utc_now
from graphql_api.errors import Conflict, Fenced, NotFound
from graphql_api.runs.hold import Hold
from graphql_api.runs.log import Database, append_outside, event_time, load

_ALL_TIME = 1 << 63
_EXPIRED = {"$lt": ["$lease_expires_at", "$$NOW"]}
_DUE = {"$lte": ["$next_attempt_at", "$$NOW"]}
_ABANDONED: dict[str, Any] = {"state": {"$in": [RunState.RUNNING, RunState.CANCELLING]}, "$expr": _EXPIRED}
_RETRY: dict[str, Any] = {"state": RunState.RETRYING, "$expr": _DUE}
_KEEPS_OTHERS: dict[str, Any] = {"$or": [{"aside": {"$ne": True}}, {"turn": {"$ne": None}}]}
_CLAIMABLE: tuple[dict[str, Any], ...] = (
    # What has committed goes first: other runs of its data wait for it, and may hold every slot while they do.
    {"commit": {"$ne": None}, "$and": [_KEEPS_OTHERS, {"$or": [_ABANDONED, _RETRY]}]},
    {"$or": [{"state": RunState.QUEUED}, _RETRY, _ABANDONED]},
)


def first_event(message: str = "") -> RunEvent:
    return RunEvent(sequence=1, at=event_time(), state=RunState.QUEUED, phase=RunPhase.WAIT, attempt=0, message=message)


class RunQueue:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._runs = database["materializations"]

    async def enqueue(
        self,
        run: MaterializationDocument,
        *,
        remember: IdempotencyDocument | None = None,
        deed: Deed | None = None,
    ) -> MaterializationDocument:
        """Put a run into the queue, and with it what its idempotency key made, and that it was asked for.

        Raises Conflict where a run in progress overlaps it, NotFound where its data is gone, DuplicateKeyError where
        the idempotency key was used before."""

        async def insert(session: AsyncClientSession) -> None:
            # Whoever asks for a run of this copy writes here, so that of two who do so at once one sees the other.
            asked = await self._database["data_copies"].update_one(
                {"_id": run.data_id}, {"$inc": {"asked": 1}}, session=session
            )
            if not asked.matched_count:
                raise NotFound(f"{run.view_name}@{run.version_number} holds no data any more.")
            if remember:
                # Before all else: who sends a request twice at once overlaps with nobody but themselves.
                await self._database["idempotency_keys"].insert_one(_as_stored(remember), session=session)
            await self._refuse_overlap(run, session)
            await self._runs.insert_one(_as_stored(run), session=session)
            if deed:
                await record_deed(session, run.project_id, _named(run), deed=deed)

        async with self._database.client.start_session() as session:
            await session.with_transaction(insert)
        return run

    async def _refuse_overlap(self, run: MaterializationDocument, session: AsyncClientSession) -> None:
        """A run that stands aside is no obstacle: it computes no more, and waits for others or for somebody's help."""
        asked = _extent(run.is_static, run.start, run.end)
        others = self._runs.find(
            {"data_id": run.data_id, "state": {"$in": IN_PROGRESS}, "aside": {"$ne": True}},
            {"start": 1, "end": 1, "is_static": 1},
            session=session,
        )
        async for other in others:
            if _extent(other["is_static"], other["start"], other["end"]).overlaps(asked):
                raise Conflict(
                    f"The run {global_id('Materialization', other['_id'])}, which is in progress, overlaps this one."
                )

    async def claim(self, owner: str, lease_seconds: float) -> Hold | None:
        """Take the next run that is due, with all its rights, if there is one."""
        for due in _CLAIMABLE:
            before = time.monotonic()
            raw = await self._runs.find_one_and_update(
                due,
                [
                    {
                        "$set": {
                            "state": {
                                "$cond": [
                                    {"$eq": ["$state", RunState.CANCELLING]},
                                    RunState.CANCELLING,
                                    RunState.RUNNING,
                                ]
                            },
                            "phase": RunPhase.WAIT,
                            "owner": owner,
                            "attempt": {"$add": ["$attempt", 1]},
                            "lease_expires_at": _lease(lease_seconds),
                            "started_at": {"$ifNull": ["$started_at", "$$NOW"]},
                            "next_attempt_at": None,
                        }
                    }
                ],
                sort=[("requested_at", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
            if raw is not None:
                run = MaterializationDocument.model_validate(raw)
                return Hold(self._database, run, owner, before + lease_seconds)
        return None

    async def renew(self, hold: Hold, lease_seconds: float) -> RunState:
        """Keep the hold for another lease; returns RUNNING or CANCELLING. Raises Fenced where it has passed on."""
        before = time.monotonic()
        raw = await self._runs.find_one_and_update(
            {**hold.where, "state": {"$in": [RunState.RUNNING, RunState.CANCELLING]}},
            [{"$set": {"lease_expires_at": _lease(lease_seconds)}}],
            projection={"state": 1},
            return_document=ReturnDocument.AFTER,
        )
        if raw is None:
            raise Fenced(f"Run {hold.id} is no longer held by {hold.owner}, attempt {hold.attempt}.")
        hold.deadline = before + lease_seconds
        return RunState(raw["state"])

    async def release(self, hold: Hold) -> None:
        """Hand the run back unfinished: another worker may go on with it at once."""
        await self._runs.update_one(
            {**hold.where, "state": {"$in": [RunState.RUNNING, RunState.CANCELLING]}},
            {"$set": {"lease_expires_at": EPOCH, "owner": None}},
        )

    async def cancel(self, run_id: ObjectId, *, by: str, deed: Deed | None = None) -> MaterializationDocument:
        """Ask a run to end; one that nobody holds ends now. Returns it as it then is.

        Raises NotFound; Conflict where it has ended or committed."""

        def decide(run: MaterializationDocument) -> tuple[RunEvent, dict[str, object]] | None:
            if run.state.is_terminal:
                raise Conflict(f"The run has ended: it is {run.state}.")
            if run.commit is not None:
                raise Conflict("The run has committed its rows and cannot be undone; it is being finished.")
            if run.state == RunState.CANCELLING:
                return None
            state = RunState.CANCELLING if run.state == RunState.RUNNING else RunState.CANCELLED
            event = run.progress.model_copy(
                update={
                    "state": state,
                    "attempt": run.attempt,
                    "phase": run.phase,
                    "fraction": run.progress.fraction if run.progress.attempt == run.attempt else 0.0,
                    "message": f"Cancelled by {by}.",
                    "rows_per_second": None,
                    "eta_seconds": None,
                }
            )
            changes: dict[str, object] = {"cancel_requested_by": by}
            if state == RunState.CANCELLED:
                changes |= {"finished_at": utc_now(), "next_attempt_at": None}
            return event, changes

        async def beside(session: AsyncClientSession) -> None:
            if deed:
                run = await load(self._database, run_id)
                await record_deed(session, run.project_id, _named(run), deed=deed)

        return await append_outside(self._database, run_id, decide, beside=beside if deed else None)


def _lease(seconds: float) -> dict[str, object]:
    milliseconds = int(timedelta(seconds=seconds) / timedelta(milliseconds=1))
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}


def _extent(is_static: bool, start: int | None, end: int) -> TimeRange:
    """A start that is not known yet may be any, and a static run replaces everything."""
    return TimeRange(-_ALL_TIME if start is None else start, _ALL_TIME if is_static else end)


def _named(run: MaterializationDocument) -> tuple[str, str]:
    return f"{run.view_name}@{run.version_number}", global_id("Materialization", run.id)


def _as_stored(document: MaterializationDocument | IdempotencyDocument) -> dict[str, object]:
    stored = document.model_dump(exclude={"revision_id"})
    return {"_id": stored.pop("id"), **stored}

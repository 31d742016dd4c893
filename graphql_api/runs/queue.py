"""The queue: the documents of runs of every kind. A claim is a lease by the server's clock, and an attempt number."""

import time
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.all_runs import RUN_MODELS
from graphql_api.documents.idempotency import IdempotencyDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.recording import Deed, record_deed
from graphql_api.documents.runs import RunDocument, RunEvent, RunT
from graphql_api.domain.enums import IN_PROGRESS, RunPhase, RunState
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import EPOCH, TimeRange, utc_now
from graphql_api.errors import Conflict, Fenced, NotFound
from graphql_api.runs.hold import AnyHold, Hold
from graphql_api.runs.log import Beside, Database, Decision, append_outside, event_time, runs_in

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

    async def enqueue(
        self,
        run: MaterializationDocument,
        *,
        remember: IdempotencyDocument | None = None,
        deed: Deed | None = None,
    ) -> MaterializationDocument:
        """Put a run of a view into the queue, as `put` does.

        Raises Conflict where a run in progress overlaps it, NotFound where its data is gone, DuplicateKeyError where
        the idempotency key was used before."""

        async def beside(session: AsyncClientSession) -> None:
            # Whoever asks for a run of this copy writes here, so that of two who do so at once one sees the other.
            asked = await self._database["data_copies"].update_one(
                {"_id": run.data_id}, {"$inc": {"asked": 1}}, session=session
            )
            if not asked.matched_count:
                raise NotFound(f"{run.title} holds no data any more.")
            await self._refuse_overlap(run, session)

        return await self.put(run, beside=beside, remember=remember, deed=deed)

    async def put(
        self, run: RunT, *, beside: Beside, remember: IdempotencyDocument | None = None, deed: Deed | None = None
    ) -> RunT:
        """Put a run into the queue, and with it what its idempotency key made, and that it was asked for.

        `beside`: what else is written or looked at in the same transaction; it raises what is against the run.
        Raises DuplicateKeyError where the idempotency key was used before."""

        async def insert(session: AsyncClientSession) -> None:
            if remember:
                # Before all else: who sends a request twice at once is in nobody's way but their own.
                await self._database["idempotency_keys"].insert_one(_as_stored(remember), session=session)
            await beside(session)
            await runs_in(self._database, type(run)).insert_one(_as_stored(run), session=session)
            if deed:
                await record_deed(session, run.project_id, run.subjects, deed=deed)

        async with self._database.client.start_session() as session:
            await session.with_transaction(insert)
        return run

    async def _refuse_overlap(self, run: MaterializationDocument, session: AsyncClientSession) -> None:
        """A run that stands aside is no obstacle: it computes no more, and waits for others or for somebody's help."""
        asked = _extent(run.is_static, run.start, run.end)
        others = runs_in(self._database, MaterializationDocument).find(
            {"data_id": run.data_id, "state": {"$in": IN_PROGRESS}, "aside": {"$ne": True}},
            {"start": 1, "end": 1, "is_static": 1},
            session=session,
        )
        async for other in others:
            if _extent(other["is_static"], other["start"], other["end"]).overlaps(asked):
                raise Conflict(
                    f"The run {global_id('Materialization', other['_id'])}, which is in progress, overlaps this one."
                )

    async def claim(self, owner: str, lease_seconds: float) -> AnyHold | None:
        """Take the next run that is due, with all its rights, if there is one: of any kind, the one that has been asked
        for the longest."""
        for due in _CLAIMABLE:
            for model in await self._longest_waiting_first(due):
                hold = await self._claim(model, due, owner, lease_seconds)
                if hold is not None:
                    return hold
        return None

    async def _longest_waiting_first(self, due: dict[str, Any]) -> list[type[RunDocument]]:
        """The kinds of which a run is due."""
        oldest: list[tuple[datetime, type[RunDocument]]] = []
        for model in RUN_MODELS:
            found = await runs_in(self._database, model).find_one(
                due, {"requested_at": 1}, sort=[("requested_at", ASCENDING)]
            )
            if found is not None:
                oldest.append((found["requested_at"], model))
        return [model for _, model in sorted(oldest, key=lambda one: one[0])]

    async def _claim(
        self, model: type[RunT], due: dict[str, Any], owner: str, lease_seconds: float
    ) -> Hold[RunT] | None:
        before = time.monotonic()
        raw = await runs_in(self._database, model).find_one_and_update(
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
        return None if raw is None else Hold(self._database, model.model_validate(raw), owner, before + lease_seconds)

    async def renew(self, hold: AnyHold, lease_seconds: float) -> RunState:
        """Keep the hold for another lease; returns RUNNING or CANCELLING. Raises Fenced where it has passed on."""
        before = time.monotonic()
        raw = await hold.runs.find_one_and_update(
            {**hold.where, "state": {"$in": [RunState.RUNNING, RunState.CANCELLING]}},
            [{"$set": {"lease_expires_at": _lease(lease_seconds)}}],
            projection={"state": 1},
            return_document=ReturnDocument.AFTER,
        )
        if raw is None:
            raise Fenced(f"Run {hold.id} is no longer held by {hold.owner}, attempt {hold.attempt}.")
        hold.deadline = before + lease_seconds
        return RunState(raw["state"])

    async def release(self, hold: AnyHold) -> None:
        """Hand the run back unfinished: another worker may go on with it at once."""
        await hold.runs.update_one(
            {**hold.where, "state": {"$in": [RunState.RUNNING, RunState.CANCELLING]}},
            {"$set": {"lease_expires_at": EPOCH, "owner": None}},
        )

    async def cancel(self, run: RunT, *, by: str, deed: Deed | None = None) -> RunT:
        """Ask a run to end; one that nobody holds ends now. Returns it as it then is.

        Raises NotFound; Conflict where it has ended or committed."""

        def decide(run: RunT) -> Decision:
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
                await record_deed(session, run.project_id, run.subjects, deed=deed)

        return await append_outside(self._database, run, decide, beside=beside if deed else None)


def _lease(seconds: float) -> dict[str, object]:
    milliseconds = int(timedelta(seconds=seconds) / timedelta(milliseconds=1))
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}


def _extent(is_static: bool, start: int | None, end: int) -> TimeRange:
    """A start that is not known yet may be any, and a static run replaces everything."""
    return TimeRange(-_ALL_TIME if start is None else start, _ALL_TIME if is_static else end)


def _as_stored(document: RunDocument | IdempotencyDocument) -> dict[str, object]:
    stored = document.model_dump(exclude={"revision_id"})
    return {"_id": stored.pop("id"), **stored}

"""A run's document as its owner writes it.

The truth is the run's document: each write is one update that takes effect only while this owner's attempt holds the
run and nobody wrote an event in between, and it carries the new events as the `tail`. Before a tail is replaced it is
copied to `run_events`, so the events are the copied ones and then the tail, without gap or repetition.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from beanie import PydanticObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError

from graphql_api.documents.materializations import (
    MaterializationDocument,
    RunCounts,
    RunEvent,
    RunEventsDocument,
    RunFailurePart,
)
from graphql_api.documents.raw import Raw, collection_of, in_transaction, parsed, passes
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.errors import Fenced
from graphql_api.runs.spacing import event_time, seconds_until_due

Also = Callable[[AsyncClientSession], Awaitable[None]]
HELD = (RunState.RUNNING, RunState.CANCELLING)
_PAUSE_SECONDS = 0.3


class CancelRequested(Exception):
    """The run is to end; what needed it to be RUNNING did not happen."""


class RunLog:
    """All that the owner of an attempt says and does to its run; afterwards every write raises Fenced."""

    def __init__(self, run: MaterializationDocument) -> None:
        if run.owner is None:
            raise ValueError("a run that nobody holds")
        self.run = run
        self.cancel_asked = asyncio.Event()
        self._runs = collection_of(MaterializationDocument)
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        same_attempt = run.progress.attempt == run.attempt
        self._now: RunEvent = run.progress.model_copy(
            update={
                "state": run.state,
                "attempt": run.attempt,
                "fraction": run.progress.fraction if same_attempt else 0.0,
                "phase": run.progress.phase if same_attempt else RunPhase.WAIT,
                "rows_per_second": None,
                "eta_seconds": None,
                "message": "",
            }
        )
        self._see(run)

    @property
    def phase(self) -> RunPhase:
        return self._now.phase

    @property
    def counts(self) -> RunCounts:
        return self._now.counts

    def note(
        self,
        *,
        phase: RunPhase | None = None,
        counts: Mapping[str, int | None] | None = None,
        fraction: float | None = None,
        rows_per_second: float | None = None,
        eta_seconds: float | None = None,
        message: str | None = None,
    ) -> None:
        """What is true from here on; it becomes an event as soon as one is due."""
        order = list(RunPhase)
        now = self._now
        self._now = now.model_copy(
            update={
                "phase": now.phase if phase is None else max(now.phase, phase, key=order.index),
                "counts": now.counts.model_copy(update=dict(counts or {})),
                "fraction": max(now.fraction, min(fraction or 0.0, 1.0)),
                "rows_per_second": now.rows_per_second if rows_per_second is None else rows_per_second,
                "eta_seconds": eta_seconds,
                "message": now.message if message is None else message,
            }
        )
        self._news.set()

    async def follow_notes(self) -> None:
        """Write what is noted, until cancelled or fenced."""
        while True:
            await self._news.wait()
            await asyncio.sleep(seconds_until_due(self.run.progress.at))
            await self.write({})

    async def write(self, fields: Mapping[str, object]) -> None:
        """Set fields of the run, and say what was noted if it is due. Raises Fenced."""
        async with self._lock:
            await self._update(fields, states=HELD, says=None)

    async def decide(
        self,
        fields: Mapping[str, object],
        *,
        says: Mapping[str, object] | None = None,
        states: Sequence[RunState] = (RunState.RUNNING,),
        also: Also | None = None,
        urgent: bool = False,
    ) -> None:
        """A change that requires one of the states, and `says` so in an event; `also` is part of it (a transaction).

        Raises Fenced; CancelRequested where the run is CANCELLING and may not be; what `also` raises."""
        async with self._lock:
            if not urgent:
                await asyncio.sleep(seconds_until_due(self.run.progress.at))
            await self._update(fields, states=states, says=says or {}, also=also)

    async def end(
        self,
        state: RunState,
        *,
        message: str,
        failure: RunFailurePart | None = None,
        also: Also | None = None,
        fields: Mapping[str, object] | None = None,
    ) -> None:
        """Give the run up: a terminal event, the last of the run, or RETRYING."""
        done = {"phase": RunPhase.DONE, "fraction": 1.0} if state is RunState.SUCCEEDED else {}
        released = {
            **(fields or {}),
            "state": state,
            "failure": failure.model_dump() if failure else None,
            "owner": None,
            "lease_expires_at": None,
        }
        await self.decide(
            released,
            says={"state": state, "message": message, "rows_per_second": None, "eta_seconds": None, **done},
            states=(RunState.CANCELLING if state is RunState.CANCELLED else RunState.RUNNING,),
            also=also,
            urgent=state.is_terminal,
        )

    async def _update(
        self,
        fields: Mapping[str, object],
        *,
        states: Sequence[RunState],
        says: Mapping[str, object] | None,
        also: Also | None = None,
    ) -> None:
        while True:
            self._require(states)
            event = self._next_event(says)
            if event is None and not fields:
                return
            try:
                if event is not None:
                    await copy_tail(self.run.id, self.run.tail)
                matched = await self._send(fields, event, states, also)
            except PyMongoError as error:
                if not passes(error):
                    self._news.set()
                    raise
                # Whether it took effect is unknown: the document tells, once MongoDB answers. The lease bounds this.
                matched = False
                await asyncio.sleep(_PAUSE_SECONDS)
            except BaseException:
                self._news.set()
                raise
            if matched:
                self._see(_as_written(self.run, self._changes(fields, event)))
            elif not await self._is_written(event):
                continue
            if event is not None:
                self._now = self._now.model_copy(update={**(says or {}), "state": event.state})
            return

    async def _send(
        self, fields: Mapping[str, object], event: RunEvent | None, states: Sequence[RunState], also: Also | None
    ) -> bool:
        where = self._fence(states)
        change = {"$set": self._changes(fields, event)}
        if fields.get("state") in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED):
            change["$currentDate"] = {"finished_at": True}
        if also is None:
            return (await self._runs.update_one(where, change)).matched_count == 1

        async def whole(session: AsyncClientSession) -> bool:
            if (await self._runs.update_one(where, change, session=session)).matched_count == 0:
                return False
            await also(session)
            return True

        return await in_transaction(MaterializationDocument, whole)

    def _fence(self, states: Sequence[RunState]) -> Raw:
        return {
            "_id": self.run.id,
            "owner": self.run.owner,
            "attempt": self.run.attempt,
            "state": {"$in": list(states)},
            "sequence": self.run.sequence,
        }

    def _changes(self, fields: Mapping[str, object], event: RunEvent | None) -> Raw:
        if event is None:
            return dict(fields)
        return {"phase": event.phase, **fields, "sequence": event.sequence, "tail": [event.model_dump()]}

    def _next_event(self, says: Mapping[str, object] | None) -> RunEvent | None:
        last = self.run.progress
        if says is None and (not self._news.is_set() or seconds_until_due(last.at) > 0):
            return None
        state = RunState.CANCELLING if self.run.state is RunState.CANCELLING else self._now.state
        said = {"sequence": self.run.sequence + 1, "at": event_time(last.at), "state": state, **(says or {})}
        self._news.clear()
        return self._now.model_copy(update=said)

    def _require(self, states: Sequence[RunState]) -> None:
        if self.run.state not in states:
            if self.run.state is RunState.CANCELLING:
                raise CancelRequested
            raise Fenced(f"run {self.run.id} is {self.run.state}")

    async def _is_written(self, event: RunEvent | None) -> bool:
        """See the run as it is now. Raises Fenced where it is no longer ours and not by this event."""
        raw = await self._read()
        if raw is None:
            raise Fenced(f"run {self.run.id} is gone")
        seen = parsed(MaterializationDocument, raw)
        if event is not None and event in seen.tail and seen.attempt == self.run.attempt:
            self._see(seen)
            return True
        if seen.owner != self.run.owner or seen.attempt != self.run.attempt or seen.state not in HELD:
            raise Fenced(f"run {self.run.id} is {seen.state}, attempt {seen.attempt}")
        self._see(seen)
        self._news.set()
        return False

    async def _read(self) -> Raw | None:
        while True:
            try:
                return await self._runs.find_one({"_id": self.run.id})
            except PyMongoError as error:
                if not passes(error):
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)

    def _see(self, run: MaterializationDocument) -> None:
        self.run = run
        if run.state is RunState.CANCELLING:
            self.cancel_asked.set()


def _as_written(run: MaterializationDocument, changes: Raw) -> MaterializationDocument:
    return parsed(MaterializationDocument, {**run.model_dump(by_alias=True), **changes})


async def copy_tail(run_id: PydanticObjectId, tail: Sequence[RunEvent]) -> None:
    """Copy a tail to where events stay. A tail may have grown since it was copied: the longest copy stays."""
    first, last = tail[0].sequence, tail[-1].sequence
    batch = {"run_id": run_id, "first": first, "last": last, "events": [event.model_dump() for event in tail]}
    identity = f"{run_id}:{first:012d}"
    try:
        await collection_of(RunEventsDocument).update_one(
            {"_id": identity, "last": {"$lt": last}}, {"$set": batch}, upsert=True
        )
    except DuplicateKeyError:
        return

"""What a worker has of a run that it claimed: the right to write, as long as it lasts."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeGuard

from beanie import PydanticObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection

from graphql_api.documents.runs import RunEvent, RunT
from graphql_api.domain.enums import RunState
from graphql_api.errors import Fenced
from graphql_api.runs.log import Database, appended, event_time, keep_tail, load, runs_in

MARGIN_SECONDS = 0.5
"""How long before its lease ends a worker stops by its own clock, whatever the database says."""


class CancelAsked(Exception):
    """Somebody wants the run to end; nothing of it is committed."""


@dataclass(slots=True)
class Write:
    """One update of the run's document, which takes effect only while the hold stands."""

    hold: "AnyHold"
    where: dict[str, object]
    update: dict[str, dict[str, object]]

    async def apply(self, session: AsyncClientSession | None = None) -> None:
        """Raises Fenced, or CancelAsked where the run is only to be cancelled."""
        done = await self.hold.runs.update_one(self.where, self.update, session=session)
        if not done.matched_count:
            raise await self.hold.why_refused()


@dataclass(slots=True)
class Hold(Generic[RunT]):
    """`deadline`, by the monotonic clock: when the lease is over at the latest."""

    database: Database
    run: RunT
    owner: str
    deadline: float
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where somebody else has changed the run: it is to be looked at now, not at the next renewal."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def id(self) -> PydanticObjectId:
        return self.run.id

    @property
    def attempt(self) -> int:
        return self.run.attempt

    @property
    def runs(self) -> AsyncCollection[dict[str, Any]]:
        return runs_in(self.database, type(self.run))

    @property
    def where(self) -> dict[str, object]:
        return {"_id": self.id, "owner": self.owner, "attempt": self.attempt}

    def require(self) -> None:
        """Raises Fenced once the lease may have passed to another: a process that was stopped notices it here."""
        if time.monotonic() >= self.deadline - MARGIN_SECONDS:
            raise Fenced(f"The lease of run {self.id} is over.")

    async def write(
        self,
        changes: Mapping[str, object] | None = None,
        *,
        event: RunEvent | None = None,
        push: Mapping[str, object] | None = None,
    ) -> None:
        """Raises Fenced or CancelAsked, and then nothing has changed."""
        async with self.writing(changes, event=event, push=push) as write:
            await write.apply()

    @asynccontextmanager
    async def writing(
        self,
        changes: Mapping[str, object] | None = None,
        *,
        event: RunEvent | None = None,
        push: Mapping[str, object] | None = None,
    ) -> AsyncGenerator[Write]:
        """A write for the body to apply, in a transaction of its own; one at a time."""
        async with self._lock:
            self.require()
            numbered = self._numbered(event)
            update: dict[str, dict[str, object]] = {"$set": {}}
            if numbered:
                await keep_tail(self.database, self.id, self.run.tail)
                update = appended([numbered])
            update["$set"] |= changes or {}
            if push:
                update["$push"] = dict(push)
            where = {**self.where, "state": self.run.state, "sequence": self.run.sequence}
            yield Write(self, where, {name: part for name, part in update.items() if part})
            self._wrote(numbered, update["$set"], push or {})

    def _numbered(self, event: RunEvent | None) -> RunEvent | None:
        if event is None:
            return None
        return event.model_copy(update={"sequence": self.run.sequence + 1, "at": event_time(self.run.progress)})

    def _wrote(self, event: RunEvent | None, changes: Mapping[str, Any], push: Mapping[str, object]) -> None:
        held = self.run.model_dump() | dict(changes)
        for name, value in push.items():
            held[name] = (*held[name], value)
        if event:
            held["sequence"] = event.sequence
        self.run = type(self.run).model_validate(held)

    async def refresh(self) -> RunT:
        """The run as it is, when a write may have been broken off. Raises Fenced."""
        async with self._lock:
            raw = await self.runs.find_one(self.where)
            if raw is None or raw["state"] not in (RunState.RUNNING, RunState.CANCELLING):
                raise Fenced(f"Run {self.id} is no longer held by {self.owner}, attempt {self.attempt}.")
            self.run = type(self.run).model_validate(raw)
            return self.run

    async def why_refused(self) -> Exception:
        run = await load(self.database, self.run)
        held = run.owner == self.owner and run.attempt == self.attempt
        if held and run.state == RunState.CANCELLING:
            return CancelAsked()
        return Fenced(f"Run {self.id} is no longer held by {self.owner}, attempt {self.attempt}.")


AnyHold = Hold[Any]


def is_hold_of(hold: AnyHold, model: type[RunT]) -> TypeGuard[Hold[RunT]]:
    return isinstance(hold.run, model)

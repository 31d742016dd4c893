"""The log of a run: numbered events without gaps, of which exactly one, the last, is terminal.

The newest events are the `tail` in the run's own document, so that an event and what it tells of change together, in
one update that takes effect only for who holds the run. A tail is copied to `run_events` before another replaces it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from graphql_api.documents.runs import RunDocument, RunEvent, RunT
from graphql_api.domain.times import utc_now
from graphql_api.errors import NotFound

Database = AsyncDatabase[dict[str, Any]]

EVENT_GAP = timedelta(milliseconds=250)
"""Nothing but a terminal event follows another sooner."""
REPORT_GAP = timedelta(milliseconds=333)
"""Who holds a run leaves more: so there is a moment for others, who cancel it, between any two of its events."""
_OUTSIDE_TRIES = 8


def runs_in(database: Database, model: type[RunDocument]) -> AsyncCollection[dict[str, Any]]:
    """Where runs of this kind lie."""
    return database[model.collection]


def event_time(after: RunEvent | None = None) -> datetime:
    """Now, in the milliseconds that MongoDB keeps, and never before the event that it follows."""
    now = utc_now()
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return max(now, after.at) if after else now


def appended(events: Sequence[RunEvent]) -> dict[str, dict[str, object]]:
    """The part of an update that makes these the run's newest events."""
    last = events[-1]
    tail = [event.model_dump() for event in events]
    return {"$set": {"tail": tail, "phase": last.phase, "state": last.state}, "$inc": {"sequence": len(events)}}


async def keep_tail(database: Database, run_id: ObjectId, tail: Sequence[RunEvent]) -> None:
    """Copy what the next append replaces; whoever has done it before did the same."""
    first, last = tail[0].sequence, tail[-1].sequence
    try:
        await database["run_events"].insert_one(
            {
                "_id": f"{run_id}:{first:012d}",
                "run_id": run_id,
                "first": first,
                "last": last,
                "events": [event.model_dump() for event in tail],
            }
        )
    except DuplicateKeyError:
        return


async def read(database: Database, run: RunDocument, *, after: int = 0, limit: int | None = None) -> list[RunEvent]:
    """Events with sequences greater than `after`, oldest first, without a gap; the first is `truncated` where
    those between `after` and it have been removed. Raises NotFound."""
    # The tail is read first: whatever it lacks had been copied before.
    newest = await runs_in(database, type(run)).find_one({"_id": run.id}, {"tail": 1})
    if newest is None:
        raise _no_such_run()
    found: dict[int, RunEvent] = {}
    async with database["run_events"].find({"run_id": run.id, "last": {"$gt": after}}, sort=[("first", 1)]) as batches:
        async for batch in batches:
            _take(found, batch["events"], after)
            if limit is not None and len(found) >= limit:
                break
        else:
            _take(found, newest["tail"], after)
    events = [found[sequence] for sequence in sorted(found)][:limit]
    if events and events[0].sequence > after + 1:
        events[0] = events[0].model_copy(update={"truncated": True})
    return events


def _take(found: dict[int, RunEvent], events: list[Mapping[str, Any]], after: int) -> None:
    for event in events:
        if event["sequence"] > after:
            found[event["sequence"]] = RunEvent.model_validate(event)


Decision = tuple[RunEvent, dict[str, object]] | None
"""The event to append and what else to set, or None where nothing is to be done."""

Beside = Callable[[AsyncClientSession], Awaitable[None]]
"""What is written in the same transaction."""


async def append_outside(
    database: Database, run: RunT, decide: Callable[[RunT], Decision], *, beside: Beside | None = None
) -> RunT:
    """Append an event for somebody who does not hold the run; `decide` is given the run as it is. Returns it as it
    then is.

    Raises NotFound, and whatever `decide` raises."""
    tries = 0
    while True:
        run = await load(database, run)
        decision = decide(run)
        if decision is None:
            return run
        event, changes = decision
        wait = (run.progress.at + EVENT_GAP - utc_now()).total_seconds()
        if wait > 0 and not event.state.is_terminal and tries < _OUTSIDE_TRIES:
            tries += 1
            await asyncio.sleep(wait)
            continue
        event = event.model_copy(update={"sequence": run.sequence + 1, "at": event_time(run.progress)})
        await keep_tail(database, run.id, run.tail)
        update = appended([event])
        update["$set"] |= changes
        same = {
            "_id": run.id,
            "sequence": run.sequence,
            "state": run.state,
            "attempt": run.attempt,
            "commit": run.commit,
        }
        if await _updated(database, type(run), same, update, beside):
            return await load(database, run)


async def _updated(
    database: Database,
    model: type[RunDocument],
    same: Mapping[str, Any],
    update: Mapping[str, Any],
    beside: Beside | None,
) -> bool:
    runs = runs_in(database, model)
    if beside is None:
        return (await runs.update_one(same, update)).matched_count == 1

    async def body(session: AsyncClientSession) -> bool:
        found = (await runs.update_one(same, update, session=session)).matched_count == 1
        if found:
            await beside(session)
        return found

    async with database.client.start_session() as session:
        return await session.with_transaction(body)


async def load(database: Database, run: RunT) -> RunT:
    """The run as it is now. Raises NotFound."""
    return await find(database, type(run), run.id)


async def find(database: Database, model: type[RunT], run_id: ObjectId) -> RunT:
    """Raises NotFound."""
    run = await runs_in(database, model).find_one({"_id": run_id})
    if run is None:
        raise _no_such_run()
    return model.model_validate(run)


def _no_such_run() -> NotFound:
    return NotFound("There is no such run.")

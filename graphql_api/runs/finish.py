"""How a run, or an attempt, ends: each end is one write, with the event that tells of it."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.copies import DataCopyDocument, as_intervals, as_parts
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.runs import RunEvent, RunFailurePart
from graphql_api.domain.enums import RunState
from graphql_api.domain.times import utc_now
from graphql_api.errors import RunFault
from graphql_api.runs.commit import copy_of
from graphql_api.runs.coverage import covered_by
from graphql_api.runs.hold import AnyHold, Hold, is_hold_of
from graphql_api.runs.publishing import decide, publish
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.transactions import Overtaken, in_transaction

FIRST_BACKOFF_SECONDS = 2.0
"""Doubled each time, so that five attempts outlast the restart of a store, and half a minute without it."""
LONGEST_BACKOFF_SECONDS = 60.0
LONGEST_ASIDE_SECONDS = 300.0
"""Between attempts of a run that nobody waits for, and that needs more than time."""
_ASIDE_HINT = (
    "Its rows are committed offline and not online yet. It is tried on; meanwhile other runs of this data go first, "
    "and a run over its range brings that online too."
)
RELEASED: dict[str, object] = {"owner": None, "lease_expires_at": None}


async def succeed(hold: Hold[MaterializationDocument], reporter: Reporter) -> None:
    """The run of a view is online: let the next one commit, and publish what is ready, in one step. Raises Fenced."""
    while True:
        try:
            await _succeed(hold, reporter)
        except Overtaken:
            await asyncio.sleep(0.05)
        else:
            return


async def _succeed(hold: Hold[MaterializationDocument], reporter: Reporter) -> None:
    database, run = hold.database, hold.run
    copy = await copy_of(database, run.data_id)
    own = covered_by(start=run.start, end=run.end)
    offline_only = as_intervals(copy.offline_only).subtract(own)
    online = as_intervals(copy.covered).subtract_all(offline_only)
    publication = await decide(database, run, online)
    event = reporter.event(RunState.SUCCEEDED, publication.message)
    async with hold.writing({**RELEASED, "finished_at": utc_now(), "failure": None}, event=event) as write:

        async def body(session: AsyncClientSession) -> None:
            await write.apply(session)
            freed = await database["data_copies"].update_one(
                {"_id": run.data_id, "writing": run.id},
                {
                    "$set": {
                        "writing": None,
                        "covered_online": as_parts(online),
                        "offline_only": as_parts(offline_only),
                        "online_commit": copy.online_commit if offline_only else copy.last_commit,
                        "failing": False,
                    }
                },
                session=session,
            )
            if not freed.matched_count:
                raise RunFault("DATA_DAMAGED", "Another run went online in the place of this one.")
            await publish(database, session, publication, actor=run.requested_by)

        await in_transaction(database, body)


async def fail(hold: AnyHold, reporter: Reporter, fault: RunFault) -> None:
    """End the run for good: nothing of it is visible, or its data is gone. Raises Fenced, or CancelAsked."""
    changes = {
        **RELEASED,
        "finished_at": utc_now(),
        "failure": _failure(fault),
        "failures": hold.run.failures + fault.retryable,
    }
    event = reporter.event(RunState.FAILED, fault.message)
    if is_hold_of(hold, MaterializationDocument):
        await _give_way(hold, changes, event, {"failing": True})
    else:
        await hold.write(changes, event=event)


async def retry(
    hold: AnyHold, reporter: Reporter, fault: RunFault, *, longest: float = LONGEST_BACKOFF_SECONDS
) -> None:
    """Leave it to a further attempt, later each time. Raises Fenced, or CancelAsked."""
    changes, seconds = _again(hold, fault, longest)
    await reporter.pause()
    event = reporter.event(RunState.RETRYING, f"{fault.message} Trying again in {seconds:.0f} s.")
    await hold.write(changes, event=event)


async def stand_aside(hold: Hold[MaterializationDocument], reporter: Reporter, fault: RunFault) -> None:
    """The same for a run that has committed and cannot go online: others of its data need not wait for it any more.

    What it covers counts as offline only until it, or a run of the same range, has gone online. Raises Fenced."""
    hint = f"{fault.hint} {_ASIDE_HINT}" if fault.hint else _ASIDE_HINT
    fault = RunFault(fault.code, fault.message, hint=hint, retryable=True)
    changes, seconds = _again(hold, fault, LONGEST_ASIDE_SECONDS)
    await reporter.pause()
    message = f"{fault.message} Lets other runs of this data go first. Trying again in {seconds:.0f} s."
    await _give_way(hold, {**changes, "aside": True, "turn": None}, reporter.event(RunState.RETRYING, message))


async def _give_way(
    hold: Hold[MaterializationDocument],
    changes: dict[str, object],
    event: RunEvent,
    said: Mapping[str, object] | None = None,
) -> None:
    """Where this run keeps others of its data from their commits, it does so no longer. `said`: of its data."""
    database, run = hold.database, hold.run
    raw = await database["data_copies"].find_one({"_id": run.data_id})
    copy = DataCopyDocument.model_validate(raw) if raw else None
    async with hold.writing(changes, event=event) as write:

        async def body(session: AsyncClientSession) -> None:
            await write.apply(session)
            if said:
                await database["data_copies"].update_one({"_id": run.data_id}, {"$set": said}, session=session)
            if copy is None or copy.writing != run.id:
                return
            offline_only = as_intervals(copy.offline_only).add(covered_by(start=run.start, end=run.end))
            online = as_intervals(copy.covered).subtract_all(offline_only)
            await database["data_copies"].update_one(
                {"_id": copy.id, "writing": run.id},
                {
                    "$set": {
                        "writing": None,
                        "covered_online": as_parts(online),
                        "offline_only": as_parts(offline_only),
                    }
                },
                session=session,
            )

        await in_transaction(database, body)


def _again(hold: AnyHold, fault: RunFault, longest: float) -> tuple[dict[str, object], float]:
    """What a further attempt needs, and the seconds until it."""
    failures = hold.run.failures + 1
    seconds = min(longest, FIRST_BACKOFF_SECONDS * 2 ** min(failures - 1, 16))
    changes: dict[str, object] = {
        **RELEASED,
        "failures": failures,
        "next_attempt_at": utc_now() + timedelta(seconds=seconds),
        "failure": _failure(fault),
    }
    return changes, seconds


async def cancel(hold: AnyHold, reporter: Reporter) -> None:
    """The run ends as it was asked to. Raises Fenced."""
    by = hold.run.cancel_requested_by
    await hold.write(
        {**RELEASED, "finished_at": utc_now(), "failure": None},
        event=reporter.event(RunState.CANCELLED, f"Cancelled by {by}."),
    )


def _failure(fault: RunFault) -> dict[str, object]:
    part = RunFailurePart(code=fault.code, message=fault.message, hint=fault.hint, retryable=fault.retryable)
    return part.model_dump()

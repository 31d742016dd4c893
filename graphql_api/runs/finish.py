"""How a run, or an attempt, ends: each end is one write, with the event that tells of it."""

import asyncio
from datetime import timedelta

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.copies import as_intervals
from graphql_api.documents.materializations import RunFailurePart
from graphql_api.domain.enums import RunState
from graphql_api.domain.times import utc_now
from graphql_api.errors import RunFault
from graphql_api.runs.commit import copy_of
from graphql_api.runs.hold import Hold
from graphql_api.runs.publishing import decide, publish
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.transactions import Overtaken, in_transaction

FIRST_BACKOFF_SECONDS = 2.0
"""Doubled each time, so that five attempts outlast the restart of a store, and half a minute without it."""
LONGEST_BACKOFF_SECONDS = 60.0
_RELEASED: dict[str, object] = {"owner": None, "lease_expires_at": None}


async def succeed(hold: Hold, reporter: Reporter) -> None:
    """The run is online: let the next one commit, and publish what is ready, in one step. Raises Fenced."""
    while True:
        try:
            await _succeed(hold, reporter)
        except Overtaken:
            await asyncio.sleep(0.05)
        else:
            return


async def _succeed(hold: Hold, reporter: Reporter) -> None:
    database, run = hold.database, hold.run
    copy = await copy_of(database, run.data_id)
    publication = await decide(database, run, as_intervals(copy.covered))
    event = reporter.event(RunState.SUCCEEDED, publication.message)
    async with hold.writing({**_RELEASED, "finished_at": utc_now(), "failure": None}, event=event) as write:

        async def body(session: AsyncClientSession) -> None:
            await write.apply(session)
            freed = await database["data_copies"].update_one(
                {"_id": run.data_id, "writing": run.id},
                [{"$set": {"writing": None, "covered_online": "$covered"}}],
                session=session,
            )
            if not freed.matched_count:
                raise RunFault("DATA_DAMAGED", "Another run went online in the place of this one.")
            await publish(database, session, publication, actor=run.requested_by)

        await in_transaction(database, body)


async def fail(hold: Hold, reporter: Reporter, fault: RunFault) -> None:
    """End the run for good; nothing of it is visible. Raises Fenced, or CancelAsked."""
    await hold.write(
        {
            **_RELEASED,
            "finished_at": utc_now(),
            "failure": _failure(fault),
            "failures": hold.run.failures + fault.retryable,
        },
        event=reporter.event(RunState.FAILED, fault.message),
    )


async def retry(hold: Hold, reporter: Reporter, fault: RunFault) -> None:
    """Leave it to a further attempt, later each time. Raises Fenced, or CancelAsked."""
    failures = hold.run.failures + 1
    seconds = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(failures - 1, 16))
    await reporter.pause()
    await hold.write(
        {
            **_RELEASED,
            "failures": failures,
            "next_attempt_at": utc_now() + timedelta(seconds=seconds),
            "failure": _failure(fault),
        },
        event=reporter.event(RunState.RETRYING, f"{fault.message} Trying again in {seconds:.0f} s."),
    )


async def cancel(hold: Hold, reporter: Reporter) -> None:
    """The run ends as it was asked to. Raises Fenced."""
    by = hold.run.cancel_requested_by
    await hold.write(
        {**_RELEASED, "finished_at": utc_now(), "failure": None},
        event=reporter.event(RunState.CANCELLED, f"Cancelled by {by}."),
    )


def _failure(fault: RunFault) -> dict[str, object]:
    part = RunFailurePart(code=fault.code, message=fault.message, hint=fault.hint, retryable=fault.retryable)
    return part.model_dump()

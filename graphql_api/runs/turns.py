"""Runs of one copy of data commit, and go online, one at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.runs.commit import copy_of
from graphql_api.runs.hold import Hold
from graphql_api.runs.tools import Attempt
from graphql_api.runs.transactions import Overtaken, in_transaction

TURN_SECONDS = 20.0


class HandBack(Exception):
    """The run can go on later, and its slot may be needed by the one that it waits for."""


async def when_free(attempt: Attempt, take: Callable[[], Awaitable[bool]]) -> None:
    """Return when `take` has succeeded, which it cannot while another run is on its way online. Raises HandBack."""
    until = time.monotonic() + TURN_SECONDS
    while not await take():
        attempt.reporter.tell(message="Waits for another run of this data to be online.")
        if time.monotonic() > until:
            raise HandBack
        await asyncio.sleep(0.2)


async def take_again(hold: Hold[MaterializationDocument]) -> bool:
    """The turn of a run that stood aside; False while another has it.

    It takes the next number of its data, since later commits may have gone online, whose fence is above its own."""
    if not hold.run.aside:
        return True
    database = hold.database
    copy = await copy_of(database, hold.run.data_id)
    if copy.writing is not None:
        return copy.writing == hold.id
    turn = {"_id": copy.id, "writing": None, "last_commit": copy.last_commit}
    number = copy.last_commit + 1
    try:
        async with hold.writing({"turn": number}) as write:

            async def body(session: AsyncClientSession) -> None:
                await write.apply(session)
                taken = await database["data_copies"].update_one(
                    turn, {"$set": {"writing": hold.id, "last_commit": number}}, session=session
                )
                if not taken.matched_count:
                    raise Overtaken

            await in_transaction(database, body)
    except Overtaken:
        return False
    return True

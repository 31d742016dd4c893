"""What is to be removed goes, and small files are merged, a bounded piece at a time, by whichever worker is free."""

import asyncio
import logging

from pymongo.errors import PyMongoError

from graphql_api.domain.times import utc_now
from graphql_api.errors import UserError
from graphql_api.runs import compaction
from graphql_api.runs.leases import rest, take
from graphql_api.runs.old_events import BATCHES_A_PASS, remove_old_events
from graphql_api.runs.removed_data import remove_marked
from graphql_api.runs.retention import forget_history
from graphql_api.runs.stray_datasets import remove_stray_datasets
from graphql_api.runs.stray_objects import remove_strays
from graphql_api.runs.tools import Tools
from graphql_api.runs.uploads import remove_old_uploads

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
LEASE_SECONDS = 300.0
DATA, EVENTS, OBJECTS, HISTORY = "removed data", "old events", "stray objects", "history"
UPLOADS, DATASETS = "old uploads", "stray data sets"
FILES = compaction.CHORE
_REST = {
    DATA: 1.0,
    EVENTS: 600.0,
    OBJECTS: 3_600.0,
    HISTORY: 3_600.0,
    UPLOADS: 600.0,
    DATASETS: 3_600.0,
    FILES: 60.0,
}
_LEASE = {FILES: compaction.LEASE_SECONDS}
_SOON = 1.0
"""Between two passes of a chore that is not through."""


class Housekeeping:
    def __init__(self, tools: Tools, owner: str) -> None:
        self._tools = tools
        self._owner = owner

    async def run(self) -> None:
        """Until cancelled. A server that is away is asked again later."""
        while True:
            for chore in _REST:
                try:
                    await self.do(chore)
                except (PyMongoError, UserError, ExceptionGroup) as error:
                    log.warning("What is to be done about %s waits: %s", chore, error)
            await asyncio.sleep(POLL_SECONDS)

    async def do(self, chore: str) -> bool:
        """One pass, if it is due and nobody else is at it."""
        database = self._tools.database
        lease = await take(database, chore, self._owner, _LEASE.get(chore, LEASE_SECONDS))
        if lease is None:
            return False
        cursor, through = None, True
        match chore:
            case "removed data":
                await remove_marked(self._tools)
            case "old events":
                through = await remove_old_events(database, utc_now()) < BATCHES_A_PASS
            case "history":
                _, cursor = await forget_history(self._tools, utc_now(), after=lease.cursor)
                through = cursor is None
            case "small files":
                through = not await compaction.merge_small_files(self._tools, self._owner)
            case "old uploads":
                _, cursor = await remove_old_uploads(self._tools, utc_now(), after=lease.cursor)
                through = cursor is None
            case "stray data sets":
                _, cursor = await remove_stray_datasets(self._tools, utc_now(), after=lease.cursor)
                through = cursor is None
            case _:
                _, cursor = await remove_strays(self._tools, utc_now(), after=lease.cursor)
                through = cursor is None
        await rest(database, chore, self._owner, _REST[chore] if through else _SOON, cursor=cursor)
        return True

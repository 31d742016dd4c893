"""What is to be removed goes, and small files are merged, a bounded piece at a time, by whichever worker is free."""

import asyncio

from graphql_api.domain.times import utc_now
from graphql_api.runs import compaction
from graphql_api.runs.borders import tell
from graphql_api.runs.leases import renewed, rest, take
from graphql_api.runs.old_events import BATCHES_A_PASS, remove_old_events
from graphql_api.runs.removed_data import remove_marked
from graphql_api.runs.retention import forget_history
from graphql_api.runs.stray_datasets import remove_stray_datasets
from graphql_api.runs.stray_objects import STRAY_FOR, remove_strays
from graphql_api.runs.tools import Tools
from graphql_api.runs.uploads import remove_old_uploads

POLL_SECONDS = 2.0
LEASE_SECONDS = 300.0
DATA, EVENTS, OBJECTS, HISTORY = "removed data", "old events", "stray objects", "history"
UPLOADS, DATASETS, UNFINISHED = "old uploads", "stray data sets", "unfinished objects"
FILES = compaction.CHORE
_REST = {
    DATA: 1.0,
    EVENTS: 600.0,
    OBJECTS: 3_600.0,
    HISTORY: 3_600.0,
    UPLOADS: 600.0,
    DATASETS: 3_600.0,
    UNFINISHED: 3_600.0,
    FILES: 60.0,
}
_LEASE = {FILES: compaction.LEASE_SECONDS}
_SOON = 1.0
"""Between two passes of a chore that is not through."""
_AFTER_A_FAILURE = 30.0
"""At least."""


class Housekeeping:
    def __init__(self, tools: Tools, owner: str) -> None:
        self._tools = tools
        self._owner = owner

    async def run(self) -> None:
        """Until cancelled. A chore that fails is done again later, and is in nobody's way."""
        while True:
            for chore in _REST:
                try:
                    await self.do(chore)
                except Exception as error:  # the border: runs go on whatever a chore meets, such as a full disk
                    tell(f"What is to be done about {chore}", error)
            await asyncio.sleep(POLL_SECONDS)

    async def do(self, chore: str) -> bool:
        """One pass, if it is due and nobody else is at it. Where it fails, the next begins at the same place."""
        database, seconds = self._tools.database, _LEASE.get(chore, LEASE_SECONDS)
        lease = await take(database, chore, self._owner, seconds)
        if lease is None:
            return False
        cursor, wait = lease.cursor, _SOON
        try:
            async with renewed(database, chore, self._owner, seconds):
                cursor, through = await self._pass(chore, cursor)
            wait = _REST[chore] if through else _SOON
        except Exception:
            wait = max(_AFTER_A_FAILURE, _REST[chore])
            raise
        finally:
            await rest(database, chore, self._owner, wait, cursor=cursor)
        return True

    async def _pass(self, chore: str, after: str | None) -> tuple[str | None, bool]:
        """Where the next one goes on, and whether this was the last for now."""
        tools, now, cursor = self._tools, utc_now(), None
        match chore:
            case "removed data":
                await remove_marked(tools)
            case "old events":
                return None, await remove_old_events(tools.database, now) < BATCHES_A_PASS
            case "small files":
                merged, cursor = await compaction.merge_small_files(tools, self._owner, after=after)
                return cursor, cursor is None and not merged
            case "history":
                _, cursor = await forget_history(tools, now, after=after)
            case "unfinished objects":
                await tools.objects.end_uploads(now - STRAY_FOR)
            case "old uploads":
                _, cursor = await remove_old_uploads(tools, now, after=after)
            case "stray data sets":
                _, cursor = await remove_stray_datasets(tools, now, after=after)
            case _:
                _, cursor = await remove_strays(tools, now, after=after)
        return cursor, cursor is None

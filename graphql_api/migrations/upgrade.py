"""Bringing the data to the format of this program: by one process, while the others wait for it."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from graphql_api.documents.cataloguing import rebuild_catalogs
from graphql_api.documents.models import bind
from graphql_api.errors import Fenced
from graphql_api.migrations import fresh, stamps
from graphql_api.migrations.every import MIGRATIONS
from graphql_api.migrations.lock import Lock
from graphql_api.migrations.stamps import Database
from graphql_api.migrations.work import Migration, Work

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.2
LEASE_SECONDS = 15.0

Say = Callable[[str], None]


async def upgrade(
    database: Database,
    *,
    migrations: Sequence[Migration] = MIGRATIONS,
    lease_seconds: float = LEASE_SECONDS,
    say: Say = log.info,
) -> None:
    """Return when the data has the newest format, whichever process brings it there; it may be called at any time.

    Raises CannotStart where the data is newer, and then nothing was touched."""
    newest, waits_for = len(migrations), ""
    while not (stamp := await stamps.read_or_begin(database)).is_whole(newest):
        stamp.refuse_newer(newest, repr(database.name))
        lock = await Lock.take(database, newest, seconds=lease_seconds)
        if lock is not None:
            try:
                await lock.hold(_carry_out(lock, migrations, say))
            except Fenced as fenced:
                log.warning("%s", fenced)
            continue
        if stamp.holder is not None and stamp.holder != waits_for:
            waits_for = stamp.holder
            say(f"{waits_for} brings the data to format {newest}: waiting for it")
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


async def _carry_out(lock: Lock, migrations: Sequence[Migration], say: Say) -> None:
    work, newest, reached = Work(lock), len(migrations), lock.stamp.format
    await bind(lock.database)
    if reached is None:
        await fresh.make(work)
        await lock.reach(reached := newest)
    for number, migration in enumerate(migrations[reached:], reached + 1):
        say(f"Bringing the data to format {number} of {newest}: {migration.__name__.rpartition('.')[2]}")
        await migration.migrate(work)
        await lock.reach(number)
    if lock.stamp.format is not None:
        say("Making the catalog anew")
        await rebuild_catalogs(lock.require_in)
    await lock.finish()

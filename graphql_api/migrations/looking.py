"""How the data stands, for those who do not change its format."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from graphql_api.errors import CannotStart
from graphql_api.migrations import stamps
from graphql_api.migrations.every import MIGRATIONS
from graphql_api.migrations.stamps import Database
from graphql_api.settings import Settings, required

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.5


async def is_prepared(settings: Settings) -> bool:
    """Has the data the format of this program? Raises CannotStart where it is newer."""
    async with patient_client(settings) as database:
        return await _stands(database)


async def is_behind(settings: Settings) -> bool:
    """Is data there of an earlier format? Raises CannotStart where it is newer."""
    async with patient_client(settings) as database:
        if await _stands(database):
            return False
        stamp = await stamps.read(database)
        return await stamps.holds_unstamped(database) if stamp is None else stamp.format is not None


async def until_prepared(settings: Settings, stop: asyncio.Event) -> bool:
    """Wait until a server has brought the data to the format of this program; False when told to stop before.

    Raises CannotStart where it is newer."""
    told = False
    async with patient_client(settings) as database:
        while not await _stands(database):
            if not told:
                newest = len(MIGRATIONS)
                log.warning("Waiting until a server (`jfs serve`) has brought %r to format %d", database.name, newest)
                told = True
            if await _is_set(stop, within=SECONDS_BETWEEN_LOOKS):
                return False
    return True


async def require_format(database: Database) -> None:
    """Raises CannotStart where the data has not, or no longer, the format of this program."""
    if not await _stands(database):
        raise CannotStart(f"The data in {database.name!r} is on its way to format {len(MIGRATIONS)}.")


async def until_newer(database: Database, *, seconds_between_looks: float) -> None:
    """Raises CannotStart when a newer release has begun to change the data; never returns."""
    while True:
        await asyncio.sleep(seconds_between_looks)
        try:
            await _stands(database)
        except PyMongoError as away:  # whoever works with it says so
            log.debug("The format of the data cannot be looked at: %s", away)


@asynccontextmanager
async def patient_client(settings: Settings) -> AsyncGenerator[Database]:
    """Waits for an answer as long as it takes, which may be long where an index is made."""
    milliseconds = int(settings.mongodb_timeout_seconds * 1000)
    client = AsyncMongoClient[dict[str, Any]](
        required(settings.mongodb_url, "MONGODB_URL"),
        tz_aware=True,
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        appname="j-feature-store migrations",
    )
    async with client:
        yield client[settings.mongodb_database]


async def _stands(database: Database) -> bool:
    newest, stamp = len(MIGRATIONS), await stamps.read(database)
    if stamp is None:
        return False
    stamp.refuse_newer(newest, repr(database.name))
    return stamp.is_whole(newest)


async def _is_set(event: asyncio.Event, *, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await event.wait()
    except TimeoutError:
        return False

"""The worker's door: clients from the settings, runs until it is told to end."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from pymongo import AsyncMongoClient

from graphql_api.documents.all_runs import RUN_COLLECTIONS
from graphql_api.documents.models import bind
from graphql_api.domain.enums import RunState
from graphql_api.domain.gathering import end_all
from graphql_api.migrations.layout import refuse_other_layout
from graphql_api.migrations.looking import until_newer, until_prepared
from graphql_api.runs.housekeeping import Housekeeping
from graphql_api.runs.log import Database
from graphql_api.runs.tools import Tools
from graphql_api.runs.worker import Worker
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.serving.feed import Change, ChangeFeed, Lagged
from graphql_api.settings import Settings, required
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectStore
from graphql_api.stores.online import OnlineStore

log = logging.getLogger(__name__)

_SLOWEST_ANSWER = 6
"""How many times its usual timeout a single question to MongoDB may take."""


async def run_worker(settings: Settings) -> None:
    """Carry out runs until SIGTERM or SIGINT; what is under way is then handed back, for another worker to go on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await work_until(settings, stop)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def work_until(settings: Settings, stop: asyncio.Event) -> None:
    """The same, until an event is set. Raises what keeps a worker from its work, and first of all from its start.

    It begins when a server has brought the data to the format of this program. CannotStart where that is newer, or is
    changed by a newer release later on."""
    if not await until_prepared(settings, stop):
        return
    async with tools_of(settings) as tools, ChangeFeed(tools.database) as feed, feed.listen(*RUN_COLLECTIONS) as news:
        worker = Worker(
            tools,
            slots=settings.worker_slots,
            lease_seconds=settings.lease_seconds,
            run_attempts=settings.run_attempts,
        )
        log.info("%s works", worker.name)
        working = [
            asyncio.create_task(worker.run()),
            asyncio.create_task(_ring(worker, news)),
            asyncio.create_task(Housekeeping(tools, worker.name).run()),
            asyncio.create_task(until_newer(tools.database, seconds_between_looks=settings.lease_seconds)),
        ]
        stopped = asyncio.create_task(stop.wait())
        try:
            ended, _ = await asyncio.wait([*working, stopped], return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            stopped.cancel()
            await end_all(working)
            log.info("%s has ended", worker.name)


async def _ring(worker: Worker, news: AsyncIterator[Change | Lagged]) -> None:
    async for change in news:
        if isinstance(change, Lagged):
            worker.look()
            worker.ring()
        elif change.operation == "insert":
            worker.ring()
        elif (change.updated or {}).get("state") == RunState.CANCELLING:
            worker.look(change.id)


@asynccontextmanager
async def tools_of(settings: Settings) -> AsyncGenerator[Tools]:
    """What a worker works with, opened and closed."""
    folder, redis = settings.data_dir.absolute(), required(settings.redis_url, "REDIS_URL")
    async with (
        _database(settings) as database,
        ObjectStore.of(settings) as objects,
        SandboxPool.from_settings(settings, most=settings.worker_slots + 1) as boxes,
        OnlineStore(redis, timeout_seconds=settings.redis_timeout_seconds) as online,
    ):
        await refuse_other_layout(online)
        await objects.ensure_bucket()
        cache = FileCache(objects, folder / "cache", settings.cache_bytes)
        await asyncio.to_thread(cache.sweep)
        history = timedelta(days=settings.history_days)
        yield Tools(database, objects, cache, boxes, online, settings.chunk_rows, history)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncGenerator[Database]:
    milliseconds = int(settings.mongodb_timeout_seconds * 1000)
    client = AsyncMongoClient[dict[str, Any]](
        required(settings.mongodb_url, "MONGODB_URL"),
        tz_aware=True,
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=milliseconds * _SLOWEST_ANSWER,
        appname="j-feature-store worker",
    )
    async with client:
        database = client[settings.mongodb_database]
        await bind(database)
        yield database

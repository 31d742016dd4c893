"""What is newer than the program is refused, by every process of it, before anything is touched."""

import asyncio
import logging
from typing import Any

import pytest

from graphql_api.domain.packing import LAYOUT
from graphql_api.domain.release import RELEASE
from graphql_api.doors.worker import work_until
from graphql_api.embedded.ports import Ports
from graphql_api.errors import CannotStart, NotFound
from graphql_api.migrations import stamps
from graphql_api.migrations.every import MIGRATIONS
from graphql_api.migrations.layout import require_layout
from graphql_api.migrations.looking import require_format
from graphql_api.migrations.prepare import prepare
from graphql_api.migrations.stamps import Database
from graphql_api.migrations.upgrade import upgrade
from graphql_api.runtime import Runtime
from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore
from graphql_api.stores.online import OnlineStore
from tests.migrations.processes import ended
from tests.migrations.release import contents_of, indexes_of
from tests.migrations.steps import COMING
from tests.servers import redis_at

OURS = len(MIGRATIONS)


def refusal(database: Database) -> str:
    return (
        f"The data in {database.name!r} is newer than this program: it has format {OURS + 1}, written by release "
        f"{RELEASE}; this is release {RELEASE}, which knows formats up to {OURS}. Nothing was changed.\n"
        "Start the newer release again, or go back to a copy of the data from before the upgrade.\n"
    )


async def everything(database: Database) -> list[Any]:
    return [await contents_of(database), await indexes_of(database), await database["stamps"].find().to_list()]


async def test_newer_data_is_refused_by_each_process_in_words_and_left_alone(
    settings: Settings, database: Database
) -> None:
    await upgrade(database, migrations=COMING)
    before = await everything(database)

    ends = await asyncio.gather(
        ended(settings, "graphql_api.doors.processes.api"),
        ended(settings, "graphql_api", "dev", "--no-demo", PORT=str(Ports(settings.data_dir / "api").port_for("api"))),
    )
    with pytest.raises(CannotStart) as by_a_command:
        await Runtime(settings).__aenter__()
    with pytest.raises(CannotStart) as by_a_worker:
        await work_until(settings, asyncio.Event())

    words = refusal(database)
    begun = f"Starting in {settings.data_dir} …\n"
    assert [(end.status, end.words) for end in ends] == [(78, words), (1, begun + words)]
    assert [f"{reason.value}\n" for reason in (by_a_command, by_a_worker)] == [words] * 2
    assert await everything(database) == before
    await nothing_is_stored(settings)


async def test_an_online_store_of_another_layout_is_refused_before_the_database_is_touched(
    settings: Settings, database: Database
) -> None:
    assert settings.redis_url
    with redis_at(settings.redis_url) as redis:
        redis.set("layout", LAYOUT + 1)
        with pytest.raises(CannotStart) as refused:
            await prepare(settings)
        assert (redis.keys(), redis.get("layout")) == (["layout"], str(LAYOUT + 1))

        async with OnlineStore(settings.redis_url, timeout_seconds=1.0) as online:
            with pytest.raises(CannotStart) as unready:
                await require_layout(online)

    assert str(refused.value) == str(unready.value)
    assert str(refused.value).startswith(
        f"The online store at REDIS_URL has rows of layout {LAYOUT + 1}, which another "
    )
    assert await database.list_collection_names() == []


async def test_an_online_store_that_is_away_keeps_no_server_from_its_start(
    settings: Settings, database: Database
) -> None:
    await prepare(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))

    stamp = await stamps.read(database)
    assert stamp is not None
    assert stamp.is_whole(OURS)


async def test_a_worker_begins_when_a_server_has_migrated_and_ends_when_a_newer_one_does(
    settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    worker = asyncio.create_task(work_until(settings.model_copy(update={"lease_seconds": 1.0}), asyncio.Event()))

    await says(caplog, "Waiting until a server (`jfs serve`) has brought ")
    await asyncio.sleep(0.6)
    assert await database.list_collection_names() == []
    await prepare(settings)
    await says(caplog, " works")
    await require_format(database)

    await upgrade(database, migrations=COMING)
    async with asyncio.timeout(30):
        with pytest.raises(CannotStart) as ended:
            await worker
    assert f"{ended.value}\n" == refusal(database)
    with pytest.raises(CannotStart):
        await require_format(database)


async def test_a_worker_that_waits_can_be_told_to_end(settings: Settings, database: Database) -> None:
    stop = asyncio.Event()
    worker = asyncio.create_task(work_until(settings, stop))
    await asyncio.sleep(0.1)
    stop.set()
    async with asyncio.timeout(5):
        await worker

    assert await database.list_collection_names() == []


async def says(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(60):
        while True:
            if words in caplog.text:
                return
            await asyncio.sleep(0.02)


async def nothing_is_stored(settings: Settings) -> None:
    with redis_at(settings.redis_url or "") as redis:
        assert redis.keys() == []
    async with ObjectStore.of(settings) as objects:
        with pytest.raises(NotFound):
            await objects.readable()

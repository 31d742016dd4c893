"""Processes killed on their way leave nothing that the next one cannot go on with."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from graphql_api.migrations import stamps
from graphql_api.migrations.every import MIGRATIONS
from graphql_api.migrations.stamps import Database
from graphql_api.migrations.upgrade import upgrade
from tests.migrations.release import Release, contents_of, indexes_of

KILLED = -signal.SIGKILL


@pytest.fixture(autouse=True)
async def short_transactions(database: Database) -> AsyncIterator[None]:
    """What a killed process has written in a transaction is not waited for as long as usual."""
    usual = (await database.client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1))[
        "transactionLifetimeLimitSeconds"
    ]
    await database.client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=1)
    yield
    await database.client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=usual)


async def ends(url: str, database: str, *turns: str) -> list[int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.migrations.dying", url, database, *turns),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return [int(line) for line in output.split()]


async def test_old_data_becomes_the_same_however_often_it_is_killed(database: Database, mongodb_url: str) -> None:
    release = Release.kept("before_stamps")
    await release.put_into_mongodb(database)
    once = database.client[f"{database.name}-once"]
    await release.put_into_mongodb(once)
    await upgrade(once)

    writes = (
        "createIndexes catalog",
        "update feature_views",
        "commitTransaction 1",
        "delete counters",
        "update catalog",
    )
    assert await ends(mongodb_url, database.name, *writes, "never") == [KILLED] * 5 + [0]

    assert await indexes_of(database) == await indexes_of(once)
    assert await contents_of(database) == await contents_of(once)
    assert await how_it_stands(database) == await how_it_stands(once)
    await database.client.drop_database(once)


async def test_a_new_database_is_the_same_however_often_it_is_killed(database: Database, mongodb_url: str) -> None:
    once = database.client[f"{database.name}-once"]
    await upgrade(once)

    writes = ("insert stamps", "createIndexes catalog", "createIndexes commits")
    assert await ends(mongodb_url, database.name, *writes, "never") == [KILLED] * 3 + [0]

    assert await indexes_of(database) == await indexes_of(once)
    assert await how_it_stands(database) == await how_it_stands(once)
    await database.client.drop_database(once)


async def test_of_three_processes_at_once_one_migrates(database: Database, mongodb_url: str) -> None:
    await Release.kept("before_stamps").put_into_mongodb(database)

    assert await ends(mongodb_url, database.name, "never+never+never") == [0, 0, 0]

    stamp = await database["stamps"].find_one()
    assert stamp is not None
    assert (stamp["format"], stamp["becoming"], stamp["fence"]) == (len(MIGRATIONS), None, 1)


async def how_it_stands(database: Database) -> tuple[Any, ...]:
    stamp = await stamps.read(database)
    assert stamp is not None
    return stamp.format, stamp.becoming, stamp.release, stamp.holder

"""One process changes the format; others wait, take over from what has died, and are kept out once overtaken."""

import asyncio
from typing import Any

import pytest

from graphql_api.errors import CannotStart, Fenced
from graphql_api.migrations import stamps
from graphql_api.migrations.lock import Lock
from graphql_api.migrations.stamps import Database
from graphql_api.migrations.upgrade import upgrade
from graphql_api.migrations.work import Work
from tests.migrations.steps import COMING, Step, leave_old_data, nothing

LEASE = 4.5
SHORT = 0.2
"""Of locks that nobody renews."""


async def stamp(database: Database) -> dict[str, Any]:
    found = await stamps.collection(database).find_one()
    assert found is not None
    return found


async def test_of_two_at_once_one_migrates_and_keeps_the_lock_for_as_long_as_it_takes(database: Database) -> None:
    await leave_old_data(database)
    done: list[str] = []
    said: list[str] = []

    async def slowly(_: Work) -> None:
        done.append("begun")
        held = await stamp(database)
        while True:
            if (await stamp(database))["holder"]["until"] > held["holder"]["until"]:
                break
            await asyncio.sleep(0.05)
        done.append("ended")

    await asyncio.gather(
        *(upgrade(database, migrations=[Step(slowly)], lease_seconds=LEASE, say=said.append) for _ in range(2))
    )

    assert done == ["begun", "ended"]
    found = await stamp(database)
    assert (found["format"], found["becoming"], found["holder"], found["fence"]) == (1, None, None, 1)
    (waited,) = (line for line in said if line.endswith(" brings the data to format 1: waiting for it"))
    said.remove(waited)
    assert said == ["Bringing the data to format 1 of 1: m9999_to_come", "Making the catalog anew"]


async def test_what_died_on_the_way_is_taken_over_when_its_lease_has_run_out(database: Database) -> None:
    await leave_old_data(database)
    await stamps.read_or_begin(database)
    dead = await Lock.take(database, 1, seconds=1.0)
    assert dead is not None
    assert await Lock.take(database, 1, seconds=LEASE) is None

    await upgrade(database, migrations=[Step(nothing)], lease_seconds=LEASE)

    found = await stamp(database)
    assert (found["format"], found["becoming"], found["fence"]) == (1, None, 2)


async def test_whoever_was_paused_beyond_the_lease_changes_nothing_any_more(database: Database) -> None:
    await leave_old_data(database)
    await stamps.read_or_begin(database)
    paused = await Lock.take(database, 1, seconds=SHORT)
    assert paused is not None
    await asyncio.sleep(2 * SHORT)
    successor = await Lock.take(database, 1, seconds=60)
    assert successor is not None
    before = await stamp(database), await database["projects"].find().to_list()

    late = Work(paused)
    for attempt in (
        late.fill("projects", "late", True),
        late.create("late"),
        late.drop_indexes("projects"),
        paused.reach(1),
        paused.finish(),
        paused.hold(asyncio.sleep(60)),
    ):
        with pytest.raises(Fenced):
            await attempt

    assert (await stamp(database), await database["projects"].find().to_list()) == before
    assert "late" not in await database.list_collection_names()


async def test_work_that_fails_lets_others_go_on_at_once(database: Database) -> None:
    await leave_old_data(database)

    async def fails(_: Work) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await upgrade(database, migrations=[Step(nothing), Step(fails)])
    halfway = await stamp(database)
    async with asyncio.timeout(5):
        await upgrade(database, migrations=[Step(nothing), Step(nothing)])

    assert (halfway["format"], halfway["becoming"], halfway["holder"]) == (1, 2, None)
    found = await stamp(database)
    assert (found["format"], found["becoming"]) == (2, None)


async def test_what_a_newer_release_has_begun_is_newer_already(database: Database) -> None:
    await leave_old_data(database)
    await stamps.read_or_begin(database)
    newer = await Lock.take(database, len(COMING), seconds=60)
    assert newer is not None
    before = await stamp(database)

    with pytest.raises(CannotStart):
        await upgrade(database)

    assert await stamp(database) == before
    assert await Lock.take(database, len(COMING) - 1, seconds=60) is None

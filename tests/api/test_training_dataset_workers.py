"""Builds of training data sets whose workers are killed, or that are cancelled while they join."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from itertools import pairwise

import pytest
from bson import ObjectId

from graphql_api.domain.global_ids import parse_as
from tests.api.client import Json
from tests.api.conftest import Place
from tests.api.hangar import MINUTE, Hangar, downloaded, keys, opened
from tests.api.uploading import parquet, uploaded


@pytest.fixture
async def hangar(place: Place) -> AsyncGenerator[Hangar]:
    async with opened(place) as hangar:
        yield hangar


LARGE = 400_000


async def large_spine(hangar: Hangar) -> str:
    """What it takes some seconds to join."""
    select = (
        f"SELECT 'N' || (range % 3) AS tail, make_timestamptz({hangar.start} + range * {MINUTE // 1_000}) AS taken_at, "
        f"1::BIGINT AS weight, hash(range)::VARCHAR AS noise FROM range({LARGE})"
    )
    return (await uploaded(hangar.editor, hangar.name, parquet(hangar.folder, select)))["id"]


Reached = Callable[[Hangar, str], Awaitable[bool]]
"""Is the build of this id so far?"""


def in_phase(phase: str) -> Reached:
    async def reached(hangar: Hangar, run: str) -> bool:
        return (await state_of(hangar, run))["phase"] == phase

    return reached


async def storing(hangar: Hangar, run: str) -> bool:
    """Some of its files are in the store: progress is told too seldom to see it by the phase."""
    return bool(await keys(hangar.place.door, run))


async def state_of(hangar: Hangar, run: str) -> Json:
    database = hangar.place.door.runtime.database
    where = {"_id": ObjectId(parse_as("TrainingDataset", run))}
    found = await database["training_datasets"].find_one(where, {"phase": 1, "state": 1})
    assert found is not None
    return found


async def until(reached: Reached, hangar: Hangar, run: str) -> None:
    """Return once it is so far, or has ended."""
    async with asyncio.timeout(60):
        while not await reached(hangar, run):
            if (await state_of(hangar, run))["state"] not in ("QUEUED", "RUNNING"):
                return
            await asyncio.sleep(0.005)


async def killed_in(hangar: Hangar, upload: str, reached: Reached) -> Json:
    """A build whose worker was killed when it was so far; what ends before that is done again."""
    for _ in range(10):
        run = await hangar.create(**hangar.asked("large", upload))
        await until(reached, hangar, run["id"])
        for process in hangar.workers.started:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await hangar.workers.start()
        events = await hangar.followed(run["id"])
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
        assert all(earlier["rowsWritten"] == 0 for earlier, _ in pairwise(events))
        dataset = await hangar.read("large")
        if dataset["attempts"] > 1:
            return dataset
    raise AssertionError("no build was caught")


async def test_a_build_whose_workers_are_killed_ends_as_a_clean_one(hangar: Hangar) -> None:
    upload = await large_spine(hangar)
    clean = await hangar.built(**hangar.asked("large", upload))
    for reached in (in_phase("PLAN"), in_phase("COMPUTE"), storing):
        dataset = await killed_in(hangar, upload, reached)

        assert (dataset["state"], dataset["rows"], dataset["attempts"]) == ("SUCCEEDED", LARGE, 2)
        assert dataset["fingerprint"] == clean["fingerprint"]
        assert [file["sha256"] for file in dataset["files"]] == [file["sha256"] for file in clean["files"]]
        for file in dataset["files"]:
            await downloaded(hangar.editor.http, file)


async def test_a_join_that_is_under_way_is_cancelled_at_once(hangar: Hangar) -> None:
    cancel = "mutation($id: ID!) { cancelRun(id: $id) { __typename } }"
    run = await hangar.create(**hangar.asked("large", await large_spine(hangar)))
    await until(in_phase("COMPUTE"), hangar, run["id"])
    assert (await hangar.editor.ask(cancel, id=run["id"]))["cancelRun"] == {"__typename": "RunPayload"}
    events = await hangar.followed(run["id"])

    assert [event["state"] for event in events[-2:]] == ["CANCELLING", "CANCELLED"]
    assert (await hangar.read("large"))["files"] == []
    assert await keys(hangar.place.door, run["id"]) == []

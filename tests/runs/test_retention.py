"""What nobody can read any more goes, after a day; what anybody may read stays, to the byte."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bson import ObjectId

from graphql_api.documents.commits import CommitDocument, StagedFileDocument
from graphql_api.domain.enums import RunState
from graphql_api.domain.times import TimeRange, utc_now
from graphql_api.errors import NotFound
from graphql_api.runs.housekeeping import HISTORY, Housekeeping
from graphql_api.runs.retention import forget_history
from graphql_api.runs.tools import Tools
from tests.engines.support import HOUR, JAN
from tests.runs.ledger import Ledger, Row, open_ledger, wipe

DAY = timedelta(days=1)


def hours(first: int, last: int) -> TimeRange:
    return TimeRange(JAN + first * HOUR, JAN + last * HOUR)


def sales(*moments: int, amount: int = 1) -> list[Row]:
    return [Row("shop-1", JAN + hour * HOUR, JAN + hour * HOUR, amount) for hour in moments]


@pytest.fixture
async def ledger(shared_tools: Tools, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Two commits, and a third that replaces both; one of an hour later, and a fifth that empties a part of it."""
    ledger = await open_ledger(shared_tools, tmp_path)
    await ledger.write(hours(0, 12), sales(1, 7))
    await ledger.write(hours(12, 24), sales(13, 19))
    await ledger.write(hours(0, 24), sales(2, 8, 14))
    await ledger.write(hours(24, 48), sales(25, 37, 38))
    await ledger.write(hours(36, 48), [])
    yield ledger
    await wipe(shared_tools)


async def forget(ledger: Ledger, at: datetime) -> int:
    removed, more = await forget_history(ledger.tools, at)
    assert more is None
    return removed


async def forgotten(ledger: Ledger, at: datetime) -> int:
    """How many files are gone when all is done that is due at a moment, and a day later."""
    assert await forget(ledger, at) == 0
    assert await forget(ledger, at + DAY - timedelta(minutes=1)) == 0
    return await forget(ledger, at + DAY)


async def objects(ledger: Ledger) -> set[str]:
    return {found.key for found in await ledger.tools.objects.page("data/")}


async def numbers(ledger: Ledger) -> list[int]:
    return [commit.number for commit in await CommitDocument.find_all().sort("number").to_list()]


async def pin(ledger: Ledger, number: int, state: RunState = RunState.SUCCEEDED, ended: datetime | None = None) -> None:
    pins = [{"data_id": ledger.copy.id, "commit": number}, {"data_id": ledger.copy.id + 1, "commit": 2}]
    await ledger.tools.database["training_datasets"].insert_one(
        {"_id": ObjectId(), "project_id": ObjectId(), "pins": pins, "state": state, "finished_at": ended or utc_now()}
    )


async def refused(ledger: Ledger, number: int) -> str:
    with pytest.raises(NotFound) as raised:
        await ledger.rows(up_to=number)
    return raised.value.message


async def test_what_later_commits_hide_goes_when_its_time_is_over(ledger: Ledger) -> None:
    now = utc_now()
    held = await objects(ledger)
    states = [await ledger.rows(up_to=number) for number in range(6)]
    reading = await ledger.store.visible(ledger.copy.id, up_to=1)

    assert await forgotten(ledger, now) == 0
    assert [await ledger.rows(up_to=number) for number in range(6)] == states

    late = now + ledger.tools.history + timedelta(minutes=1)
    assert await forget(ledger, late) == 0
    assert await refused(ledger, 1) == (
        "How the data was as of its commit 1 is not kept any more: the earliest that can be read is 5."
    )
    assert {file.key for file in reading} < await objects(ledger)  # who was told of it still finds it
    assert await forget(ledger, late + DAY) == 2

    assert await ledger.rows() == await ledger.rows(up_to=5) == states[5]
    assert (await numbers(ledger), len(held - await objects(ledger))) == ([3, 4, 5], 2)
    assert await objects(ledger) == {file.key for file in await StagedFileDocument.find_all().to_list()}


async def test_what_a_data_set_names_stays_as_long_as_it_does(ledger: Ledger) -> None:
    state = await ledger.rows(up_to=1)
    await pin(ledger, 1)
    late = utc_now() + ledger.tools.history + DAY

    assert await forgotten(ledger, late) == 1  # that of the second commit
    assert (await ledger.rows(up_to=1), await numbers(ledger)) == (state, [1, 3, 4, 5])
    assert "commit 2 is not kept" in await refused(ledger, 2)

    await ledger.tools.database["training_datasets"].delete_many({})
    assert await forgotten(ledger, late + 5 * DAY) == 1
    assert "commit 1 is not kept" in await refused(ledger, 1)
    assert await numbers(ledger) == [3, 4, 5]


async def test_a_data_set_that_failed_holds_what_it_names_while_it_may_be_resumed(ledger: Ledger) -> None:
    late = utc_now() + ledger.tools.history + DAY
    await pin(ledger, 1, RunState.FAILED, late)
    await pin(ledger, 2, RunState.RUNNING)

    assert await forgotten(ledger, late) == 0
    assert await forgotten(ledger, late + 8 * DAY) == 0  # the running one sees the first commit's rows too
    await ledger.tools.database["training_datasets"].delete_many({"state": RunState.RUNNING})
    assert await forgotten(ledger, late + 10 * DAY) == 2


async def test_a_file_that_is_needed_again_before_its_day_is_over_stays(ledger: Ledger) -> None:
    late = utc_now() + ledger.tools.history + DAY
    assert await forget(ledger, late) == 0
    await pin(ledger, 2)

    assert await forget(ledger, late + 2 * DAY) == 0
    assert await StagedFileDocument.find({"unreachable_since": {"$ne": None}}).count() == 0


async def test_what_has_not_gone_online_keeps_what_was_before_it(ledger: Ledger) -> None:
    where = {"_id": ledger.copy.id}
    await ledger.tools.database["data_copies"].update_one(where, {"$set": {"online_commit": 2}})

    assert await forgotten(ledger, utc_now() + ledger.tools.history + DAY) == 0
    assert (await ledger.now()).history_from == 2


async def test_small_files_go_when_the_time_of_their_commits_is_over(ledger: Ledger) -> None:
    rows = await ledger.rows()
    merged = await ledger.merge(hours(0, 48))

    assert await forgotten(ledger, utc_now() + ledger.tools.history + DAY) == 4
    assert (await ledger.rows(), await numbers(ledger)) == (rows, [merged])


async def test_housekeeping_does_it_a_few_copies_at_a_time(ledger: Ledger, tmp_path: Path) -> None:
    await open_ledger(ledger.tools, tmp_path / "other", 2)
    late = utc_now() + ledger.tools.history + DAY

    assert await forget_history(ledger.tools, late, most=1) == (0, "1")
    assert await forget_history(ledger.tools, late + DAY, after="1", most=1) == (0, "2")
    assert await forget_history(ledger.tools, late + DAY, after="2", most=1) == (0, None)
    assert await forget_history(ledger.tools, late + DAY, most=1) == (2, "1")
    assert await Housekeeping(ledger.tools, "one").do(HISTORY)


async def test_a_copy_that_cannot_be_cleaned_is_in_no_other_s_way(ledger: Ledger, tmp_path: Path) -> None:
    """A commit of the first is damaged."""
    await ledger.tools.database["commits"].update_one({"data_id": ledger.copy.id, "number": 2}, {"$unset": {"end": ""}})
    (tmp_path / "other").mkdir()
    other = await open_ledger(ledger.tools, tmp_path / "other", 2)
    await other.write(hours(0, 12), sales(1))
    await other.write(hours(0, 12), sales(2))
    late = utc_now() + ledger.tools.history + DAY

    assert await forgotten(ledger, late) == 1

    assert [commit.number for commit in await CommitDocument.find({"data_id": 2}).to_list()] == [2]
    assert await CommitDocument.find({"data_id": 1}).count() == 5

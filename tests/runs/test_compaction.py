"""Files that are merged: fewer of them, and the same answers as of every commit, online and offline."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bson import ObjectId

from graphql_api.documents.base import new_id
from graphql_api.documents.commits import CommitDocument, CommitKind
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.domain.times import TimeRange
from graphql_api.engines.shapes import PackOnline
from graphql_api.runs import compaction
from graphql_api.runs.housekeeping import FILES, Housekeeping
from graphql_api.runs.leases import rest, take
from graphql_api.runs.merging import Sizes
from graphql_api.runs.tools import Tools
from tests.engines.support import HOUR, JAN, entries
from tests.runs.ledger import Ledger, Row, open_ledger, wipe
from tests.runs.workshop import open_shop, working

ALL = Sizes(many=4)
"""The files of the day below, and nothing less."""
ANY_TWO = Sizes(many=2)
DAY = TimeRange(JAN, JAN + 24 * HOUR)


def sales(first: int, last: int, *, created: int = 0, amount: int = 1) -> list[Row]:
    """A row an hour, of four shops by turns, known so many hours later."""
    return [
        Row(f"shop-{hour % 4}", JAN + hour * HOUR, JAN + (hour + created) * HOUR, hour * amount)
        for hour in range(first, last)
    ]


def hours(first: int, last: int) -> TimeRange:
    return TimeRange(JAN + first * HOUR, JAN + last * HOUR)


@pytest.fixture
async def ledger(shared_tools: Tools, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Three commits: two halves of a day, and corrections around noon."""
    ledger = await open_ledger(shared_tools, tmp_path)
    await ledger.write(hours(0, 12), sales(0, 12))
    await ledger.write(hours(12, 24), sales(12, 24))
    await ledger.run(hours(9, 15), sales(9, 15, created=30, amount=100), chunks=1)
    yield ledger
    await wipe(shared_tools)


async def compacted(ledger: Ledger, sizes: Sizes = ALL) -> bool:
    await take(ledger.tools.database, compaction.CHORE, "one", 600)
    try:
        return await compaction.compact(ledger.tools, ledger.copy.id, "one", sizes)
    finally:
        await rest(ledger.tools.database, compaction.CHORE, "one", -1)


async def online(ledger: Ledger) -> list[list[object]]:
    """What a rebuild would write, to the byte."""
    files = await ledger.store.visible(ledger.copy.id)
    await ledger.held(files)
    slices = ledger.slices(files)
    request = PackOnline(7, 9, "0" * 24, ledger.view, [], slices, slices, ledger.bench.out())
    return sorted(entries(ledger.bench.ask(request, readable=[piece.path for piece in slices])))


async def state_of(ledger: Ledger) -> tuple[DataCopyDocument, list[CommitDocument]]:
    return await ledger.now(), await CommitDocument.find({"data_id": ledger.copy.id}).sort("number").to_list()


async def test_merged_files_answer_as_the_small_ones_did_as_of_every_commit(ledger: Ledger) -> None:
    before = [await ledger.rows(up_to=number) for number in range(4)]
    packed = await online(ledger)
    copy, _ = await state_of(ledger)
    assert len(await ledger.store.visible(copy.id)) == 4

    assert await compacted(ledger)

    [file] = await ledger.store.visible(copy.id)
    assert [await ledger.rows(up_to=number) for number in (*range(4), 4)] == [*before, before[-1]]
    assert await ledger.rows() == before[-1]
    assert await online(ledger) == packed
    after, commits = await state_of(ledger)
    assert (file.commit, file.rows, after.last_commit, after.online_commit) == (4, len(before[-1]), 4, 4)
    assert after.model_copy(update={"last_commit": 3, "online_commit": 3}) == copy
    assert [(commit.number, commit.kind) for commit in commits[2:]] == [(3, CommitKind.RUN), (4, CommitKind.COMPACTION)]


async def test_what_is_merged_is_cut_by_keys_and_a_look_up_reads_its_part_alone(ledger: Ledger) -> None:
    everything = await ledger.rows()

    assert await compacted(ledger, Sizes(many=4, file=4_000))

    files = await ledger.store.visible(ledger.copy.id)
    own = await ledger.store.visible(ledger.copy.id, keys=[("shop-3",)])
    assert len(files) > len(own) == 1
    assert [held for held in await ledger.held(own) if held.row.shop == "shop-3"] == [
        held for held in everything if held.row.shop == "shop-3"
    ]
    assert await ledger.store.visible(ledger.copy.id, keys=[("shop",), ("shop-4",)]) == []
    assert await ledger.store.visible(ledger.copy.id, keys=[]) == []


async def test_runs_go_on_over_merged_files(tools: Tools, place: str, tmp_path: Path) -> None:
    """What a run takes away online is found by the commit that the row came with."""
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", [("shop-1", 1, 10), ("shop-2", 2, 20), ("shop-3", 12, 30), ("shop-1", 13, 40)])
    async with working(tools):
        await shop.done(0, 10)
        await shop.done(10, 20)
        assert await shop.online() == {"shop-1": (13, 40, 2), "shop-2": (2, 20, 1), "shop-3": (12, 30, 2)}
        await take(tools.database, compaction.CHORE, "one", 600)
        assert await compaction.compact(tools, shop.copy.id, "one", ANY_TWO)
        await shop.put("a", [("shop-1", 1, 10), ("shop-2", 2, 20), ("shop-2", 12, 50)])
        again = await shop.done(10, 20)

    assert again.commit == 4
    assert await shop.online() == {"shop-1": (1, 10, 1), "shop-2": (12, 50, 4)}
    assert await shop.offline() == [(1, "shop-1", 10), (2, "shop-2", 20), (12, "shop-2", 50)]


async def test_files_are_not_merged_between_a_commit_and_its_going_online(ledger: Ledger) -> None:
    copies = ledger.tools.database["data_copies"]
    await copies.update_one({"_id": ledger.copy.id}, {"$set": {"writing": ObjectId()}})
    before = await state_of(ledger)

    assert not await compacted(ledger)

    assert await state_of(ledger) == before
    await copies.update_one({"_id": ledger.copy.id}, {"$set": {"writing": None}})
    assert await compacted(ledger)


def merged_commit(ledger: Ledger, span: TimeRange) -> CommitDocument:
    return CommitDocument(
        data_id=ledger.copy.id, number=0, kind=CommitKind.COMPACTION, run_id=new_id(), attempt=0,
        start=span.start, end=span.end, checkpoints=(), rows=0,
    )  # fmt: skip


async def test_a_run_that_has_meanwhile_committed_into_the_range_wins(ledger: Ledger) -> None:
    database = ledger.tools.database
    await take(database, compaction.CHORE, "one", 600)
    await ledger.run(hours(20, 24), sales(20, 24))
    before = await state_of(ledger)

    overtaken = merged_commit(ledger, hours(0, 21))
    assert not await compaction.commit_merged(database, overtaken, as_of=3, owner="one")
    assert await state_of(ledger) == before
    elsewhere = merged_commit(ledger, hours(0, 20))
    assert await compaction.commit_merged(database, elsewhere, as_of=3, owner="one")

    after, commits = await state_of(ledger)
    assert (after.last_commit, commits[-1].id, commits[-1].number) == (5, elsewhere.id, 5)


async def test_whoever_has_lost_the_lease_commits_nothing(ledger: Ledger) -> None:
    database = ledger.tools.database
    await take(database, compaction.CHORE, "one", 600)
    before = await state_of(ledger)

    other = merged_commit(ledger, DAY)
    assert not await compaction.commit_merged(database, other, as_of=3, owner="two")
    await rest(database, compaction.CHORE, "one", -1)
    assert not await compaction.commit_merged(database, other, as_of=3, owner="one")

    assert await state_of(ledger) == before


async def test_rows_that_could_not_go_online_are_still_found_after_a_merge(ledger: Ledger) -> None:
    """The last commit at which all was online stays where it is as long as something is not."""
    parts = [{"start": JAN, "end": JAN + HOUR}]
    where = {"_id": ledger.copy.id}
    await ledger.tools.database["data_copies"].update_one(where, {"$set": {"offline_only": parts, "online_commit": 2}})

    assert await compacted(ledger)

    assert ((await ledger.now()).last_commit, (await ledger.now()).online_commit) == (4, 2)


async def test_a_copy_that_cannot_be_looked_at_is_in_no_other_s_way(ledger: Ledger, tmp_path: Path) -> None:
    """A commit of the first is damaged, and the second has no version any more."""
    await ledger.tools.database["commits"].update_one({"data_id": ledger.copy.id, "number": 2}, {"$unset": {"end": ""}})
    folders = [tmp_path / name for name in ("gone", "many")]
    for folder in folders:
        folder.mkdir()
    gone, many = [await open_ledger(ledger.tools, folder, number) for number, folder in enumerate(folders, start=2)]
    for other in (gone, many):
        await other.write(hours(0, 1), sales(0, 1))
        await other.write(hours(1, 2), sales(1, 2))
    await ledger.tools.database["feature_view_versions"].delete_many({"data_id": gone.copy.id})
    await take(ledger.tools.database, compaction.CHORE, "one", 600)

    passes: list[tuple[bool, str | None]] = []
    after = None
    while not passes or after is not None:
        made, after = await compaction.merge_small_files(ledger.tools, "one", ANY_TWO, after=after, most=1)
        passes.append((made, after))

    assert passes == [(False, "1"), (False, "2"), (True, "2"), (False, "3"), (False, None)]
    assert len(await many.store.visible(many.copy.id)) == 1


async def test_housekeeping_merges_where_there_are_many_small_files(shared_tools: Tools, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("few", "many")]
    for folder in folders:
        folder.mkdir()
    few, many = [await open_ledger(shared_tools, folder, number) for number, folder in enumerate(folders, start=1)]
    for ledger, runs in ((few, 4), (many, 16)):
        for number in range(runs):
            await ledger.write(hours(number, number + 1), sales(number, number + 1))
    chores = Housekeeping(shared_tools, "one")

    for _ in range(2):
        assert await chores.do(FILES)
        await rest(shared_tools.database, FILES, "one", -1)

    assert [len(await ledger.store.visible(ledger.copy.id)) for ledger in (few, many)] == [4, 1]
    copies = [await ledger.now() for ledger in (few, many)]
    assert [(copy.last_commit, copy.merged_to) for copy in copies] == [(4, 4), (17, 17)]
    await wipe(shared_tools)

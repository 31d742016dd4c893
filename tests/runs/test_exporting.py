"""A Delta table that other engines read: here Polars, which knows nothing of this server."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.times import TimeRange, to_micros, utc_now
from graphql_api.errors import Conflict, InvalidInput, RunFault
from graphql_api.runs import exporting
from graphql_api.runs.exporting import Exported, export
from graphql_api.runs.leases import take
from graphql_api.runs.retention import forget_history
from graphql_api.runs.tools import Tools
from graphql_api.settings import Settings
from graphql_api.stores.delta import DeltaPlace, delta_place
from graphql_api.stores.objects import ObjectStore
from tests.engines.support import HOUR, JAN
from tests.environments import environment_of
from tests.own_servers import OwnS3
from tests.runs.ledger import Held, Ledger, Row, open_ledger, wipe


def hours(first: int, last: int) -> TimeRange:
    return TimeRange(JAN + first * HOUR, JAN + last * HOUR)


def sales(*moments: int, created: int = 0, amount: int = 1) -> list[Row]:
    """Rows of two shops, an odd number of microseconds after the hour."""
    return [
        Row(f"shop-{hour % 2}", JAN + hour * HOUR + 999, JAN + (hour + created) * HOUR + 999, amount)
        for hour in moments
    ]


@pytest.fixture
async def ledger(shared_tools: Tools, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Two commits, and corrections of some of the second."""
    ledger = await open_ledger(shared_tools, tmp_path)
    await ledger.write(hours(0, 6), sales(0, 1, 2, 3))
    await ledger.write(hours(6, 12), sales(6, 7, 8, 9))
    await ledger.run(hours(7, 9), sales(7, 8, created=50, amount=2), chunks=1)
    yield ledger
    await wipe(shared_tools)


def place(folder: Path, name: str = "export") -> DeltaPlace:
    return DeltaPlace(str(folder / name), {})


async def exported(ledger: Ledger, to: DeltaPlace, owner: str = "one") -> tuple[int, int]:
    """What it held before, and holds now."""
    done = await export(ledger.tools, ledger.version, to, owner=owner)
    assert done == Exported(to.uri, done.before, done.now)
    return done.before, done.now


def rows(at: DeltaPlace, version: int | None = None) -> list[Held]:
    table = pl.scan_delta(at.uri, version=version, storage_options=at.options or None)
    return [_held(row) for row in table.collect().rows(named=True)]


def _held(row: dict[str, Any]) -> Held:
    event, created = to_micros(row["event_timestamp"]), to_micros(row["created_timestamp"])
    return Held(Row(row["shop"], event, created, row["amount"]), row["__commit"], row["__run"])


def log_of(folder: Path) -> list[dict[str, Any]]:
    entries = sorted((folder / "export" / "_delta_log").glob("*.json"))
    return [json.loads(line) for entry in entries for line in entry.read_text().splitlines()]


def found(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


async def until_found(folder: Path, pattern: str) -> None:
    async with asyncio.timeout(120):
        while not found(folder, pattern):  # noqa: ASYNC110 - what another process writes
            await asyncio.sleep(0.001)


async def test_the_table_holds_every_visible_row_with_its_commit_and_run(ledger: Ledger, tmp_path: Path) -> None:
    to = place(tmp_path)

    assert await exported(ledger, to) == (0, 3)

    assert sorted(rows(to)) == await ledger.rows()
    schema = pl.scan_delta(to.uri).collect_schema()
    assert schema == pl.Schema(
        {
            "shop": pl.String, "event_timestamp": pl.Datetime("us", "UTC"),
            "created_timestamp": pl.Datetime("us", "UTC"), "amount": pl.Int64, "__commit": pl.Int64,
            "__run": pl.String,
        }
    )  # fmt: skip
    actions = log_of(tmp_path)
    assert [action["protocol"] for action in actions if "protocol" in action] == [
        {"minReaderVersion": 1, "minWriterVersion": 2}
    ]
    assert all(field["nullable"] for field in _fields(actions))


def _fields(actions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    [metadata] = [action["metaData"] for action in actions if "metaData" in action]
    return json.loads(metadata["schemaString"])["fields"]


async def test_what_has_changed_since_is_replaced_in_one_step_and_the_rest_stays(
    ledger: Ledger, tmp_path: Path
) -> None:
    to = place(tmp_path)
    await exported(ledger, to)
    before = await ledger.rows()
    assert await exported(ledger, to) == (3, 3)

    await ledger.write(hours(12, 18), sales(12, 13, 14))
    assert await exported(ledger, to) == (3, 4)
    assert not any("remove" in action for action in log_of(tmp_path))
    await ledger.run(TimeRange(JAN + HOUR + 1_000, JAN + 3 * HOUR), sales(2, created=60, amount=3))
    assert await exported(ledger, to) == (4, 5)

    assert sorted(rows(to)) == await ledger.rows() == await ledger.rows(up_to=5)
    assert sorted(rows(to, version=1)) == before
    assert [action["txn"]["version"] for action in log_of(tmp_path) if "txn" in action] == [0, 3, 4, 5]


async def test_a_range_that_lost_all_its_rows_is_empty_there_too(ledger: Ledger, tmp_path: Path) -> None:
    to = place(tmp_path)
    await exported(ledger, to)
    await ledger.write(hours(0, 6), [])

    assert await exported(ledger, to) == (3, 4)

    assert sorted(rows(to)) == await ledger.rows()
    assert [held.commit for held in rows(to) if held.row.event < JAN + 6 * HOUR] == []


async def test_merged_files_change_nothing_in_the_table(ledger: Ledger, tmp_path: Path) -> None:
    to = place(tmp_path)
    await exported(ledger, to)
    await ledger.merge(hours(0, 12))

    assert await exported(ledger, to) == (3, 3)


async def test_an_export_finds_its_way_where_history_is_gone(ledger: Ledger, tmp_path: Path) -> None:
    """The run that changed rows is hidden by a merge, and its commit is no more."""
    to = place(tmp_path)
    await exported(ledger, to)
    await ledger.write(hours(0, 6), sales(1, amount=7))
    merged = await ledger.merge(hours(0, 12))
    for days in (1, 3):
        await forget_history(ledger.tools, utc_now() + ledger.tools.history + timedelta(days=days))
    assert (await ledger.now()).history_from == merged

    assert await exported(ledger, to) == (3, merged)

    assert sorted(rows(to)) == await ledger.rows()


async def test_one_export_at_a_time_writes_to_a_place(ledger: Ledger, tmp_path: Path) -> None:
    to = place(tmp_path)
    await take(ledger.tools.database, f"delta export {to.uri}", "another", 30)

    with pytest.raises(Conflict, match="is under way, or ended"):
        await exported(ledger, to)

    assert await exported(ledger, place(tmp_path, "elsewhere")) == (0, 3)
    assert await exported(ledger, place(tmp_path, "elsewhere"), "two") == (3, 3)  # at once


async def test_a_writer_whose_lease_has_passed_to_another_cannot_write_over_it(ledger: Ledger, tmp_path: Path) -> None:
    """It opened the table before the other wrote."""
    to = place(tmp_path)
    await exported(ledger, to)
    copy = await ledger.now()
    slow = exporting.ExportTable(to, f"j-feature-store:{copy.project_id}:{copy.id:x}")
    schema = exporting.schema_of(ledger.view)
    assert slow.open(schema, "sales@1") == 3
    await ledger.write(hours(0, 6), sales(1, amount=7))
    await exported(ledger, to)
    after = rows(to)

    with pytest.raises(Conflict, match="was faster; nothing was written"):
        slow.replace(None, schema, iter(()), commit=4)

    assert rows(to) == after


async def test_what_exports_that_died_have_left_goes_after_a_week_and_nothing_else(
    ledger: Ledger, tmp_path: Path
) -> None:
    to, inner = place(tmp_path), place(tmp_path / "export", "inner")
    await exported(ledger, to)
    await exported(ledger, inner)
    folder = Path(to.uri)
    [part] = found(folder, "*.parquet")
    dead, half, young = (
        folder / f"part-0000{number}-29ac220a-61a1-43c4-a358-93cce2435e29-c000.zstd.parquet{end}"
        for number, end in ((0, ""), (1, "#1"), (2, ""))
    )
    notes = folder / "notes.txt"
    for left in (dead, half, young, notes):
        left.write_bytes(part.read_bytes())
    long_ago = (utc_now() - timedelta(hours=169)).timestamp()
    for left in (dead, half, notes, part, *found(folder, "inner/*.parquet")):
        os.utime(left, (long_ago, long_ago))

    await ledger.write(hours(12, 14), sales(12))
    assert await exported(ledger, to) == (3, 4)

    assert [left.exists() for left in (dead, half, young, notes)] == [False, False, True, True]
    assert sorted(rows(to)) == await ledger.rows()
    assert sorted(rows(inner)) == await ledger.rows(up_to=3)


async def test_a_first_export_that_is_ended_leaves_a_place_for_the_next(
    tools: Tools, settings: Settings, tmp_path: Path
) -> None:
    """Killed, and then by Ctrl-C while it makes its first rows."""
    (tmp_path / "bench").mkdir()
    ledger = await open_ledger(tools, tmp_path / "bench")
    await ledger.write(hours(0, 6), sales(0, 1, 2, 3))
    project = await ProjectDocument.get(ledger.copy.project_id)
    assert project
    to = place(tmp_path)

    async def started() -> asyncio.subprocess.Process:
        """It has made something at the place, and no rows."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "graphql_api.doors.processes.delta_exports", "sales@1", to.uri,
            "--project", project.name, env=environment_of(settings), stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        await until_found(tmp_path, "export/*")
        return process

    first = await started()
    first.kill()
    await first.communicate()
    assert [path.name for path in found(tmp_path, "export/*")] == ["_delta_log"]
    await tools.database["leases"].delete_many({})  # as its time will come

    async def stopped(number: int) -> int | None:
        """By Ctrl-C as soon as it holds the lease: its exit code; 0 where it was done before the signal came.

        It runs for a moment at a time, so that a busy machine does not let it come far before it is looked at."""
        await ledger.write(hours(0, 6), sales(0, 1, 2, 3, amount=number))
        process = await started()
        taken = {"_id": f"delta export {to.uri}", "$expr": {"$gt": ["$until", "$$NOW"]}}
        with contextlib.suppress(ProcessLookupError):
            async with asyncio.timeout(120):
                while True:
                    process.send_signal(signal.SIGSTOP)
                    if process.returncode is not None or await tools.database["leases"].find_one(taken):
                        break
                    process.send_signal(signal.SIGCONT)
                    await asyncio.sleep(0.02)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGCONT)
        _, told = await process.communicate()
        assert b"Traceback" not in told, told.decode()
        return process.returncode

    for number in range(1, 11):
        if await stopped(number) == 130:
            break
    else:
        raise AssertionError("Ten exports ended before they could be stopped.")

    await exported(ledger, to)
    assert sorted(rows(to)) == await ledger.rows()


async def test_an_export_is_of_the_data_as_it_is_once_its_turn_has_come(ledger: Ledger, tmp_path: Path) -> None:
    """Whoever asked before another export brought a newer commit there finds nothing to do."""
    to = place(tmp_path)
    asked = ledger.version
    await ledger.write(hours(12, 14), sales(12))
    assert await exported(ledger, to) == (0, 4)

    assert await export(ledger.tools, asked, to, owner="two") == Exported(to.uri, 4, 4)


async def test_an_export_that_is_cancelled_while_it_makes_rows_ends_at_once(ledger: Ledger, tmp_path: Path) -> None:
    to = place(tmp_path)
    exporting_now = asyncio.create_task(exported(ledger, to))
    await until_found(tmp_path, "export/_delta_log/*.json")
    exporting_now.cancel()

    with pytest.raises(asyncio.CancelledError):
        await exporting_now

    assert rows(to) == []
    assert await exported(ledger, to) == (0, 3)  # its lease has ended too


async def test_what_is_somebody_elses_is_left_alone(ledger: Ledger, tmp_path: Path) -> None:
    full, table, file = tmp_path / "full", tmp_path / "table", tmp_path / "file"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    pl.DataFrame({"a": [1]}).write_delta(table)
    file.write_text("mine")

    for folder, reason in ((full, "holds other files"), (table, "is another table"), (file, "is a file")):
        with pytest.raises(InvalidInput, match=reason):
            await exported(ledger, DeltaPlace(str(folder), {}))

    assert (pl.read_delta(table).rows(), [entry.name for entry in full.iterdir()]) == ([(1,)], ["notes.txt"])


async def test_a_file_that_is_gone_leaves_the_table_as_it_was(ledger: Ledger, tmp_path: Path) -> None:
    to = place(tmp_path)
    await exported(ledger, to)
    before = rows(to)
    await ledger.write(hours(0, 6), sales(1, amount=7))
    [gone, *_] = await ledger.store.visible(ledger.copy.id, hours(0, 6))
    await ledger.tools.objects.delete(gone.key)

    with pytest.raises(RunFault, match=f"{gone.key}, which a run has written, is gone"):
        await exported(ledger, to)

    assert rows(to) == before


def test_only_places_below_the_bucket_s_exports_are_written(settings: Settings) -> None:
    bucket = settings.s3_bucket
    assert delta_place(f"s3://{bucket}/exports/sales/", settings).key == "exports/sales"
    for wrong in (f"s3://{bucket}/data/1", f"s3://{bucket}/exports/", "s3://other/exports/a", "gs://a/b",
                  f"s3://{bucket}/exports/a//b"):  # fmt: skip
        with pytest.raises(InvalidInput, match=f"below s3://{bucket}/exports/"):
            delta_place(wrong, settings)


async def test_a_bucket_that_knows_no_conditional_put_is_refused(ledger: Ledger, settings: Settings) -> None:
    to = DeltaPlace(f"s3://{ledger.tools.objects.bucket}/exports/sales", {})

    with pytest.raises(InvalidInput, match="knows no conditional PUT"):
        await exported(ledger, to)

    assert await ledger.tools.objects.page("exports/") == []


@pytest.fixture
async def elsewhere(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[ObjectStore, Settings]]:
    """An object store that knows it."""
    folder = tmp_path / "s3"
    folder.mkdir()
    with OwnS3(folder) as server:
        other = settings.model_copy(update={"s3_endpoint_url": server.url})
        async with ObjectStore.of(other) as objects:
            await objects.ensure_bucket()
            yield objects, other


async def test_one_that_knows_it_gets_the_table(
    ledger: Ledger, elsewhere: tuple[ObjectStore, Settings], tmp_path: Path
) -> None:
    objects, settings = elsewhere
    for key, path in ledger.local.items():
        await objects.put_file(key, path)
    ledger.tools = Tools(
        ledger.tools.database, objects, type(ledger.tools.cache)(objects, tmp_path / "other-cache", 1 << 30),
        ledger.tools.boxes, ledger.tools.online, 10,
    )  # fmt: skip
    to = delta_place(f"s3://{settings.s3_bucket}/exports/sales", settings)

    assert await exported(ledger, to) == (0, 3)
    await ledger.write(hours(12, 14), sales(12))
    assert await exported(ledger, to) == (3, 4)

    assert sorted(rows(to)) == await ledger.rows()
    assert {found.key.split("/")[0] for found in await objects.page("exports/")} == {"exports"}

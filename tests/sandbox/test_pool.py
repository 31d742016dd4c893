"""Leases: a child each, ended on time, on cancel and with its parent, leaving no process and no file."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import psutil
import pytest

from graphql_api.engines.connections import Limits
from graphql_api.engines.join_shapes import Join, JoinProgress, JoinSpine, Spine
from graphql_api.engines.shapes import Check, ComputeChunk, DescribeSql, FileColumn, Relation, View
from graphql_api.errors import RunFault
from graphql_api.sandbox.pool import Sandbox, SandboxPool, SqlRefused
from graphql_api.sandbox.protocol import Birth, Call, frame
from tests.engines.support import DAY, JAN, NEVER, a_view, at, columns, write_parquet

ONE = DescribeSql("SELECT 1 AS one", [])
ANSWER = [FileColumn("one", "INTEGER")]
ENDLESS = "count(*) FROM range(100000000000) a(x), range(100000000000) b(y) WHERE x * y % 7 = 1"


OTHERS: set[int] = set()
"""What other tests have started, such as the servers of the session."""


@pytest.fixture(autouse=True)
def _others() -> None:  # pyright: ignore[reportUnusedFunction]
    OTHERS.clear()
    OTHERS.update(children())


def children() -> list[int]:
    """Zombies too."""
    return [child.pid for child in psutil.Process().children(recursive=True) if child.pid not in OTHERS]


def source(folder: Path) -> str:
    return write_parquet(folder / "source.parquet", f"SELECT 'a' AS k, {at(JAN)} AS t, 1::BIGINT AS v")


def computing(path: str, value: str) -> View:
    names = columns("k VARCHAR", "t TIMESTAMP WITH TIME ZONE", "v BIGINT")
    relation = Relation("src", names, event_timestamp="t", files=[path])
    return a_view(f"SELECT k, t AS event_timestamp, (SELECT {value}) AS v FROM src", [relation])


def chunk(view: View, box: Sandbox) -> ComputeChunk:
    return ComputeChunk(view, JAN, JAN + DAY, NEVER, [], str(box.folder))


async def test_a_lease_answers_and_leaves_nothing(pool: SandboxPool) -> None:
    before = set(children())
    async with pool.lease() as box:
        assert await box.call(ONE) == ANSWER
        folder, pid = box.folder, box.pid

    assert not folder.exists()
    assert not psutil.pid_exists(pid)
    assert len(set(children()) - before) <= 1  # the next spare


async def test_a_join_tells_how_far_it_is_before_it_answers(pool: SandboxPool, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "spine.parquet", f"SELECT {at(JAN)} AS taken FROM range(9)")
    told: list[JoinProgress] = []
    async with pool.lease([path]) as box:
        request = JoinSpine(Join([], []), Spine([path], "taken"), str(box.folder), rows_a_file=3)
        joined = await box.call(request, told=told.append)
        again = await box.call(ONE)

    assert (joined.rows, again) == (9, ANSWER)
    assert told[0] == JoinProgress(0, 3, 1 / 3)  # what follows within a quarter of a second is left out


async def test_each_lease_has_a_child_of_its_own(pool: SandboxPool) -> None:
    pids: list[int] = []
    for _ in range(3):
        async with pool.lease() as box:
            await box.call(ONE)
            pids.append(box.pid)

    assert len(set(pids)) == 3


async def test_a_spare_makes_a_lease_begin_at_once(pool: SandboxPool) -> None:
    async with pool.lease() as box:
        await box.call(ONE)
    spares = set[int]()
    for _ in range(600):
        if spares := set(children()) - {box.pid}:
            break
        await asyncio.sleep(0.1)

    async with pool.lease() as box:
        assert await box.call(ONE) == ANSWER
        assert box.pid in spares


async def test_many_leases_wait_for_their_turn(tmp_path: Path) -> None:
    async def ask(pool: SandboxPool) -> list[FileColumn]:
        async with pool.lease() as box:
            return await box.call(ONE)

    async with SandboxPool(tmp_path / "sandbox", spares=0, most=2) as pool:
        tasks = [asyncio.create_task(ask(pool)) for _ in range(5)]
        most = 0
        while not all(task.done() for task in tasks):
            most = max(most, len(children()))
            await asyncio.sleep(0.02)
        assert [task.result() for task in tasks] == [ANSWER] * 5

    assert most <= 2
    assert children() == []


async def test_closing_the_pool_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    async with SandboxPool(tmp_path / "sandbox", spares=2) as pool, pool.lease() as box:
        await box.call(ONE)

    assert children() == []
    assert list((tmp_path / "sandbox").iterdir()) == []


async def test_a_query_without_end_is_killed_at_its_deadline(pool: SandboxPool, tmp_path: Path) -> None:
    path = source(tmp_path)
    async with pool.lease([path]) as box:
        begin = time.monotonic()
        with pytest.raises(RunFault) as caught:
            await box.call(chunk(computing(path, ENDLESS), box), seconds=2)

    assert (caught.value.code, caught.value.retryable) == ("TIMED_OUT", False)
    assert time.monotonic() - begin < 40  # it would go on for years
    assert not psutil.pid_exists(box.pid)


async def test_cancel_ends_a_query_within_a_second(pool: SandboxPool, tmp_path: Path) -> None:
    path = source(tmp_path)
    async with pool.lease([path]) as box:
        await box.call(ONE)
        call = asyncio.create_task(box.call(chunk(computing(path, ENDLESS), box)))
        await asyncio.sleep(1)
        begin = time.monotonic()
        await box.cancel()
        with pytest.raises(RunFault) as caught:
            await call
        assert time.monotonic() - begin < 40  # it would go on for years
        with pytest.raises(RunFault, match="cancelled"):
            await box.call(ONE)

    assert caught.value.code == "CANCELLED"


async def test_a_task_that_is_cancelled_takes_its_child_along(pool: SandboxPool, tmp_path: Path) -> None:
    path = source(tmp_path)
    pids: list[int] = []

    async def work() -> None:
        async with pool.lease([path]) as box:
            pids.append(box.pid)
            await box.call(chunk(computing(path, ENDLESS), box))

    task = asyncio.create_task(work())
    await asyncio.sleep(1.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [psutil.pid_exists(pid) for pid in pids] == [False]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_a_child_that_dies_is_a_fault_that_may_pass(pool: SandboxPool, tmp_path: Path, number: int) -> None:
    path = source(tmp_path)
    async with pool.lease([path]) as box:
        await box.call(ONE)
        call = asyncio.create_task(box.call(chunk(computing(path, ENDLESS), box)))
        await asyncio.sleep(0.5)
        os.kill(box.pid, number)
        with pytest.raises(RunFault) as caught:
            await call
        with pytest.raises(RunFault):
            await box.call(ONE)

    assert (caught.value.code, caught.value.retryable) == ("SANDBOX_DIED", True)
    async with pool.lease() as box:
        assert await box.call(ONE) == ANSWER


async def test_what_needs_too_much_memory_is_refused_and_the_child_lives_on(tmp_path: Path) -> None:
    path = source(tmp_path)
    bomb = "len(list(x)) FROM range(2000000000) r(x)"
    async with (
        SandboxPool(tmp_path / "sandbox", memory_bytes=100_000_000, spill_bytes=50_000_000, spares=0) as pool,
        pool.lease([path]) as box,
    ):
        with pytest.raises(RunFault) as caught:
            await box.call(chunk(computing(path, bomb), box))
        assert await box.call(ONE) == ANSWER

    assert caught.value.code == "OUT_OF_MEMORY"


async def test_a_text_that_is_one_huge_value_ends_no_more_than_its_child(tmp_path: Path) -> None:
    path = source(tmp_path)
    async with SandboxPool(tmp_path / "sandbox", memory_bytes=100_000_000, spares=0) as pool, pool.lease([path]) as box:
        with pytest.raises(RunFault):
            await box.call(chunk(computing(path, "length(repeat('x', 4000000000))"), box))


async def test_an_error_of_the_program_is_told_at_once_and_the_child_lives_on(
    pool: SandboxPool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = source(tmp_path)
    unplanned = Check("c", "SQL", "WARN", None, {})  # no plan gives a SQL check without its expression
    view = msgspec.structs.replace(computing(path, "1"), checks=[unplanned])
    async with pool.lease([path]) as box:
        with pytest.raises(RunFault) as caught:
            await box.call(chunk(view, box), seconds=30)
        assert await box.call(ONE) == ANSWER

    assert (caught.value.code, caught.value.retryable) == ("INTERNAL", False)
    assert str(caught.value) == "The computation met an error of the program: KeyError."
    assert "KeyError: 'expression'" in caplog.text


CHILD = "import sys; from graphql_api.sandbox.child import main; main(sys.argv[1])"


def test_a_child_that_cannot_answer_ends(tmp_path: Path) -> None:
    limits = Limits(memory_bytes=100_000_000, temp_bytes=100_000_000, threads=1)
    birth = Birth(os.getpid(), limits, address_bytes=4 << 30, cpu_seconds=60, file_bytes=100_000_000)
    with (
        (tmp_path / "stderr").open("wb") as complaints,
        subprocess.Popen(
            [sys.executable, "-c", CHILD, msgspec.json.encode(birth).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as child,
    ):
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.close()
        child.stdin.write(frame(msgspec.msgpack.encode(Call(ONE, []))))
        child.stdin.flush()
        try:
            returncode = child.wait(timeout=60)
        finally:
            child.kill()

    assert returncode == 1
    assert "BrokenPipeError" in (tmp_path / "stderr").read_text()


async def test_refusals_of_sql_are_told_apart_from_faults(pool: SandboxPool) -> None:
    async with pool.lease() as box:
        with pytest.raises(SqlRefused) as caught:
            await box.call(DescribeSql("SELECT now()", []))

    assert (caught.value.problem.line, caught.value.problem.column) == (1, 8)


async def test_only_absolute_paths_are_leased(pool: SandboxPool) -> None:
    async with pool.lease() as box:
        with pytest.raises(ValueError, match="absolute"):
            await box.call(ONE, readable=["relative.parquet"])


PARENT = """
import asyncio, sys
from pathlib import Path
from graphql_api.engines.shapes import DescribeSql
from graphql_api.sandbox.pool import SandboxPool

async def main():
    async with SandboxPool(Path(sys.argv[1]), spares=1) as pool, pool.lease() as box:
        await box.call(DescribeSql("SELECT 1", []))
        print(box.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_children_end_with_a_parent_that_is_killed_and_the_next_pool_sweeps(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    with subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        family = psutil.Process(parent.pid).children(recursive=True)
        assert pid in [child.pid for child in family]
        parent.kill()

    gone, alive = psutil.wait_procs(family, timeout=5)
    assert (len(gone), alive) == (len(family), [])

    async def next_pool() -> int:
        async with SandboxPool(folder, spares=0):
            return len(list(folder.iterdir()))

    assert asyncio.run(next_pool()) == 1

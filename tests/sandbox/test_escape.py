"""Attempts to get out: past the gate they meet the settings of the connection, and a process that holds nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psutil
import pytest

from graphql_api.engines.connections import Limits, sandboxed
from graphql_api.engines.shapes import CheckExpression, DescribeFiles, DescribeSql, FileSchema, ReadRows, RequestFor
from graphql_api.errors import RunFault
from graphql_api.sandbox.pool import SandboxPool, SqlRefused
from tests.engines.support import columns, write_parquet

LIMITS = Limits(memory_bytes=200_000_000, temp_bytes=10_000_000, threads=1)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    write_parquet(folder / "given.parquet", "SELECT 1 AS a")
    write_parquet(folder / "neighbour.parquet", "SELECT 2 AS a")
    (folder / "made").mkdir()
    return folder


@pytest.fixture
def connection(own: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Where the gate has let something through."""
    with sandboxed(
        LIMITS, spill=own / "spill", readable=[str(own / "given.parquet")], writable=[str(own / "made")]
    ) as opened:
        yield opened


hidden = [1, 2, 3]


@pytest.mark.parametrize(
    "statement",
    [
        "FROM read_parquet('{own}/neighbour.parquet')",
        "FROM '{own}/neighbour.parquet'",
        "FROM read_text('/etc/passwd')",
        "FROM read_blob('/proc/self/environ')",
        "FROM read_csv('/etc/passwd')",
        "FROM glob('/etc/*')",
        "FROM query('FROM read_text(''/etc/passwd'')')",
        "FROM read_parquet('http://127.0.0.1:1/a.parquet')",
        "FROM read_parquet('s3://demo/a.parquet')",
        "FROM hidden",
        "COPY (SELECT 1) TO '{own}/stolen.parquet'",
        "COPY (SELECT 1) TO '{own}/made/../stolen.parquet'",
        "COPY (SELECT 1) TO '{own}/given.parquet' (FORMAT parquet)",
        "EXPORT DATABASE '{own}/stolen'",
        "ATTACH '{own}/stolen.db'",
        "INSTALL httpfs",
        "LOAD '{own}/evil.duckdb_extension'",
        "SET threads = 8",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '100GB'",
        "RESET memory_limit",
        "SET lock_configuration = false",
        "SET temp_directory = '/tmp/elsewhere'",
        "SELECT getenv('HOME')",
    ],
)
def test_behind_the_gate_the_connection_still_reaches_nothing(
    connection: duckdb.DuckDBPyConnection, own: Path, statement: str
) -> None:
    before = sorted(path.name for path in own.rglob("*"))

    with pytest.raises(duckdb.Error):
        connection.execute(statement.format(own=own)).fetchall()

    assert sorted(path.name for path in own.rglob("*")) == before
    assert hidden == [1, 2, 3]


def test_the_given_file_is_read_and_the_folder_for_results_written(
    connection: duckdb.DuckDBPyConnection, own: Path
) -> None:
    connection.execute(f"COPY (FROM read_parquet('{own}/given.parquet')) TO '{own}/made/out.parquet' (FORMAT parquet)")

    assert (own / "made" / "out.parquet").exists()


async def test_a_lease_reads_its_files_and_no_others(pool: SandboxPool, own: Path) -> None:
    given, neighbour = str(own / "given.parquet"), str(own / "neighbour.parquet")
    async with pool.lease([given]) as box:
        assert await box.call(DescribeFiles([given])) == [FileSchema(columns("a INTEGER"), 1)]
        refused: list[RequestFor[object]] = [
            DescribeFiles([neighbour]),
            ReadRows([neighbour], 1),
            DescribeFiles(["/etc/passwd"]),
        ]
        for request in refused:
            with pytest.raises(RunFault) as caught:
                await box.call(request)
            assert (caught.value.code, caught.value.retryable) == ("FORBIDDEN_FILE", False)
        assert (await box.call(ReadRows([neighbour], 1), readable=[neighbour])).rows == [[2]]


@pytest.mark.parametrize("sql", ["FROM read_text('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/x'", "SELECT 1; SELECT 2"])
async def test_the_gate_stands_in_front_of_every_text(pool: SandboxPool, sql: str) -> None:
    async with pool.lease() as box:
        with pytest.raises(SqlRefused):
            await box.call(DescribeSql(sql, []))
        with pytest.raises(SqlRefused):
            await box.call(CheckExpression(sql, []))


async def test_the_child_holds_no_secret_and_is_bounded(
    pool: SandboxPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("S3_SECRET_ACCESS_KEY", "very-secret")
    other = SandboxPool(tmp_path / "other", memory_bytes=300_000_000, seconds=60, spares=0)
    async with other as fresh, fresh.lease() as box:
        await box.call(DescribeSql("SELECT 1", []))
        process = psutil.Process(box.pid)
        environment, arguments = process.environ(), process.cmdline()
        bounds = {
            name: process.rlimit(number)[0]
            for name, number in (
                ("memory", psutil.RLIMIT_AS),
                ("cpu", psutil.RLIMIT_CPU),
                ("file", psutil.RLIMIT_FSIZE),
                ("core", psutil.RLIMIT_CORE),
            )
        }
        files = {os.path.basename(one.path) for one in process.open_files()}
        connections = process.net_connections()
        working, own = process.cwd(), str(box.folder.parent)

    assert environment == {}
    assert "very-secret" not in " ".join(arguments)
    assert bounds == {"memory": 300_000_000 + (3 << 30), "cpu": 130, "file": 3_000_000_000, "core": 0}
    assert files <= {"stderr"}
    assert connections == []
    assert working == own

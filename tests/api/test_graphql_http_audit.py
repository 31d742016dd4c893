"""The audit suite of npm's graphql-http, against the running server: every MUST and SHOULD passes."""

import asyncio
import shutil
from pathlib import Path

import msgspec

from tests.api.conftest import Door

FOLDER = Path(__file__).parent / "graphql_http_audit"


class Audit(msgspec.Struct):
    id: str
    name: str
    failure: str | None


async def test_every_must_should_and_may_of_the_specification_is_met(door: Door) -> None:
    audits = await run(f"{door.http.base_url}/graphql")

    assert len(audits) > 50
    assert [audit for audit in audits if audit.failure] == []


async def run(url: str) -> list[Audit]:
    node = shutil.which("node")
    assert node, "This test needs Node.js 20 or newer: install it, then run `make test` again."
    installed = (FOLDER / "node_modules" / "graphql-http").is_dir()
    assert installed, f"The audit suite is not installed: run `npm ci` in {FOLDER}, which `make test` does."
    process = await asyncio.create_subprocess_exec(
        node, "audit.mjs", url, cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return [msgspec.json.decode(line, type=Audit) for line in printed.splitlines()]

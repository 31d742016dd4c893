"""`jfs token`, as one types it."""

import asyncio
import sys

import pytest

from graphql_api.settings import Settings
from tests.environments import environment_of


async def jfs_token(settings: Settings, *arguments: str) -> tuple[int | None, str, str]:
    environment = environment_of(settings) | {"LOG_LEVEL": "ERROR"}
    command = (sys.executable, "-m", "graphql_api", "token", *arguments)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=pipe)
    output, complaints = await process.communicate()
    return process.returncode, output.decode(), complaints.decode()


@pytest.mark.parametrize(
    ("arguments", "place"),
    [(["create", "x"], "roles"), (["create", "x", "--everywhere", "VIEWER", "--expires", "0d"], "expiresAt")],
)
async def test_a_token_that_cannot_be_made_says_why(settings: Settings, arguments: list[str], place: str) -> None:
    status, output, complaints = await jfs_token(settings, *arguments)

    headline, problem, *_ = complaints.splitlines()
    assert (status, output, headline) == (1, "", "The token cannot be made.")
    assert problem.startswith(f"  {place}  ")

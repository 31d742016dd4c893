"""`jfs token`, as one types it."""

import asyncio
import os
import sys

import pytest

from graphql_api.settings import Settings


async def jfs_token(settings: Settings, *arguments: str) -> tuple[int | None, str, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(settings.data_dir),
        "MONGODB_URL": settings.mongodb_url or "",
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url or "",
        "S3_ENDPOINT_URL": settings.s3_endpoint_url or "",
        "S3_ACCESS_KEY_ID": settings.s3_access_key_id,
        "S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key.get_secret_value(),
        "S3_BUCKET": settings.s3_bucket,
        "LOG_LEVEL": "ERROR",
    }
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

"""Processes of the program on the servers of a test, by what they said and how they ended."""

import asyncio
import os
import sys
from dataclasses import dataclass

from graphql_api.settings import Settings

SECONDS = 120.0


def environment(settings: Settings) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "MONGODB_URL": settings.mongodb_url or "",
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url or "",
        "S3_ENDPOINT_URL": settings.s3_endpoint_url or "",
        "S3_ACCESS_KEY_ID": settings.s3_access_key_id,
        "S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key.get_secret_value(),
        "S3_BUCKET": settings.s3_bucket,
        "SOURCE_PLACES": ",".join(settings.source_places),
        "DATA_DIR": str(settings.data_dir),
        "COLUMNS": "200",
    }


@dataclass(frozen=True)
class Ended:
    status: int
    words: str
    """All that it said, on whichever of its outputs."""


async def ended(settings: Settings, module: str, *arguments: str, **variables: str) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        env=environment(settings) | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(SECONDS):
            words, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Ended(process.returncode or 0, words.decode())

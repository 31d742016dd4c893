"""The product's own embedded servers, in a process of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from redis import Redis

from graphql_api.embedded import bound


def redis_at(url: str, *, decode_responses: bool = True) -> Any:
    """A client whose answers the types of redis-py do not tell."""
    place = urlsplit(url)
    return Redis(host=place.hostname or "", port=place.port or 6379, decode_responses=decode_responses)


class RunningServers(msgspec.Struct, frozen=True):
    mongodb_url: str
    redis_url: str
    s3_endpoint_url: str
    s3_access_key_id: str
    s3_secret_access_key: str
    pids: dict[str, int]


def start(data_dir: Path, **environment: str) -> subprocess.Popen[bytes]:
    """The first line of its output tells where the servers are; it ends with this process, whatever happens."""
    given = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return subprocess.Popen(
        bound.command(sys.executable, "-m", "graphql_api.embedded"),
        env=given | {"DATA_DIR": str(data_dir)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def when_ready(process: subprocess.Popen[bytes]) -> RunningServers:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"The embedded servers did not start: {process.communicate()[1].decode()}")
    return msgspec.json.decode(line, type=RunningServers)


@contextmanager
def running(data_dir: Path, **environment: str) -> Generator[RunningServers]:
    with start(data_dir, **environment) as process:
        try:
            yield when_ready(process)
        finally:
            process.send_signal(signal.SIGTERM)

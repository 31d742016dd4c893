"""The data folder: one process at a time, and what lies in it."""

import fcntl
import os
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from graphql_api.errors import CannotStart

SECONDS_FOR_ORPHANS = 10.0


@contextmanager
def held(folder: Path) -> Generator[int]:
    """Hold the folder for this process and for every child that gets the descriptor.

    Children that outlive a killed parent for a moment hold it too: they are waited for.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"DATA_DIR={folder} cannot be written: {error.strerror}. Choose another folder.") from error
    try:
        _acquire(lock, folder)
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield lock
    finally:
        os.close(lock)


def _acquire(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + SECONDS_FOR_ORPHANS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 32, 0).decode() or "unknown"
            holder_lives = holder.isdigit() and psutil.pid_exists(int(holder))
            if holder_lives or time.monotonic() > deadline:
                raise CannotStart(
                    f"DATA_DIR={folder} is in use by the process {holder}. "
                    "Stop that one, or choose another folder with DATA_DIR."
                ) from None
            time.sleep(0.05)
        else:
            return


@dataclass(frozen=True, slots=True)
class S3Keys:
    access_key_id: str
    secret_access_key: str


def s3_keys(folder: Path) -> S3Keys:
    """The keys of the embedded S3 server, made once and readable by their owner alone."""
    file = folder / "s3-keys.json"
    if not file.exists():
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_bytes(msgspec.json.encode(S3Keys(secrets.token_hex(10), secrets.token_hex(20))))
        new.replace(file)
    return msgspec.json.decode(file.read_bytes(), type=S3Keys)

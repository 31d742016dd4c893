"""A folder for one pool, and the end of those whose owner died without cleaning up."""

import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

_LOCK = "lock"


class PoolFolder:
    """Locked while its process lives, so that another pool can tell an orphan from a neighbour."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(parent)
        self.path = Path(tempfile.mkdtemp(prefix="pool-", dir=parent)).resolve()
        self._lock: BinaryIO = (self.path / _LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove(self) -> None:
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _sweep(parent: Path) -> None:
    for folder in parent.glob("pool-*"):
        try:
            with (folder / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # held by a pool that lives, or being made this very moment

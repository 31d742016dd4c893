"""Whole immutable objects on the local disk, so that what is read again is not fetched again."""

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from graphql_api.errors import RunFault
from graphql_api.stores.objects import ObjectInfo, ObjectStore


class FileCache:
    """Least recently used first out, beyond `bound` bytes.

    Who asks gets a hard link in a folder of their own, which holds the file for as long as they keep the folder:
    nothing that is in use can be evicted, and several processes may share one cache."""

    def __init__(self, objects: ObjectStore, folder: Path, bound: int) -> None:
        self._objects = objects
        self._folder = folder
        self._bound = bound
        self._under_way: dict[str, asyncio.Lock] = {}
        folder.mkdir(parents=True, exist_ok=True)

    async def fetch(self, found: ObjectInfo, folder: Path, *, sha256: str | None = None) -> Path:
        """The object as a read-only file in `folder`.

        Raises NotFound or Conflict where it is gone or has changed, RunFault where its bytes are not those of
        `sha256`, Unavailable."""
        name = hashlib.sha256(f"{found.uri}\0{found.etag}\0{found.size}".encode()).hexdigest()
        held, link = self._folder / name, folder / f"{name[:16]}.parquet"
        lock = self._under_way.setdefault(name, asyncio.Lock())
        try:
            async with lock:
                if not _link(held, link):
                    await self._bring(found, held, link, sha256)
        finally:
            if not lock.locked():
                self._under_way.pop(name, None)
        return link

    async def _bring(self, found: ObjectInfo, held: Path, link: Path, sha256: str | None) -> None:
        incoming = self._folder / f"incoming-{os.getpid()}-{secrets.token_hex(8)}"
        try:
            etag = found.etag or None
            await self._objects.fetch(found.uri, incoming, etag=etag, size=found.size)
            await asyncio.to_thread(_require_hash, incoming, found, sha256)
            incoming.chmod(0o444)
            with suppress(FileExistsError):
                os.link(incoming, link)
            incoming.replace(held)
        finally:
            incoming.unlink(missing_ok=True)
        await asyncio.to_thread(self._evict)

    def _evict(self) -> None:
        """Entries go oldest first; downloads that a dead process left behind go with them."""
        entries: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            entries.append((stat.st_mtime, stat.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._bound:
                return
            if not path.name.startswith("incoming-") or not _is_alive(int(path.name.split("-")[1])):
                path.unlink(missing_ok=True)
                total -= size

    @contextmanager
    def folder(self) -> Generator[Path]:
        """A folder of one's own beside the cache; it and all in it goes in the end."""
        folder = self._folder.parent / f"{self._folder.name}-use-{os.getpid()}-{secrets.token_hex(8)}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what processes that are gone have left behind."""
        for path in self._folder.parent.glob(f"{self._folder.name}-use-*"):
            if not _is_alive(int(path.name.split("-")[-2])):
                shutil.rmtree(path, ignore_errors=True)


def _link(held: Path, link: Path) -> bool:
    if link.exists():
        return True
    try:
        os.link(held, link)
        os.utime(held)
    except FileNotFoundError:
        return link.exists()
    return True


def _require_hash(path: Path, found: ObjectInfo, sha256: str | None) -> None:
    if sha256 is None:
        return
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise RunFault("DATA_DAMAGED", f"{found.uri} does not hold the bytes that were written.")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

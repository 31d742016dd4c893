"""A line between a client and the server that breaks where a test wants it to."""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Answers = Callable[[socket.socket, socket.socket], None]
"""Moves what the server says to the client; when it returns, the connection breaks."""


@dataclass
class Line:
    """`requests`: the first bytes of each connection, which hold its first request."""

    port: int
    requests: list[bytes] = field(default_factory=list[bytes])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def cut_after_frames(target: int, frames: int) -> Generator[Line]:
    """A WebSocket connection breaks in the middle of the server's frame that follows so many whole ones."""

    def answers(server: socket.socket, client: socket.socket) -> None:
        client.sendall(_handshake(server))
        for _ in range(frames):
            client.sendall(_frame(server))
        client.sendall(_frame(server)[:-1])

    with _line(target, answers) as line:
        yield line


@contextmanager
def answers_lost(target: int, times: int) -> Generator[Line]:
    """The server gets each request and answers it; on so many connections the answer does not come back."""
    left = iter(range(times))

    def answers(server: socket.socket, client: socket.socket) -> None:
        if next(left, None) is None:
            while part := server.recv(65_536):
                client.sendall(part)
        else:
            server.recv(1)

    with _line(target, answers) as line:
        yield line


@contextmanager
def _line(target: int, answers: Answers) -> Generator[Line]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line = Line(listening.getsockname()[1])
        accepting = threading.Thread(target=_accept, args=(listening, target, answers, line))
        accepting.start()
        try:
            yield line
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _accept(listening: socket.socket, target: int, answers: Answers, line: Line) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_serve, args=(client, target, answers, line), daemon=True).start()


def _serve(client: socket.socket, target: int, answers: Answers, line: Line) -> None:
    with client, socket.create_connection(("127.0.0.1", target)) as server:
        asking = threading.Thread(target=_ask, args=(client, server, line), daemon=True)
        asking.start()
        with suppress(OSError):
            answers(server, client)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        asking.join()


def _ask(client: socket.socket, server: socket.socket, line: Line) -> None:
    with suppress(OSError):
        part = client.recv(65_536)
        line.requests.append(part)
        while part:
            server.sendall(part)
            part = client.recv(65_536)


def _handshake(server: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _exactly(server, 1)
    return head


def _frame(server: socket.socket) -> bytes:
    """A whole frame as a server sends it: not masked."""
    head = _exactly(server, 2)
    size = head[1]
    if size == 126:
        head += _exactly(server, 2)
        size = int.from_bytes(head[2:])
    return head + _exactly(server, size)


def _exactly(server: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = server.recv(size - len(content))
        if not part:
            raise ConnectionResetError
        content += part
    return content

"""What a supervisor does for a child, asked of small programs."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from graphql_api.embedded.ports import Ports, asked
from graphql_api.embedded.supervised import Program, Supervised
from graphql_api.errors import CannotStart

ECHO = """
import socketserver, sys
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline())
class Server(socketserver.TCPServer):
    allow_reuse_address = True
Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
"""


def echo(folder: Path) -> Program:
    port = Ports(folder / "ports.json").port_for("echo")

    async def answers() -> bool:
        try:
            async with asyncio.timeout(0.5):
                return await asked(port, b"there?\n") == b"there?\n"
        except TimeoutError:
            return False

    return Program(
        name="Echo",
        command=(sys.executable, "-c", ECHO, str(port)),
        answers=answers,
        log_file=folder / "echo.log",
        longest_silence=1.2,
    )


@asynccontextmanager
async def running(program: Program) -> AsyncGenerator[Supervised]:
    child = Supervised(program)
    try:
        await child.start()
        yield child
    finally:
        await child.stop()


async def eventually(claim: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(1_000):
        if await claim():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("It never came to hold.")


async def test_a_child_that_lives_but_answers_nobody_is_replaced(tmp_path: Path) -> None:
    program = echo(tmp_path)
    async with running(program) as child:
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)

        await eventually(program.answers)

        assert child.pid not in (None, first)


async def test_a_child_that_says_that_it_cannot_start_is_not_tried_again_and_has_the_last_word(tmp_path: Path) -> None:
    async def answers() -> bool:
        return False

    refuses = f"import sys; print('HOST is no address.'); sys.exit({CannotStart.exit_status})"
    program = Program(name="It", command=(sys.executable, "-c", refuses), answers=answers, log_file=tmp_path / "it.log")
    with pytest.raises(CannotStart) as reason:
        await Supervised(program).start()

    assert str(reason.value) == f"It did not start. The end of {tmp_path / 'it.log'}:\n  HOST is no address."

"""A bar as a real terminal shows it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

import pytest

from j_feature_store import RunProgress
from j_feature_store.bars import TerminalBar
from tests.client.test_bars import DONE, HALF, QUEUED, an_event
from tests.client.world import World

FAILED = an_event(sequence=9, state="FAILED", phase="COMPUTE", attempt=3, rows_read=120_000, fraction=0.5)
PROGRAM = """
import j_feature_store
store = j_feature_store.FeatureStore()
print(store.materialize("airport_weather", progress=True).state)
run = store.materialize("airport_weather", wait=False)
store.cancel(run)
try:
    store.wait(run, progress=True)
except j_feature_store.RunFailed as told:
    print(told.run.state)
"""


@dataclass
class Terminal:
    """`own`: what a program writes to; `columns` wide."""

    own: int
    controlling: int
    columns: int

    def lines(self) -> list[str]:
        """What stands there once no more is written, wrapped where a line was full."""
        os.close(self.own)
        written = b""
        try:
            while part := os.read(self.controlling, 65_536):
                written += part
        except OSError:  # the other end is closed, and all is read
            pass
        lines, at = list[list[str]]([[]]), 0
        for sign in written.decode():
            if sign == "\r":
                at = 0
            elif sign == "\n":
                lines.append([])
            else:
                if at == self.columns:
                    lines, at = [*lines, []], 0
                lines[-1][at : at + 1] = sign
                at += 1
        return ["".join(line).rstrip() for line in lines]


@contextmanager
def terminal(columns: int) -> Generator[Terminal]:
    controlling, own = pty.openpty()
    fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    try:
        yield Terminal(own, controlling, columns)
    finally:
        os.close(controlling)


def drawn(columns: int, *events: RunProgress) -> list[str]:
    with terminal(columns) as screen:
        with open(os.dup(screen.own), "w", encoding="utf-8") as writing:
            draw(writing, *events)
        return screen.lines()


def draw(screen: TextIO, *events: RunProgress) -> None:
    bar = TerminalBar("delays@2", screen)
    for event in events:
        bar.show(event)
    bar.end()


@pytest.mark.parametrize("columns", [200, 80, 60, 40])
def test_a_run_that_succeeds_is_one_line_that_ends_full(columns: int) -> None:
    line, after = drawn(columns, QUEUED, HALF, DONE)

    assert after == ""
    assert re.match(r"delays@2 █{15,24} 100% SUCCEEDED", line)


@pytest.mark.parametrize("columns", [80, 40, 24])
def test_one_that_fails_says_so_however_narrow_the_terminal(columns: int) -> None:
    line, after = drawn(columns, QUEUED, HALF, FAILED)

    assert "50% FAILED" in line
    assert after == ""


def test_a_real_run_is_drawn_where_the_errors_go_and_its_outcome_is_told(world: World) -> None:
    with terminal(100) as screen:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"JFS_URL": world.url, "PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=screen.own,
            text=True,
            check=False,
        )
        succeeded, cancelled, after = screen.lines()

    assert done.stdout.split() == ["SUCCEEDED", "CANCELLED"]
    assert succeeded.startswith(f"airport_weather@1 {'█' * 24} 100% SUCCEEDED")
    assert "CANCELLED" in cancelled
    assert after == ""

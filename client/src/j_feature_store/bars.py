"""Runs as they go, for people: a bar in a terminal or a notebook, else a line for each new phase."""

import html
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO, TypeAlias

from j_feature_store.runs import RunProgress

Progress: TypeAlias = bool | Callable[[RunProgress], None]
"""True: a bar. Or what is called with each event."""

WIDTH = 24
USUAL_COLUMNS = 80
COLOURS = {"SUCCEEDED": "#2e7d32", "FAILED": "#c62828", "CANCELLED": "#757575"}


class _Bar(Protocol):
    def show(self, event: RunProgress) -> None: ...

    def end(self) -> None: ...


@contextmanager
def shown(progress: Progress, title: str) -> Generator[Callable[[RunProgress], None]]:
    """What to call with each event of a run."""
    if callable(progress):
        yield progress
        return
    if not progress:
        yield lambda _: None
        return
    bar = _bar(title, sys.stderr)
    try:
        yield bar.show
    finally:
        bar.end()


def _bar(title: str, screen: TextIO) -> _Bar:
    display = _notebook()
    if display is not None:
        return NotebookBar(title, display)
    return TerminalBar(title, screen) if screen.isatty() else Lines(title, screen)


class TerminalBar:
    """One line that is written over again and again."""

    def __init__(self, title: str, screen: TextIO) -> None:
        self._title, self._screen = title, screen
        self._written = 0

    def show(self, event: RunProgress) -> None:
        most = _columns(self._screen) - 1
        told = f" {event.fraction:4.0%} {event}"
        short = told.partition(" ·")[0]  # the rest is cut before the bar is
        width = max(0, min(WIDTH, most - len(f"{self._title} {short}")))
        filled = round(event.fraction * width)
        line = f"{self._title} {'█' * filled}{'░' * (width - filled)}{told}"[:most]
        self._screen.write(f"\r{line:<{min(self._written, most)}}")
        self._screen.flush()
        self._written = len(line)

    def end(self) -> None:
        if self._written:
            self._screen.write("\n")
            self._screen.flush()


def _columns(screen: TextIO) -> int:
    """Of this very screen: another may be what is printed to."""
    try:
        return os.get_terminal_size(screen.fileno()).columns or USUAL_COLUMNS
    except (OSError, ValueError):
        return USUAL_COLUMNS


class Lines:
    """For logs: a line for each state and phase, not for each event."""

    def __init__(self, title: str, screen: TextIO) -> None:
        self._title, self._screen = title, screen
        self._told = ("", "", 0)

    def show(self, event: RunProgress) -> None:
        now = (event.state, event.phase, event.attempt)
        if now != self._told:
            print(f"{self._title} {event.fraction:4.0%} {event}", file=self._screen, flush=True)
            self._told = now

    def end(self) -> None:
        pass


class NotebookBar:
    """One output of the cell, which is changed in place."""

    def __init__(self, title: str, display: Callable[..., Any]) -> None:
        self._title, self._display = title, display
        self._handle: Any = None

    def show(self, event: RunProgress) -> None:
        content = {"text/plain": f"{self._title} {event.fraction:4.0%} {event}", "text/html": self._html(event)}
        if self._handle is None:
            self._handle = self._display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def end(self) -> None:
        pass

    def _html(self, event: RunProgress) -> str:
        colour = COLOURS.get(event.state, "#1565c0")
        told = html.escape(str(event))
        return (
            '<div style="display:flex;gap:.75em;align-items:center;font-family:system-ui,sans-serif">'
            f"<b>{html.escape(self._title)}</b>"
            f'<progress max="1" value="{event.fraction:.4f}" style="width:16em;accent-color:{colour}">'
            f"{event.fraction:.0%}</progress><span>{event.fraction:.0%}</span><span>{told}</span></div>"
        )


def _notebook() -> Callable[..., Any] | None:
    """IPython's `display`, where a front end shows what it is given; a terminal's IPython does not."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    return sys.modules["IPython.display"].display

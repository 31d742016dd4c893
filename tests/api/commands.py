"""What MongoDB is asked, counted."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from pymongo import monitoring

WATCHED = ("find", "aggregate", "count", "distinct", "insert", "update", "findAndModify")


class Commands(monitoring.CommandListener):
    """Every command of every client that is made after it was registered, except what a change stream asks."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in WATCHED:
            self.heard.append(f"{event.command_name} {event.command.get(event.command_name)}")

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...

    @contextmanager
    def counted(self) -> Generator[list[str]]:
        """What is asked while the block runs."""
        before = len(self.heard)
        told: list[str] = []
        yield told
        told += self.heard[before:]


class Explained(monitoring.CommandListener):
    """The reads themselves, to be explained: those of lists, which begin with a project."""

    def __init__(self) -> None:
        self._heard: list[dict[str, Any]] | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self._heard is None or event.command_name != "aggregate":
            return
        stages = event.command["pipeline"]
        if "$match" in stages[0] and "project_id" in stages[0]["$match"]:
            cursor: dict[str, Any] = {}
            self._heard.append({"aggregate": event.command["aggregate"], "pipeline": stages, "cursor": cursor})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...

    @contextmanager
    def listening(self) -> Generator[list[dict[str, Any]]]:
        self._heard = heard = []
        try:
            yield heard
        finally:
            self._heard = None


COMMANDS = Commands()
EXPLAINED = Explained()
monitoring.register(COMMANDS)
monitoring.register(EXPLAINED)

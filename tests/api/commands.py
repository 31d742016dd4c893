"""What MongoDB is asked, counted."""

from collections.abc import Generator
from contextlib import contextmanager

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


COMMANDS = Commands()
monitoring.register(COMMANDS)

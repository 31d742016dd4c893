"""Processes that bring a database to the newest format, each of them killed at a write of its own on the way:
`python -m tests.migrations.dying URL DATABASE WRITE…` prints how each ended. A write: `update feature_views`, or
`never`; `never+never`: two at once.

One process, which has the modules, forks the others."""

import asyncio
import os
import signal
import sys
from typing import Any

from pymongo import AsyncMongoClient, monitoring

from graphql_api.migrations.upgrade import upgrade

LEASE_SECONDS = 15.0
SECONDS_OF_THE_DEAD = 0.5
"""How long a lease is, that those who come after the dead do not wait long."""


class Killer(monitoring.CommandListener):
    """Kills this process, without another word, when the write has been done; in a transaction before its end."""

    def __init__(self, write: str) -> None:
        self._write = write
        self._sent: dict[int, str] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self._sent[event.request_id] = f"{event.command_name} {event.command.get(event.command_name)}"

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        if self._sent.pop(event.request_id, "") == self._write:
            os.kill(os.getpid(), signal.SIGKILL)

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


async def bring(url: str, database: str, killer: Killer, lease_seconds: float) -> None:
    async with AsyncMongoClient[dict[str, Any]](url, tz_aware=True, event_listeners=[killer]) as client:
        await upgrade(client[database], lease_seconds=lease_seconds)


def main(url: str, database: str, *turns: str) -> None:
    for turn in turns:
        children: list[int] = []
        lease_seconds = LEASE_SECONDS if "+" in turn else SECONDS_OF_THE_DEAD
        for write in turn.split("+"):
            child = os.fork()
            if child == 0:
                asyncio.run(bring(url, database, Killer(write), lease_seconds))
                os._exit(0)
            children.append(child)
        for child in children:
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A worker: claims runs that are due, and carries out a few of them side by side."""

import asyncio
import logging
import os
import secrets
import socket

from bson import ObjectId
from pymongo.errors import PyMongoError

from graphql_api.domain.gathering import end_all
from graphql_api.runs.attempts import attempt
from graphql_api.runs.hold import AnyHold
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.tools import Tools

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""How long a run that is due may wait when no bell rings."""


class Worker:
    def __init__(self, tools: Tools, *, slots: int, lease_seconds: float, run_attempts: int) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._tools = tools
        self._queue = RunQueue(tools.database)
        self._slots = slots
        self._lease_seconds = lease_seconds
        self._run_attempts = run_attempts
        self._bell = asyncio.Event()
        self._attempts: dict[asyncio.Task[None], AnyHold] = {}

    def ring(self) -> None:
        """Something may be due: look now."""
        self._bell.set()

    def look(self, run_id: ObjectId | None = None) -> None:
        """Somebody has asked this run to end, or (None) may have asked any: its attempt, if it is here, sees to it."""
        for hold in self._attempts.values():
            if run_id is None or hold.id == run_id:
                hold.news.set()

    async def run(self) -> None:
        """Work until cancelled; what is under way is then handed back, for others to go on at once."""
        try:
            while True:
                self._bell.clear()
                await self._fill()
                try:
                    await asyncio.wait_for(self._bell.wait(), POLL_SECONDS)
                except TimeoutError:
                    continue
        finally:
            await end_all(tuple(self._attempts))

    async def _fill(self) -> None:
        while len(self._attempts) < self._slots:
            try:
                hold = await self._queue.claim(self.name, self._lease_seconds)
            except PyMongoError as error:
                log.warning("The queue does not answer: %s", error)
                return
            if hold is None:
                return
            self._begin(hold)

    def _begin(self, hold: AnyHold) -> None:
        log.info("Run %s of %s, attempt %d", hold.id, hold.run.title, hold.attempt)
        task = asyncio.create_task(
            attempt(
                self._tools,
                self._queue,
                hold,
                lease_seconds=self._lease_seconds,
                run_attempts=self._run_attempts,
            )
        )
        self._attempts[task] = hold
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._attempts.pop(task, None)
        if not task.cancelled() and (error := task.exception()):
            log.error("An attempt ended by itself", exc_info=error)
        self.ring()

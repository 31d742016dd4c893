"""The worker: takes runs off the queue and brings each attempt to an end, or loses it without a trace."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pymongo.errors import PyMongoError

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import passes
from graphql_api.domain.enums import RunState
from graphql_api.domain.times import utc_now
from graphql_api.errors import Fenced, RunFault
from graphql_api.runs.commit import OtherFirst
from graphql_api.runs.faults import as_fault, failure_of, pause_seconds
from graphql_api.runs.lease import Lease
from graphql_api.runs.log import CancelRequested, RunLog
from graphql_api.runs.pipeline import Attempt, Tools
from graphql_api.runs.queue import claim

logger = logging.getLogger(__name__)
_POLL_SECONDS = 0.5
_TURN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How a worker behaves. `attempts`: before a fault that passes fails a run that has not committed."""

    slots: int = 2
    lease_seconds: float = 15.0
    attempts: int = 5
    first_pause_seconds: float = 3.0
    drain_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Signals:
    """`bell`: there may be something to do. `stop`: take nothing more, and come to an end."""

    bell: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hand_back: asyncio.Event = field(default_factory=asyncio.Event)


class Worker:
    """Any number of workers may share a queue, and each may be killed or stopped at any moment."""

    def __init__(self, name: str, tools: Tools, habits: Habits, signals: Signals) -> None:
        self._name = name
        self._tools = tools
        self._habits = habits
        self._signals = signals
        self._held: set[asyncio.Task[None]] = set()

    async def work(self) -> None:
        """Until told to stop; what is then still being done gets a while to end, and is handed back after that."""
        stop = asyncio.create_task(self._signals.stop.wait())
        try:
            while not stop.done():
                self._signals.bell.clear()
                if len(self._held) >= self._habits.slots or not await self._take_one():
                    await self._wait([stop])
            await self._drain()
        finally:
            stop.cancel()
            for task in self._held:
                task.cancel()
            await asyncio.gather(stop, *self._held, return_exceptions=True)

    async def _take_one(self) -> bool:
        claimed_at = time.monotonic()
        try:
            run = await claim(self._name, self._habits.lease_seconds)
        except PyMongoError as error:
            if not passes(error):
                raise
            logger.warning("MongoDB does not answer; the worker waits: %s", error)
            return False
        if run is None:
            return False
        task = asyncio.create_task(self._hold(run, claimed_at))
        self._held.add(task)
        task.add_done_callback(self._held.discard)
        return True

    async def _wait(self, others: Sequence[asyncio.Task[bool]]) -> None:
        bell = asyncio.create_task(self._signals.bell.wait())
        full = len(self._held) >= self._habits.slots
        timeout = None if full else _POLL_SECONDS
        waiting = self._held if full else {bell}
        await asyncio.wait({*others, *waiting}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()

    async def _drain(self) -> None:
        if self._held:
            await asyncio.wait(self._held, timeout=self._habits.drain_seconds)
        self._signals.hand_back.set()
        if self._held:
            await asyncio.wait(self._held, timeout=self._habits.lease_seconds)

    async def _hold(self, run: MaterializationDocument, claimed_at: float) -> None:
        """Work on a run for as long as it is ours."""
        log = RunLog(run)
        lease = Lease(run, self._habits.lease_seconds, claimed_at=claimed_at)
        working = asyncio.create_task(_Hold(log, self._tools, self._habits, self._signals).go())
        keeping = asyncio.create_task(lease.keep(log.cancel_asked))
        try:
            await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, keeping):
                task.cancel()
            outcomes = await asyncio.gather(working, keeping, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Fenced):
                logger.warning("run %s, attempt %s, was lost: %s", run.id, run.attempt, outcome)
            elif isinstance(outcome, Exception):
                logger.error("run %s, attempt %s, is left to its lease", run.id, run.attempt, exc_info=outcome)


class _HandBack(Exception):
    """The worker is to end; the run is not."""


class _Hold:
    """An attempt, and what becomes of the run at its end."""

    def __init__(self, log: RunLog, tools: Tools, habits: Habits, signals: Signals) -> None:
        self._log = log
        self._attempt = Attempt(log, tools)
        self._habits = habits
        self._signals = signals

    async def go(self) -> None:
        """Raises Fenced where the run is no longer ours."""
        try:
            if self._log.run.state is RunState.CANCELLING:
                raise CancelRequested
            await self._attempt_to_its_end()
        except CancelRequested:
            await self._log.end(RunState.CANCELLED, message="Cancelled.")

    async def _attempt_to_its_end(self) -> None:
        try:
            await self._attempt_or_wish()
        except (Fenced, CancelRequested):
            raise
        except _HandBack:
            await self._try_later("The worker stops; another one goes on.", 0.0)
        except OtherFirst as first:
            await self._try_later(f"Waits until run {first.run_id} is online.", _TURN_SECONDS)
        except Exception as error:
            await self._end_with(as_fault(error))

    async def _attempt_or_wish(self) -> None:
        """The attempt, unless somebody wishes it to end before. Raises what the attempt raises, or the wish."""
        notes = asyncio.create_task(self._log.follow_notes())
        work = asyncio.create_task(self._attempt.go())
        wishes = [
            asyncio.create_task(self._log.cancel_asked.wait()),
            asyncio.create_task(self._signals.hand_back.wait()),
        ]
        try:
            await asyncio.wait({work, *wishes}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                await self._attempt.stop()
                work.cancel()
                await asyncio.wait({work})
            if work.cancelled() or (work.exception() is not None and any(wish.done() for wish in wishes)):
                raise CancelRequested if self._log.cancel_asked.is_set() else _HandBack
            work.result()
        finally:
            for task in (notes, work, *wishes):
                task.cancel()
            await asyncio.gather(notes, work, *wishes, return_exceptions=True)

    async def _end_with(self, fault: RunFault) -> None:
        """Another attempt where one may pass: for as long as it takes once the run has committed."""
        run = self._log.run
        failures = run.failures + 1
        if run.commit is not None or (fault.retryable and failures < self._habits.attempts):
            pause = pause_seconds(failures, self._habits.first_pause_seconds)
            await self._try_later(fault.message, pause, failures=failures, fault=fault)
        else:
            await self._log.end(
                RunState.FAILED, message=fault.message, failure=failure_of(fault), fields={"failures": failures}
            )

    async def _try_later(
        self, message: str, pause: float, *, failures: int | None = None, fault: RunFault | None = None
    ) -> None:
        await self._log.end(
            RunState.RETRYING,
            message=message,
            failure=failure_of(fault) if fault else None,
            fields={
                "next_attempt_at": utc_now() + timedelta(seconds=pause),
                "failures": self._log.run.failures if failures is None else failures,
            },
        )

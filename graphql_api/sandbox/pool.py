"""Leases of sandboxed children. One lease, one child: what a user's SQL has touched serves nobody else."""

import asyncio
import contextlib
import itertools
import logging
import os
import signal
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Self, cast

import msgspec

from graphql_api.engines.connections import Limits
from graphql_api.engines.join_shapes import JoinProgress
from graphql_api.engines.requests import Request
from graphql_api.engines.shapes import AnswerT, ComputeProblem, RequestFor, SqlProblem
from graphql_api.errors import RunFault, Unavailable
from graphql_api.sandbox.folders import PoolFolder
from graphql_api.sandbox.process import Child, ChildDied
from graphql_api.sandbox.protocol import Birth, Call, Done, Interrupt, Problem, Told
from graphql_api.settings import Settings

log = logging.getLogger(__name__)

_GRACE_SECONDS = 0.5
_ADDRESS_MARGIN = 3 << 30
_SPILL_SHARE = 10


class SqlRefused(Exception):
    """A text of a user may not run, or means nothing."""

    def __init__(self, problem: SqlProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Sandbox:
    """A leased child. `folder` is a place for what it makes; it goes with the lease."""

    def __init__(self, child: Child, *, readable: Sequence[str], seconds: float) -> None:
        self._child = child
        self._readable = [_absolute(path) for path in readable]
        self._seconds = seconds
        self._busy = asyncio.Lock()
        self._cancelled = False
        self.folder = child.folder / "made"
        self.folder.mkdir(exist_ok=True)

    @property
    def pid(self) -> int:
        return self._child.pid

    async def call(
        self,
        request: RequestFor[AnswerT],
        *,
        readable: Sequence[str] = (),
        seconds: float | None = None,
        told: Callable[[JoinProgress], None] | None = None,
    ) -> AnswerT:
        """The answer to one request, which may read the lease's files and those of `readable`. `told` is called with
        how far it is, a few times a second.

        A task that is cancelled while it waits takes the child along.

        Raises:
            SqlRefused: the SQL or the expression of a user may not run.
            RunFault: the computation ended without an answer: it failed, ran out of time (`seconds`), was cancelled,
                or its process died.
        """
        async with self._busy:
            if self._cancelled:
                raise _cancelled()
            paths = [*self._readable, *(_absolute(path) for path in readable)]
            body = msgspec.msgpack.encode(Call(cast("Request", request), paths))
            outcome = await self._exchange(body, self._seconds if seconds is None else seconds, told)
            if _is_internal(outcome):
                log.error("a computation met an error of the program\n%s", self._child.complaints())
            return _answer_of(request, outcome)

    async def cancel(self) -> None:
        """Asks the computation to stop, and ends its process where it does not; calls then raise RunFault."""
        self._cancelled = True
        await self._child.send(msgspec.msgpack.encode(Interrupt()))
        try:
            async with asyncio.timeout(_GRACE_SECONDS), self._busy:
                return
        except TimeoutError:
            await self._child.kill()

    async def _exchange(
        self, body: bytes, seconds: float, told: Callable[[JoinProgress], None] | None
    ) -> Done | Problem:
        try:
            async with asyncio.timeout(seconds):
                await self._child.send(body)
                while isinstance(answer := _decode(await self._child.receive()), Told):
                    if told is not None:
                        told(answer.progress)
        except TimeoutError:
            await self._child.kill()
            raise RunFault(
                "TIMED_OUT",
                f"The computation did not end within {seconds:g} seconds.",
                hint="Compute less at once, or raise SANDBOX_SECONDS.",
            ) from None
        except asyncio.CancelledError:
            await self._child.kill()
            raise
        except ChildDied as death:
            raise _cancelled() if self._cancelled else _fault_of(death) from None
        return answer


class SandboxPool:
    """Hands out children; a few are started ahead, so that a lease begins at once. At most `most` live at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        memory_bytes: int = 2_000_000_000,
        seconds: float = 3_600,
        threads: int = 2,
        spares: int = 1,
        most: int = 8,
        patience: float = 30.0,
        spill_bytes: int | None = None,
    ) -> None:
        self._parent_folder = folder
        self._seconds = seconds
        spill = memory_bytes * _SPILL_SHARE if spill_bytes is None else spill_bytes
        self._birth = Birth(
            parent=os.getpid(),
            limits=Limits(memory_bytes, spill, threads),
            address_bytes=memory_bytes + _ADDRESS_MARGIN,
            cpu_seconds=int(seconds * max(threads, 1)) + 10,
            file_bytes=spill,
        )
        self._spares_wanted = spares
        self._spares: deque[Child] = deque()
        self._starting: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(most)
        self._patience = patience
        self._names = itertools.count(1)
        self._folder: PoolFolder | None = None

    @classmethod
    def from_settings(cls, settings: Settings, *, spares: int = 1, most: int = 8) -> "SandboxPool":
        return cls(
            settings.data_dir / "sandbox",
            memory_bytes=settings.sandbox_memory_bytes,
            seconds=settings.sandbox_seconds,
            threads=min(os.cpu_count() or 1, 4),
            spares=spares,
            most=most,
        )

    async def __aenter__(self) -> Self:
        self._folder = await asyncio.to_thread(PoolFolder, self._parent_folder)
        self._refill()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._spares_wanted = 0
        await asyncio.gather(*self._starting, *self._ending, return_exceptions=True)
        while self._spares:
            await self._spares.popleft().end()
        if self._folder is not None:
            await asyncio.to_thread(self._folder.remove)

    @contextlib.asynccontextmanager
    async def lease(self, readable: Sequence[str] = ()) -> AsyncGenerator[Sandbox]:
        """A child that may read `readable`, until the block ends. Raises Unavailable where none is free for long."""
        try:
            async with asyncio.timeout(self._patience):
                await self._slots.acquire()
        except TimeoutError:
            message = f"All that may compute here have been busy for {self._patience:g} seconds."
            raise Unavailable(message, 5.0) from None
        try:
            child = await self._take()
            try:
                yield Sandbox(child, readable=readable, seconds=self._seconds)
            finally:
                ending = asyncio.create_task(child.end())
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)
                await asyncio.shield(ending)
        finally:
            self._slots.release()

    async def _take(self) -> Child:
        while self._spares:
            child = self._spares.popleft()
            self._refill()
            if child.is_alive:
                return child
            await child.end()
        self._refill()
        return await self._start()

    def _refill(self) -> None:
        for _ in range(self._spares_wanted - len(self._spares) - len(self._starting)):
            task = asyncio.create_task(self._start_spare())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start_spare(self) -> None:
        child = await self._start()
        self._spares.append(child)

    async def _start(self) -> Child:
        assert self._folder is not None, "the pool is entered by `async with` first"
        return await Child.start(self._folder.path / f"child-{next(self._names)}", self._birth)


def _absolute(path: str) -> str:
    if not os.path.isabs(path):
        raise ValueError(f"{path!r} is not an absolute path")
    return path


def _decode(body: bytes) -> Done | Problem | Told:
    return msgspec.msgpack.decode(body, type=Done | Problem | Told)


def _is_internal(outcome: Done | Problem) -> bool:
    match outcome:
        case Problem(problem=ComputeProblem(code="INTERNAL")):
            return True
        case _:
            return False


def _answer_of(request: RequestFor[AnswerT], outcome: Done | Problem) -> AnswerT:
    if isinstance(outcome, Done):
        return cast("AnswerT", msgspec.msgpack.decode(outcome.answer, type=request.answer_type()))
    problem = outcome.problem
    if isinstance(problem, SqlProblem):
        raise SqlRefused(problem)
    raise RunFault(problem.code, problem.message, hint=problem.hint, retryable=problem.retryable)


def _cancelled() -> RunFault:
    return RunFault("CANCELLED", "The computation was cancelled.")


def _fault_of(death: ChildDied) -> RunFault:
    match -death.returncode:
        case signal.SIGXCPU:
            return RunFault("TIMED_OUT", "The computation used up its processor time.")
        case signal.SIGABRT | signal.SIGSEGV | signal.SIGBUS | signal.SIGILL | signal.SIGFPE:
            return RunFault(
                "SANDBOX_DIED",
                f"The process that computes ended with {signal.Signals(-death.returncode).name}.",
                hint="The input may be damaged, or too large for the memory that a computation may have.",
                retryable=True,
            )
        case _:
            return RunFault(
                "SANDBOX_DIED",
                f"The process that computes died ({death.returncode}). {death.told[-500:]}".strip(),
                retryable=True,
            )

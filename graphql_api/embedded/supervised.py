"""One child process that is kept alive until it is told to end."""

import asyncio
import contextlib
import logging
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graphql_api.embedded import bound
from graphql_api.errors import CannotStart

log = logging.getLogger(__name__)

SECONDS_TO_START = 90.0
SECONDS_BETWEEN_QUESTIONS = 0.05
EARLY_ENDS_ALLOWED = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
SECONDS_THAT_COUNT_AS_STEADY = 10.0
LARGEST_LOG_BYTES = 20_000_000
QUESTIONS_IN_A_SILENCE = 12


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. `answers` asks the running server itself whether it serves; one that has served, but then leaves
    all such questions unanswered for `longest_silence` seconds, is ended and started again."""

    name: str
    command: Sequence[str]
    answers: Callable[[], Awaitable[bool]]
    log_file: Path | None = field(default=None)  # None: the supervisor's own stderr
    environment: Mapping[str, str] | None = field(default=None)
    inherited: tuple[int, ...] = ()
    seconds_to_end: float = 20.0
    longest_silence: float | None = None  # None: it is asked until it serves, and never again


class Supervised:
    """Started until it serves, started again when it dies, and ended with this process whatever happens to it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Returns when the server serves.

        Raises:
            CannotStart: it said that it cannot, ended again and again, or did not serve in time; its last words are
                in the message.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("Children are bound to the thread that starts them: start them from the main thread.")
        deadline = time.monotonic() + SECONDS_TO_START
        for attempt in range(EARLY_ENDS_ALLOWED):
            await asyncio.sleep(attempt * FIRST_PAUSE)
            process = await self._spawn()
            if await self._serves(process, deadline):
                self._watch = asyncio.create_task(self._keep_alive(process))
                return
            if process.returncode in (None, CannotStart.exit_status):
                break
        raise CannotStart(f"{self.program.name} did not start.{self._last_words()}")

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self.program.seconds_to_end)
        except TimeoutError:
            log.warning("%s did not end in %s s and is killed", self.program.name, self.program.seconds_to_end)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _spawn(self) -> asyncio.subprocess.Process:
        command = bound.command(*self.program.command)
        with contextlib.ExitStack() as files:
            output = files.enter_context(_appended(self.program.log_file)) if self.program.log_file else sys.stderr
            # Its own session: Ctrl-C in a terminal reaches the supervisor alone, which then ends all in order.
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self.program.environment) if self.program.environment is not None else None,
                pass_fds=self.program.inherited,
                start_new_session=True,
            )
        return self._process

    async def _serves(self, process: asyncio.subprocess.Process, deadline: float) -> bool:
        while process.returncode is None and time.monotonic() < deadline:
            if await self.program.answers():
                return process.returncode is None
            await asyncio.sleep(SECONDS_BETWEEN_QUESTIONS)
        return False

    async def _keep_alive(self, process: asyncio.subprocess.Process) -> None:
        pause = FIRST_PAUSE
        while True:
            started = time.monotonic()
            code = await self._end_of(process)
            if code == CannotStart.exit_status:
                log.error("%s cannot start and is not tried again.%s", self.program.name, self._last_words())
                return
            if time.monotonic() - started > SECONDS_THAT_COUNT_AS_STEADY:
                pause = FIRST_PAUSE
            log.warning("%s ended (%s) and is started again", self.program.name, code)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            process = await self._spawn()
            if await self._serves(process, time.monotonic() + SECONDS_TO_START):
                log.info("%s serves again", self.program.name)

    async def _end_of(self, process: asyncio.subprocess.Process) -> int:
        if self.program.longest_silence is None:
            return await process.wait()
        pause, unanswered = self.program.longest_silence / QUESTIONS_IN_A_SILENCE, 0
        end = asyncio.ensure_future(process.wait())
        try:
            while not (await asyncio.wait([end], timeout=pause))[0]:
                # Questions are counted, not time: this process may have been stopped or starved itself.
                unanswered = 0 if await self.program.answers() else unanswered + 1
                if unanswered == QUESTIONS_IN_A_SILENCE and not end.done():
                    log.warning("%s is silent for %s s and is killed", self.program.name, self.program.longest_silence)
                    process.kill()
            return end.result()
        finally:
            end.cancel()

    def _last_words(self) -> str:
        file = self.program.log_file
        if file is None:
            return " Its messages are above."
        lines = file.read_text(errors="replace").splitlines()[-12:]
        return "\n".join([f" The end of {file}:", *(f"  {line[:300]}" for line in lines)])


@contextlib.contextmanager
def _appended(file: Path):
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > LARGEST_LOG_BYTES:
        file.replace(file.with_name(f"{file.name}.1"))
    with file.open("ab") as output:
        yield output

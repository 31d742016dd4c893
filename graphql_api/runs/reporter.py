"""What an attempt says of its progress, merged so that its readers are not flooded."""

import asyncio
import time
from dataclasses import dataclass, field

from graphql_api.documents.runs import RunCounts, RunEvent
from graphql_api.domain.enums import RunPhase, RunState
from graphql_api.domain.times import utc_now
from graphql_api.runs.hold import AnyHold
from graphql_api.runs.log import REPORT_GAP

_PHASES = list(RunPhase)


@dataclass(slots=True)
class Reporter:
    """Fractions never fall and phases never go back, whatever is told; what is told between two events is merged.

    How long it will take is what was told last of it, and else by rows: read of all there are."""

    hold: AnyHold
    phase: RunPhase = RunPhase.WAIT
    counts: RunCounts = field(default_factory=RunCounts)
    fraction: float = 0.0
    message: str = ""
    _rate_from: tuple[float, int] | None = None
    _rate: float | None = None
    _told_eta: float | None = None
    _closed: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(
        self,
        *,
        phase: RunPhase | None = None,
        fraction: float | None = None,
        message: str | None = None,
        eta_seconds: float | None = None,
        **counts: int | None,
    ) -> None:
        if phase and _PHASES.index(phase) > _PHASES.index(self.phase):
            self.phase = phase
        self.fraction = max(self.fraction, min(1.0, fraction or 0.0))
        self.message = self.message if message is None else message
        self.counts = self.counts.model_copy(update=counts)
        self._told_eta = eta_seconds
        self._measure()
        self._changed.set()

    def _measure(self) -> None:
        """Rows read a second, in this attempt alone: what was adopted from earlier ones was not read now."""
        now, read = time.monotonic(), self.counts.rows_read
        if self._rate_from is None:
            if self.phase == RunPhase.COMPUTE:
                self._rate_from = (now, read)
        elif read > self._rate_from[1]:
            self._rate = (read - self._rate_from[1]) / max(now - self._rate_from[0], 1e-3)

    async def run(self) -> None:
        """Write what is told, at most one event each `REPORT_GAP`; raises what the writes raise."""
        while True:
            await self._changed.wait()
            await self.pause()
            self._changed.clear()
            if self._closed:
                return
            await self.hold.write(event=self.event())

    def close(self) -> None:
        """From here on only the end of the attempt is told."""
        self._closed = True

    async def pause(self) -> None:
        """Until an event may follow the last one."""
        wait = self.hold.run.progress.at + REPORT_GAP - utc_now()
        await asyncio.sleep(max(0.0, wait.total_seconds() + 0.002))

    def event(self, state: RunState | None = None, message: str | None = None) -> RunEvent:
        """What is true now; the hold numbers it."""
        if state is None:
            state = RunState(self.hold.run.state)
        running = state == RunState.RUNNING and self.phase == RunPhase.COMPUTE
        return RunEvent(
            sequence=0,
            at=utc_now(),
            state=state,
            phase=RunPhase.DONE if state == RunState.SUCCEEDED else self.phase,
            attempt=self.hold.attempt,
            counts=self.counts,
            fraction=1.0 if state == RunState.SUCCEEDED else self.fraction,
            rows_per_second=self._rate,
            eta_seconds=self._eta() if running else None,
            message=self.message if message is None else message,
        )

    def _eta(self) -> float | None:
        if self._told_eta is not None:
            return self._told_eta
        total, read = self.counts.rows_total, self.counts.rows_read
        if not self._rate or total is None:
            return None
        return max(0.0, (total - read) / self._rate)

"""Runs as the server tells of them: materializations and training data sets."""

from datetime import datetime

import msgspec

OVER = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


class RunFailure(msgspec.Struct, frozen=True):
    """What went wrong, and what a person can do about it (`hint`)."""

    code: str
    message: str
    hint: str | None
    retryable: bool


class RunNow(msgspec.Struct, frozen=True):
    """A run as it is when its event is read."""

    id: str
    failure: RunFailure | None


class RunProgress(msgspec.Struct, frozen=True, rename="camel"):
    """One event of a run. `sequence` counts from 1 without gaps; exactly one event is the last (`is_last`).

    `state` is QUEUED, RUNNING, RETRYING, CANCELLING, SUCCEEDED, FAILED or CANCELLED; `phase` WAIT, PLAN, COMPUTE,
    WRITE_OFFLINE, WRITE_ONLINE, PUBLISH or DONE. `fraction` goes from 0 to 1; `rows_written` is 0 until the commit;
    `truncated`: events before this one have been removed."""

    sequence: int
    at: datetime
    state: str
    phase: str
    attempt: int
    chunks_done: int
    chunks_total: int | None
    rows_read: int
    rows_written: int
    rows_rejected: int
    rows_quarantined: int
    rows_total: int | None
    bytes_written: int
    fraction: float
    rows_per_second: float | None
    eta_seconds: float | None
    message: str
    truncated: bool
    run: RunNow

    @property
    def is_last(self) -> bool:
        return self.state in OVER

    def __str__(self) -> str:
        """The moment in a few words: `COMPUTE 3/7 · 120,000 rows · 80,000/s · 2 s left`."""
        going = self.state == "RUNNING"
        parts = [self.phase if going else self.state]
        if going and self.chunks_total:
            parts[0] += f" {self.chunks_done}/{self.chunks_total}"
        if self.attempt > 1:
            parts.append(f"attempt {self.attempt}")
        parts.append(f"{self.rows_written or self.rows_read:,} rows")
        if self.rows_quarantined:
            parts.append(f"{self.rows_quarantined:,} quarantined")
        if going and self.rows_per_second:
            parts.append(f"{self.rows_per_second:,.0f}/s")
        if going and self.eta_seconds is not None:
            parts.append(f"{self.eta_seconds:.0f} s left")
        return " · ".join(parts)


class Run(msgspec.Struct, frozen=True, rename="camel"):
    """Any run. `progress` is its latest event; `failure` is there when it FAILED."""

    id: str
    state: str
    attempts: int
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_attempt_at: datetime | None
    failure: RunFailure | None
    progress: RunProgress

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def title(self) -> str:
        """What a person knows it by."""
        return self.id


class VersionName(msgspec.Struct, frozen=True):
    reference: str


class Materialization(Run, frozen=True, rename="camel"):
    """A run that computes the event timestamps from `start` (None: a static view) until before `end`."""

    of: VersionName
    start: datetime | None
    end: datetime
    trigger: str

    @property
    def reference(self) -> str:
        """Of the version that it computes: `aircraft_delays@2`."""
        return self.of.reference

    @property
    def title(self) -> str:
        return self.reference

"""How far an attempt is, and how fast: what its events say between the changes of phase."""

import time

from graphql_api.domain.enums import RunPhase
from graphql_api.runs.log import RunLog

PLANNED = 0.05
COMPUTED = 0.80
COMMITTED = 0.85
ONLINE = 0.98


class Progress:
    """Turns what an attempt has done into notes for the log."""

    def __init__(self, log: RunLog) -> None:
        self._log = log
        self._began = time.monotonic()
        self._read_before = 0

    def phase(self, phase: RunPhase, message: str = "", *, fraction: float | None = None) -> None:
        self._log.note(phase=phase, message=message, fraction=fraction)

    def computing(self, *, adopted_rows: int) -> None:
        """Chunks are computed from here on; rows of adopted checkpoints do not count for the speed."""
        self._began = time.monotonic()
        self._read_before = adopted_rows

    def chunk_done(self, done: int, total: int, counts: dict[str, int | None]) -> None:
        elapsed = max(time.monotonic() - self._began, 1e-3)
        read = (counts["rows_read"] or 0) - self._read_before
        share = done / total if total else 1.0
        speed = read / elapsed
        rows_total = counts.get("rows_total")
        left = None if rows_total is None else max(rows_total - (counts["rows_read"] or 0), 0)
        self._log.note(
            phase=RunPhase.COMPUTE,
            counts={**counts, "chunks_done": done, "chunks_total": total},
            fraction=PLANNED + share * (COMPUTED - PLANNED),
            rows_per_second=speed,
            eta_seconds=left / speed if speed > 0 and left is not None else None,
            message=f"Computed {done} of {total} chunks.",
        )

    def online(self, done: int, total: int) -> None:
        share = done / total if total else 1.0
        self._log.note(
            phase=RunPhase.WRITE_ONLINE,
            fraction=COMMITTED + share * (ONLINE - COMMITTED),
            message=f"Wrote {done} of {total} entities online.",
        )

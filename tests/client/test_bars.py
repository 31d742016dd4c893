"""How a run looks as it goes: in a terminal, in a notebook, in a log."""

import io
from datetime import UTC, datetime
from typing import Any

import msgspec

from j_feature_store import RunProgress
from j_feature_store.bars import Lines, NotebookBar, TerminalBar, shown
from j_feature_store.runs import RunNow

NOON = datetime(2026, 6, 14, 12, tzinfo=UTC)
QUEUED = RunProgress(
    sequence=1,
    at=NOON,
    state="QUEUED",
    phase="WAIT",
    attempt=0,
    chunks_done=0,
    chunks_total=None,
    rows_read=0,
    rows_written=0,
    rows_rejected=0,
    rows_quarantined=0,
    rows_total=None,
    bytes_written=0,
    fraction=0.0,
    rows_per_second=None,
    eta_seconds=None,
    message="",
    truncated=False,
    run=RunNow("x", None),
)


def an_event(**changes: Any) -> RunProgress:
    return msgspec.structs.replace(QUEUED, **changes)


HALF = an_event(
    sequence=4,
    state="RUNNING",
    phase="COMPUTE",
    attempt=2,
    chunks_done=3,
    chunks_total=7,
    rows_read=120_000,
    rows_quarantined=12,
    fraction=0.5,
    rows_per_second=80_000.0,
    eta_seconds=2.4,
)
DONE = an_event(sequence=9, state="SUCCEEDED", phase="DONE", attempt=2, rows_written=240_000, fraction=1.0)
TOLD = "COMPUTE 3/7 · attempt 2 · 120,000 rows · 12 quarantined · 80,000/s · 2 s left"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_moment_is_told_in_a_few_words() -> None:
    assert [str(event) for event in (QUEUED, HALF, DONE)] == [
        "QUEUED · 0 rows",
        TOLD,
        "SUCCEEDED · attempt 2 · 240,000 rows",
    ]


def test_a_terminal_has_one_line_that_is_written_over() -> None:
    screen = Terminal()
    bar = TerminalBar("delays@2", screen)

    for event in (QUEUED, HALF, DONE):
        bar.show(event)
    bar.end()

    first, *lines = screen.getvalue().split("\r")
    assert first == ""
    assert [line.split()[0] for line in lines] == ["delays@2"] * 3
    assert f"{'█' * 12}{'░' * 12}  50% COMPUTE 3/7" in lines[1]
    assert lines[2].startswith(f"delays@2 {'█' * 24} 100% SUCCEEDED")
    assert len(lines[2].rstrip("\n")) >= len(lines[1])  # nothing of the longer line stays
    assert lines[2].endswith("\n")


def test_a_log_has_a_line_for_each_phase_alone() -> None:
    log = io.StringIO()
    lines = Lines("delays@2", log)

    for event in (QUEUED, HALF, an_event(state="RUNNING", phase="COMPUTE", attempt=2, fraction=0.6), DONE):
        lines.show(event)

    assert log.getvalue().splitlines() == [
        "delays@2   0% QUEUED · 0 rows",
        f"delays@2  50% {TOLD}",
        "delays@2 100% SUCCEEDED · attempt 2 · 240,000 rows",
    ]


def test_a_notebook_has_one_output_that_changes() -> None:
    displayed: list[dict[str, str]] = []

    class Handle:
        def update(self, content: dict[str, str], **_: object) -> None:
            displayed.append(content)

    def display(content: dict[str, str], **_: object) -> Handle:
        displayed.append(content)
        return Handle()

    bar = NotebookBar("<b>", display)
    for event in (QUEUED, HALF, DONE):
        bar.show(event)

    assert [content["text/plain"] for content in displayed][1] == f"<b>  50% {TOLD}"
    assert 'value="0.5000"' in displayed[1]["text/html"]
    assert "&lt;b&gt;" in displayed[1]["text/html"]


def test_a_function_is_called_with_each_event() -> None:
    seen: list[RunProgress] = []

    with shown(seen.append, "delays@2") as show:
        show(QUEUED)
        show(DONE)

    assert seen == [QUEUED, DONE]

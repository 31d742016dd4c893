# Made by client/scripts/make_sync.py from _async/runs.py: change that one.
"""Runs: start, watch, wait, cancel."""

import secrets
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

import msgspec

from j_feature_store._sync.connection import Part
from j_feature_store._sync.follow import DeadlineIsOver
from j_feature_store.bars import Progress, shown
from j_feature_store.datasets import DatasetRun
from j_feature_store.errors import NotFound, RunFailed, TimedOut
from j_feature_store.moments import Moment, moment
from j_feature_store.operations import CANCEL, ONE_RUN, RUNS, START, WATCH
from j_feature_store.runs import Materialization, Run, RunProgress


class RunMethods(Part):
    def materialize(
        self,
        reference: str,
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        progress: Progress = False,
        wait: bool = True,
        timeout: float | None = None,
        idempotency_key: str | None = None,
    ) -> Materialization:
        """Compute a range of a view, and wait for it. Editor.

        Interrupted (Ctrl-C), the waiting ends and the run goes on; `cancel` ends the run.

        Args:
            reference: `aircraft_delays`, or `aircraft_delays@2`.
            start: First event timestamp, as an aware datetime or a text with an offset; by default where coverage ends.
            end: The range ends before it; by default at the last moment that can be known by now.
            progress: True shows a bar, in a terminal or a notebook; a function is called with each event.
            wait: False returns as soon as the run is queued.
            timeout: Seconds to wait for its end.
            idempotency_key: The same key and input start one run, in 30 days; by default each call has its own.

        Raises:
            Conflict: a run in progress overlaps the range; its id is in the message.
            RunFailed: it ended without success.
            TimedOut: it goes on; `wait` and `watch` follow its `run` further.

        >>> run = store.materialize("airport_weather", progress=True)
        >>> run.state, run.progress.fraction
        ('SUCCEEDED', 1.0)
        """
        asked = {
            "reference": reference,
            "start": moment("start", start),
            "end": moment("end", end),
            "idempotencyKey": idempotency_key or secrets.token_hex(16),
        }
        answer = self._connection.input_in_project(START, asked)
        run = msgspec.convert(answer["materialization"], Materialization)
        if not wait:
            return run
        return msgspec.convert(self._waited(run, progress, timeout), Materialization)

    def watch(self, run: Run | str, *, after: int = 0, timeout: float | None = None) -> Generator[RunProgress]:
        """Every event of a run with a sequence greater than `after`, then what follows, until its last one.

        A connection that is cut is made again and goes on after the last event that was seen: none is missed, none
        comes twice.

        Raises:
            NotFound: there is no such run.
            Unavailable: the server does not come back.
            TimedOut: it goes on after so many seconds.

        >>> run = store.materialize("airport_weather", wait=False)
        >>> for event in store.watch(run):
        ...     if event.sequence == 1 or event.is_last:
        ...         print(event.state)
        QUEUED
        SUCCEEDED
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            with closing(self._events(_id_of(run), after, deadline)) as events:
                for event in events:
                    yield event
        except DeadlineIsOver:
            raise TimedOut(run) from None

    def wait(self, run: Run | str, *, progress: Progress = False, timeout: float | None = None) -> Run:
        """Follow a run, or one of this id, to its end, and return it as it ended.

        Raises:
            RunFailed: it ended without success.
            TimedOut: it goes on after so many seconds.

        >>> run = store.materialize("airport_weather", wait=False)
        >>> (store.wait(run, timeout=60)).state
        'SUCCEEDED'
        """
        return _run_of(self._waited(run, progress, timeout))

    def run(self, run: Run | str) -> Run:
        """A run as it is now. Raises NotFound.

        >>> latest = (store.runs("airport_weather", limit=1))[0]
        >>> (store.run(latest.id)).state
        'SUCCEEDED'
        """
        return _run_of(self._found(_id_of(run)))

    def runs(
        self, view: str | None = None, *, states: Sequence[str] | None = None, limit: int = 50
    ) -> list[Materialization]:
        """Materializations, newest first.

        Args:
            view: Only of this view, by name.
            states: Only in one of these: QUEUED, RUNNING, RETRYING, CANCELLING, SUCCEEDED, FAILED, CANCELLED.
            limit: How many at most.

        >>> [run.reference for run in store.runs("aircraft_profile", states=["SUCCEEDED"])]
        ['aircraft_profile@1']
        """
        found = self._connection.listed(RUNS, limit=limit, view=view, states=states)
        return msgspec.convert(found, list[Materialization])

    def cancel(self, run: Run | str) -> Run:
        """Ask a run to end, whatever it computes; it is CANCELLING until it has. Editor.

        Raises:
            NotFound: there is no such run.
            Conflict: it is over, or its rows are committed.

        >>> run = store.materialize("airport_weather", wait=False)
        >>> cancelled = store.cancel(run)
        >>> [event.state for event in store.watch(cancelled)][-1]
        'CANCELLED'
        """
        answer = self._connection.ask(CANCEL, id=_id_of(run))
        return msgspec.convert(answer["run"], Run)

    def _events(self, run_id: str, after: int, deadline: float | None) -> Generator[RunProgress]:
        seen = after
        follow = self._connection.subscriptions.follow
        with closing(follow(WATCH.text, lambda: {"id": run_id, "after": seen}, deadline=deadline)) as events:
            for event in events:
                told = msgspec.convert(event[WATCH.field], RunProgress)
                if told.sequence <= seen:
                    continue
                seen = told.sequence
                yield told
                if told.is_last:
                    return

    def _waited(self, run: Run | str, progress: Progress, timeout: float | None) -> dict[str, Any]:
        """The run as it ended well."""
        self._followed(run, progress, timeout)
        found = self._found(_id_of(run))
        if found["state"] != "SUCCEEDED":
            raise RunFailed(_run_of(found))
        return found

    def _followed(self, run: Run | str, progress: Progress, timeout: float | None) -> None:
        with shown(progress, run if isinstance(run, str) else run.title) as show:
            with closing(self.watch(run, timeout=timeout)) as events:
                for event in events:
                    show(event)

    def _found(self, run_id: str) -> dict[str, Any]:
        found = self._connection.ask(ONE_RUN, id=run_id)
        if found is None or "state" not in found:
            raise NotFound(f"There is no run {run_id!r}.")
        return found


def _run_of(answer: dict[str, Any]) -> Run:
    kinds: dict[str, type[Run]] = {"Materialization": Materialization, "TrainingDataset": DatasetRun}
    return msgspec.convert(answer, kinds.get(answer["__typename"], Run))


def _id_of(run: Run | str) -> str:
    return run if isinstance(run, str) else run.id

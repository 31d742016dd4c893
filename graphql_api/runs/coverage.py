"""Which range a run covers, from what was asked for and what is covered."""

from dataclasses import dataclass

from graphql_api.domain.times import Intervals, TimeRange, rfc3339
from graphql_api.errors import InvalidInput, Problem

_END_OF_TIME = 1 << 63


@dataclass(frozen=True, slots=True)
class Span:
    """`start` None: all of time (a static view), or, with `default_start`, the oldest row of the sources."""

    start: int | None
    end: int
    default_start: bool = False


def span_of_static(*, start: int | None, end: int | None, now: int) -> Span:
    """A static view's run replaces all rows; its end becomes the moment at which its inputs are frozen.

    Raises InvalidInput where a range was asked for."""
    asked = [name for name, value in (("start", start), ("end", end)) if value is not None]
    if asked:
        message = "A static view has no range: its rows have no time, and each run replaces them all."
        raise InvalidInput(message, [Problem(name, message, "Leave it out.") for name in asked])
    return Span(None, now)


def span_of_timed(
    *,
    start: int | None,
    end: int | None,
    since: int | None,
    delay: int,
    covered: Intervals,
    offline_only: Intervals,
    now: int,
) -> Span:
    """By default from the end of the latest covered interval (`since` where that is later or nothing is covered; else
    the oldest row) to now - `delay`.

    What is covered `offline_only`, by a run that could not go online, is computed again: so a gap online closes.

    Raises InvalidInput for a start before `since`, an end that is too late, or a range that is empty."""
    latest = now - delay
    if end is not None and end > latest:
        raise _refused(
            "end",
            f"The end {rfc3339(end)} is later than now - delay, {rfc3339(latest)}: what happens until then is not "
            "known yet.",
            f"Leave it out, or give {rfc3339(latest)} at most.",
        )
    if start is not None and since is not None and start < since:
        raise _refused(
            "start",
            f"The start {rfc3339(start)} is earlier than the view's since, {rfc3339(since)}.",
            f"Give {rfc3339(since)} or later, or change since.",
        )
    end = latest if end is None else end
    if start is not None:
        return _checked(start, end, "The range {} is empty: its start is not before its end.")
    gaps = offline_only if since is None else offline_only.intersect(TimeRange(since, _END_OF_TIME))
    if gaps:
        return _checked(
            gaps.ranges[0].start, end, "The range {} is empty: all until its start is online. Give a start."
        )
    if covered and (since is None or covered.ranges[-1].end >= since):
        last = covered.ranges[-1].end
        return _checked(last, end, "The range {} is empty: all until its start is covered. Give a start.")
    if since is not None:
        return _checked(since, end, "The range {} is empty: it begins with the view's since.")
    return Span(None, end, default_start=True)


def covered_by(*, start: int | None, end: int) -> TimeRange:
    """A run of a static view covers all from 1970 to its freeze."""
    return TimeRange(0 if start is None else start, end)


def covered_after(covered: Intervals, *, start: int | None, end: int) -> Intervals:
    """A static view is covered by its last run alone."""
    own = covered_by(start=start, end=end)
    return Intervals.of((own,)) if start is None else covered.add(own)


def _checked(start: int, end: int, message: str) -> Span:
    if start >= end:
        raise _refused("start", message.format(TimeRange(start, end)), None)
    return Span(start, end)


def _refused(path: str, message: str, hint: str | None) -> InvalidInput:
    return InvalidInput(message, [Problem(path, message, hint)])

"""Which range a run covers: by default, and when one was asked for. Moments are microseconds."""

from dataclasses import dataclass

from graphql_api.domain.times import EPOCH, Intervals, TimeRange, rfc3339, to_micros
from graphql_api.errors import InvalidInput, Problem

FOREVER = TimeRange(-(1 << 63), (1 << 63) - 1)
_EPOCH = to_micros(EPOCH)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a view says of its ranges, what is covered, and the time."""

    is_static: bool
    since: int | None
    delay: int
    covered: Intervals
    now: int

    @property
    def latest_end(self) -> int:
        return self.now - self.delay


@dataclass(frozen=True, slots=True)
class Span:
    """`start` None: a static view, or (`default_start`) the oldest row of the sources, which is not known yet."""

    start: int | None
    end: int
    default_start: bool


def span_for(limits: Limits, start: int | None, end: int | None) -> Span:
    """The range of a run. Raises InvalidInput for what may not be asked, every problem at once."""
    if limits.is_static:
        return _static_span(limits, start, end)
    problems = [*_problems_of_start(limits, start), *_problems_of_end(limits, end)]
    chosen_end = limits.latest_end if end is None else end
    chosen_start = default_start(limits) if start is None else start
    if not problems and chosen_start is not None and chosen_start >= chosen_end:
        problems.append(_empty(TimeRange(chosen_start, chosen_end), asked=start is not None))
    if problems:
        raise InvalidInput(problems[0].message, problems)
    return Span(chosen_start, chosen_end, default_start=start is None)


def default_start(limits: Limits) -> int | None:
    """The end of the latest covered interval, else `since`; None where the sources' oldest row decides."""
    return limits.covered.ranges[-1].end if limits.covered else limits.since


def covered_after(covered: Intervals, start: int | None, end: int) -> Intervals:
    """What is covered once a run has committed; a static view's run (`start` None) covers from 1970 to its freeze."""
    return Intervals.of([TimeRange(_EPOCH, end)]) if start is None else covered.add(TimeRange(start, end))


def _static_span(limits: Limits, start: int | None, end: int | None) -> Span:
    named = [path for path, asked in (("start", start), ("end", end)) if asked is not None]
    if named:
        message = "A static view has no range: each run replaces all of its rows."
        raise InvalidInput(message, [Problem(path, message, f"leave {path} out") for path in named])
    return Span(None, limits.now, default_start=False)


def _problems_of_start(limits: Limits, start: int | None) -> list[Problem]:
    if start is None or limits.since is None or start >= limits.since:
        return []
    text = f"start {rfc3339(start)} is before the view's since, {rfc3339(limits.since)}."
    return [Problem("start", text, "start at since, or move since in the definition")]


def _problems_of_end(limits: Limits, end: int | None) -> list[Problem]:
    if end is None or end <= limits.latest_end:
        return []
    text = f"end {rfc3339(end)} is later than now less the view's delay, {rfc3339(limits.latest_end)}."
    return [Problem("end", text, "leave end out to run up to what can be known by now")]


def _empty(asked_for: TimeRange, *, asked: bool) -> Problem:
    hint = "start must be before end" if asked else "all before end is covered; give a start to run a range again"
    return Problem("start", f"The range {asked_for} is empty.", hint)

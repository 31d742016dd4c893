"""Moments as whole microseconds since 1970 (UTC), which is what event timestamps are, and half-open ranges of them.

MongoDB cuts datetimes to milliseconds, so wherever microseconds matter an int is stored, never a datetime.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
FIRST_MOMENT = -62_135_596_800_000_000
LAST_MOMENT = 253_402_300_799_999_999
"""What RFC 3339 can write in UTC: the years 1 to 9999. There are no moments outside of them here."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RFC3339 = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def utc_now() -> datetime:
    return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """Exact, without floats; a naive datetime is refused because its meaning would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Beyond the first and the last moment it is these: a number that is stored can always be shown."""
    return EPOCH + timedelta(microseconds=min(max(micros, FIRST_MOMENT), LAST_MOMENT))


def now_micros() -> int:
    return to_micros(utc_now())


def rfc3339(micros: int) -> str:
    """`2026-11-24T23:39:34Z`, with the six digits of a fraction only where there is one."""
    return from_micros(micros).isoformat().replace("+00:00", "Z")


def parse_rfc3339(text: str) -> int:
    """Raises ValueError without an offset, for a moment that does not exist, and for one that in UTC lies outside of
    the years 1 to 9999. Finer than microseconds truncates."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an RFC 3339 time with an offset, such as 2026-11-24T23:39:34Z")
    date, time, fraction, offset = match.groups()
    zone = "+00:00" if offset in "Zz" else offset
    whole = datetime.fromisoformat(f"{date}T{time}{zone}")
    micros = to_micros(whole) + int((fraction or "")[:6].ljust(6, "0"))
    if not FIRST_MOMENT <= micros <= LAST_MOMENT:
        raise ValueError(f"{text!r} is in UTC outside of the years 1 to 9999")
    return micros


def parse_moment(text: str) -> int:
    """A day (its midnight in UTC) or an RFC 3339 time, as definitions write moments; raises ValueError."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None and _RFC3339.fullmatch(text) is None:
        raise ValueError(f"{text!r} is neither a day nor a time with an offset, such as 2025-11-01")
    return parse_rfc3339(f"{day.isoformat()}T00:00:00Z" if day else text)


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """Half-open, `[start, end)`, in microseconds."""

    start: int
    end: int

    @property
    def is_empty(self) -> bool:
        return self.start >= self.end

    def overlaps(self, other: "TimeRange") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: "TimeRange") -> bool:
        return self.start <= other.start and other.end <= self.end

    def __str__(self) -> str:
        return f"[{rfc3339(self.start)}, {rfc3339(self.end)})"


@dataclass(frozen=True, slots=True)
class Intervals:
    """A set of moments as disjoint, ascending, non-touching ranges."""

    ranges: tuple[TimeRange, ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[TimeRange]) -> "Intervals":
        merged: list[TimeRange] = []
        for piece in sorted(r for r in ranges if not r.is_empty):
            if merged and piece.start <= merged[-1].end:
                merged[-1] = TimeRange(merged[-1].start, max(merged[-1].end, piece.end))
            else:
                merged.append(piece)
        return cls(tuple(merged))

    def __iter__(self) -> Iterator[TimeRange]:
        return iter(self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def add(self, piece: TimeRange) -> "Intervals":
        return Intervals.of((*self.ranges, piece))

    def subtract(self, hole: TimeRange) -> "Intervals":
        left = (TimeRange(r.start, min(r.end, hole.start)) for r in self.ranges)
        right = (TimeRange(max(r.start, hole.end), r.end) for r in self.ranges)
        return self if hole.is_empty else Intervals.of((*left, *right))

    def subtract_all(self, holes: "Intervals") -> "Intervals":
        left = self
        for hole in holes:
            left = left.subtract(hole)
        return left

    def intersect(self, window: TimeRange) -> "Intervals":
        return Intervals.of(TimeRange(max(r.start, window.start), min(r.end, window.end)) for r in self.ranges)

    def covers(self, piece: TimeRange) -> bool:
        return piece.is_empty or any(r.contains(piece) for r in self.ranges)

    def contains_all(self, other: "Intervals") -> bool:
        return all(self.covers(piece) for piece in other)

"""When a draft may be published by itself: one rule for `apply`, which looks ahead, and for the run that ends."""

from graphql_api.domain.times import Intervals, TimeRange

_END_OF_TIME = 1 << 63


def missing(covered: Intervals, current: Intervals, since: int | None) -> Intervals:
    """What the current version covers, from `since` on, and a draft does not. Nothing where none is current."""
    asked = current if since is None else current.intersect(TimeRange(since, _END_OF_TIME))
    return asked.subtract_all(covered)


def is_ready(covered: Intervals, current: Intervals, since: int | None) -> bool:
    """A draft that covers nothing never is; one is once nothing of what is served now is missing."""
    return bool(covered) and not missing(covered, current, since)

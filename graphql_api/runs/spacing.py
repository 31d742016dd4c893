"""How often a run may say something: at most four events a second, changes of state and phase included."""

from datetime import datetime, timedelta

from graphql_api.domain.times import utc_now

SPACING = timedelta(milliseconds=260)
SPACING_MILLISECONDS = 260


def event_time(last: datetime) -> datetime:
    """Now, as MongoDB keeps it, and never before the event that went before."""
    now = utc_now()
    return max(now.replace(microsecond=now.microsecond // 1000 * 1000), last)


def seconds_until_due(last: datetime) -> float:
    """Never more than the spacing, also where another machine's clock is ahead."""
    waiting = last + SPACING - utc_now()
    return min(max(waiting, timedelta(0)), SPACING).total_seconds()

"""When schedules fire."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cronsim import CronSim

from graphql_api.domain.times import to_micros

_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_MOST_FIRES = 500
_LONGEST = timedelta(days=400)


def longest_pause(schedule: str) -> int:
    """Microseconds between two fires, at most; looked for among the first ones, which show a week and a year alike."""
    fires: list[datetime] = []
    for fire in CronSim(schedule, _FROM):
        fires.append(fire)
        if len(fires) == _MOST_FIRES or (len(fires) > 1 and fire - fires[0] > _LONGEST):
            break
    return max((to_micros(later) - to_micros(sooner) for sooner, later in pairwise(fires)), default=0)

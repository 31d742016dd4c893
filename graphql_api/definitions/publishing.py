"""When a draft may be published by itself."""

from graphql_api.domain.enums import VersionState
from graphql_api.domain.times import Intervals, TimeRange

PUBLISHED = (VersionState.PUBLISHED, VersionState.DEPRECATED)
"""States of what has been published and may be served."""
_END_OF_TIME = 2**63 - 1


def is_ready(covered: Intervals, current: Intervals | None, since: int | None) -> bool:
    """`covered`: by the draft; `current`: by the current version, None where there is none.

    A draft that covers nothing is never ready; one is once it covers, from `since` on, what is served now."""
    if current is not None and since is not None:
        current = current.intersect(TimeRange(since, _END_OF_TIME))
    return bool(covered) and (current is None or covered.contains_all(current))

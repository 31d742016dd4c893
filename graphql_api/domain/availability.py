"""When a row may be taken and when its value still counts: one rule for online answers, values at a moment and training
data. Moments and durations are microseconds.

Each rule stands here twice, for numbers and as SQL over columns of numbers; a test holds the two together.
"""


def available_from(event: int, created: int, delay: int) -> int:
    """The first moment at which a row can answer: its event's delay is over, and it is known."""
    return max(event + delay, created)


def available_from_sql(event: str, created: str, delay: int) -> str:
    return f"greatest({event} + {delay}, {created})"


def is_known(created: int, known_before: int | None) -> bool:
    """May a row be used at all, where nothing counts that became known later?

    With it, `available_from` answers for the earlier of the moment and `known_before`: what is left was known."""
    return known_before is None or created <= known_before


def is_known_sql(created: str, known_before: int | None) -> str:
    return "true" if known_before is None else f"{created} <= {known_before}"


def oldest_unexpired(moment: int, ttl: int) -> int:
    """The earliest event timestamp whose value still counts at the moment.

    A value is expired when the moment is later than its event timestamp + ttl, so at just that moment it counts."""
    return moment - ttl


def is_expired(event: int, moment: int, ttl: int | None) -> bool:
    return ttl is not None and event < oldest_unexpired(moment, ttl)


def is_expired_sql(event: str, moment: str, ttl: int | None) -> str:
    return "false" if ttl is None else f"{event} < {moment} - {ttl}"

"""When a value counts: one rule for online answers, values at a moment and training data."""


def oldest_unexpired(moment: int, ttl: int) -> int:
    """The earliest event timestamp whose value still counts at the moment.

    A value is expired when the moment is later than its event timestamp + ttl, so at just that moment it counts."""
    return moment - ttl

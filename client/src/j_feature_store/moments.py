"""Moments as they are given, each with its offset: a moment without one would be another elsewhere."""

from datetime import UTC, datetime
from typing import TypeAlias

from j_feature_store.errors import InvalidInput

Moment: TypeAlias = datetime | str
"""An aware datetime, or a text with an offset: `2026-06-14T12:00:00Z`."""


def moment(argument: str, given: Moment | None) -> Moment | None:
    """As it was given; the server reads texts. Raises InvalidInput for a naive datetime, or what is no moment."""
    if given is None or isinstance(given, str):
        return given
    if not isinstance(given, datetime):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInput(
            f"{argument} is an aware datetime, or a text with an offset such as 2026-06-14T12:00:00Z, not {given!r}."
        )
    if given.utcoffset() is None:
        raise InvalidInput(
            f"{argument} has no offset: {given}. Where it is UTC, write {given.replace(tzinfo=UTC)}, as text or with "
            "tzinfo=UTC."
        )
    return given

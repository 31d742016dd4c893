"""Between which keys the rows of a file lie, so that a look-up of some entities leaves other files where they are.

Keys compare as files are sorted: by the first join key, then the next; texts by code point, which is the order of their
bytes in UTF-8; moments as microseconds. A long text is cut, which only makes the bounds wider.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api.domain.packing import KeyValue

Key = tuple[KeyValue, ...]
"""An entity's join keys in their order."""
LONGEST_TEXT = 64
_LAST_CHARACTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class KeyBounds:
    """Every key of the file lies in `[first, last]`; `last` None: there is no bound above."""

    first: Key
    last: Key | None

    @classmethod
    def of(cls, least: Sequence[KeyValue], greatest: Sequence[KeyValue]) -> "KeyBounds":
        return cls(_below(least), _above(greatest))

    def may_hold(self, ordered: Sequence[Key]) -> bool:
        """May the file have a row of one of these keys, which are in ascending order?"""
        place = bisect_left(ordered, self.first)
        return place < len(ordered) and (self.last is None or ordered[place] <= self.last)


def ordered(keys: Iterable[Sequence[KeyValue]]) -> list[Key]:
    return sorted({tuple(key) for key in keys})


def _below(key: Sequence[KeyValue]) -> Key:
    """At most the key: nothing follows a text that was cut, and what is shorter is less."""
    found: list[KeyValue] = []
    for value in key:
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            return (*found, value[:LONGEST_TEXT])
        found.append(value)
    return tuple(found)


def _above(key: Sequence[KeyValue]) -> Key | None:
    """At least the key."""
    found: list[KeyValue] = []
    for value in key:
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            following = _following(value[:LONGEST_TEXT])
            return None if following is None else (*found, following)
        found.append(value)
    return tuple(found)


def _following(text: str) -> str | None:
    """A text above all that begin with this one."""
    for end in range(len(text) - 1, -1, -1):
        code = ord(text[end])
        if code < _LAST_CHARACTER:
            following = code + 1 if code + 1 not in _SURROGATES else _SURROGATES.stop
            return text[:end] + chr(following)
    return None


def stored_bounds(first: Sequence[Any] | None, last: Sequence[Any] | None) -> dict[str, object]:
    """What a file's document says of them: nothing where the view has no keys."""
    if not first or not last:
        return {"first_key": None, "last_key": None}
    bounds = KeyBounds.of(first, last)
    return {"first_key": list(bounds.first), "last_key": None if bounds.last is None else list(bounds.last)}

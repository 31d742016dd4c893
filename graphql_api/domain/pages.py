"""Pages of lists that grow: how many, after what, and in which order.

A cursor holds the values by which its item is ordered, so a page goes on exactly there however many items have come
before it in the meantime; it is bound to its order, so the cursor of another list is refused.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar, cast

import msgspec

from graphql_api.domain.times import from_micros, to_micros
from graphql_api.errors import InvalidInput, Problem

MAX_PAGE = 200
_HEX = re.compile(r"[0-9a-f]{24}", re.ASCII)
_INT64 = 1 << 63

ItemT = TypeVar("ItemT")
OtherT = TypeVar("OtherT")


class KeyKind(StrEnum):
    TEXT = "TEXT"
    NUMBER = "NUMBER"
    MOMENT = "MOMENT"
    ID = "ID"


@dataclass(frozen=True, slots=True)
class SortKey:
    """`path` leads to the value in a stored document; `direction` is 1 or -1."""

    path: str
    kind: KeyKind
    direction: int = 1


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: the last key is unique. `name` is what its cursors are bound to."""

    name: str
    keys: tuple[SortKey, ...]

    def cursor(self, document: Mapping[str, object]) -> str:
        values = [_written(key, _value_at(document, key.path)) for key in self.keys]
        return base64.urlsafe_b64encode(msgspec.json.encode([self.name, *values])).decode().rstrip("=")

    def position(self, cursor: str) -> tuple[object, ...]:
        """The values that a cursor holds; ids as text. Raises InvalidInput for what is no cursor of this order."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            held = msgspec.json.decode(base64.urlsafe_b64decode(padded.encode("ascii")), type=list[str | int])
            name, *values = held
            if name != self.name or len(values) != len(self.keys):
                raise ValueError
            return tuple(_read(key, value) for key, value in zip(self.keys, values, strict=True))
        except (ValueError, binascii.Error, msgspec.MsgspecError, OverflowError):
            raise InvalidInput(
                "after is not a cursor of this list.",
                [Problem("after", "not a cursor of this list", "send an endCursor or a cursor that this list gave")],
            ) from None


def _value_at(document: Mapping[str, object], path: str) -> object:
    value: object = document
    for part in path.split("."):
        value = cast("Mapping[str, object]", value)[part]  # pyright: ignore[reportUnnecessaryCast]
    return value


def _written(key: SortKey, value: object) -> str | int:
    match key.kind:
        case KeyKind.MOMENT:
            return to_micros(cast("datetime", value))
        case KeyKind.NUMBER:
            return cast("int", value)
        case KeyKind.TEXT | KeyKind.ID:
            return str(value)


def _read(key: SortKey, value: str | int) -> object:
    if isinstance(value, int) != (key.kind in (KeyKind.NUMBER, KeyKind.MOMENT)):
        raise ValueError
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise ValueError
        return from_micros(value) if key.kind is KeyKind.MOMENT else value
    if key.kind is KeyKind.ID and not _HEX.fullmatch(value):
        raise ValueError
    return value


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`first` 0 asks for no item, only for what surrounds it, such as the total."""

    first: int
    after: str | None = None

    @classmethod
    def of(cls, first: int | None, after: str | None = None, *, default: int = 50) -> "PageRequest":
        """Raises InvalidInput where `first` is not from 0 to 200."""
        wanted = default if first is None else first
        if not 0 <= wanted <= MAX_PAGE:
            raise InvalidInput(
                f"first must be from 0 to {MAX_PAGE}; it is {wanted}.",
                [Problem("first", f"must be from 0 to {MAX_PAGE}", "ask for the next page with after")],
            )
        return cls(wanted, after)


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT]):
    """`count` asks for the number of items on all pages; nothing is counted until it is called."""

    items: Sequence[ItemT]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]]

    def holding(self, items: "Sequence[OtherT]", cursors: Sequence[str]) -> "Page[OtherT]":
        """The same page of the same list, with other items."""
        return Page(items, cursors, self.has_next, self.has_previous, self.count)

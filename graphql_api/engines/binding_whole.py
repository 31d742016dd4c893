"""Every column that a text names and its relations lack. DuckDB tells the first alone, so it is asked again with
nothing in the place of that one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import duckdb

from graphql_api.engines.duck_words import Told, in_our_words
from graphql_api.engines.problems import AT_FAULT_ELSEWHERE, MOST_PROBLEMS, Refused, refuse_all
from graphql_api.engines.shapes import SqlProblem
from graphql_api.engines.text import place

T = TypeVar("T")
_NOTHING = b"NULL"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A text as it is asked about; `origins`: where each of its bytes stood in the text as it was given; `gone`: where
    what is no longer in it stood."""

    text: bytes
    origins: Sequence[int]
    gone: frozenset[int] = frozenset()

    def without(self, start: int, length: int) -> Self:
        end = start + length
        moved = [*self.origins[:start], *[self.origins[start]] * len(_NOTHING), *self.origins[end:]]
        return type(self)(self.text[:start] + _NOTHING + self.text[end:], moved, self.gone | {self.origins[start]})

    def origin(self, position: int | None) -> int | None:
        return None if position is None or not 0 <= position < len(self.origins) else self.origins[position]


def bound_whole(text: str, bind: Callable[[str], T], *, before: int, columns: Sequence[str]) -> T:
    """What `bind` makes of a text that stands `before` bytes into its statement, or Refused with all that is wrong.
    `bind` passes the gate with whatever text it is given. `columns`: names that may have been meant."""
    found: list[SqlProblem] = []
    given = text.encode()
    asked: _Asked | None = _Asked(given, range(len(given) + 1))
    while asked is not None and len(found) < MOST_PROBLEMS:
        try:
            made = bind(asked.text.decode())
            if not found:
                return made
            break
        except AT_FAULT_ELSEWHERE:
            raise
        except (Refused, duckdb.ParserException):
            if not found:
                raise
            break  # what the text cannot be any more says nothing of what it was
        except duckdb.Error as error:
            told = Told(error)
            if asked.origin(_position(told, before)) in asked.gone:
                break  # it is about what was put there
            found.append(_problem(told, text, asked, before, columns))
            asked = _without_column(told, asked, before)
    refuse_all(found)
    raise RuntimeError("nothing was bound, and nothing is wrong")


def _problem(told: Told, text: str, asked: _Asked, before: int, columns: Sequence[str]) -> SqlProblem:
    start = _position(told, before)
    origin = asked.origin(start)
    pointed = asked.text[start : start + told.length].decode(errors="ignore") if start is not None else ""
    line, column = (origin is not None and place(text, origin)) or (None, None)
    message, hint = in_our_words(told, pointed, columns)
    return SqlProblem(message, hint, line, column)


def _without_column(told: Told, asked: _Asked, before: int) -> _Asked | None:
    """None where the problem is another than a column that lacks, and there is no way on."""
    start = _position(told, before)
    if start is None or not told.lacks_column or not 0 < told.length <= len(asked.text) - start:
        return None
    return asked.without(start, told.length)


def _position(told: Told, before: int) -> int | None:
    return None if told.position is None or told.position < before else told.position - before

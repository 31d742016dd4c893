"""Every problem of a set of definitions is gathered, none is thrown at the first."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from graphql_api.errors import Problem

_LISTED = 20
_LONGEST_SLIP = 200


class Problems:
    """What is wrong, in the order in which it was found; the same thing said twice counts once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, path: str, message: str, hint: str | None = None) -> None:
        self._found[Problem(path, message, hint)] = None

    def extend(self, others: "Problems") -> None:
        self._found |= others._found

    def are_at(self, *paths: str) -> bool:
        """At one of these, or below."""
        below = tuple(f"{path}{sign}" for path in paths for sign in ".[")
        return any(problem.path in paths or problem.path.startswith(below) for problem in self._found)

    def __len__(self) -> int:
        return len(self._found)

    def sorted(self, position: Callable[[str], tuple[int, ...]] = lambda _: ()) -> tuple[Problem, ...]:
        """By the positions of their paths, and as found within one."""
        return tuple(sorted(self._found, key=lambda problem: position(problem.path)))


def counted(number: int, where: str) -> str:
    """The headline of so many problems."""
    return f"There is a problem {where}." if number == 1 else f"There are {number} problems {where}."


def closest(name: str, candidates: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The candidate that the name looks like a slip of; `cutoff`: how like, up to 1."""
    if len(name) > _LONGEST_SLIP:
        return None
    by_fold = {_fold(candidate): candidate for candidate in sorted(candidates, reverse=True)}
    close = get_close_matches(_fold(name), list(by_fold), n=1, cutoff=cutoff)
    return by_fold[close[0]] if close else None


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """`Did you mean …?` where it looks like a slip, else the names that are known (None where there are none)."""
    names = sorted({str(candidate) for candidate in candidates})
    found = closest(name, names)
    if found is not None:
        return f"Did you mean {found!r}?{foreign_letters(name)}"
    return f"Known: {listed(names)}.{foreign_letters(name)}" if names else None


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def clipped(value: object, longest: int = 100) -> str:
    """A value to quote in a message, which it shall not fill."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"


def foreign_letters(text: str) -> str:
    """Says which characters are none of ASCII, since they may look as if they were; empty without any."""
    strange = [letter for letter in dict.fromkeys(text) if not letter.isascii()]
    told = " and ".join(f"{letter!r} ({unicodedata.name(letter, 'without a name')})" for letter in strange[:3])
    return f" It holds {told}." if told else ""


def _fold(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")

"""Every problem of a set of definitions is gathered, none is thrown at the first."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from graphql_api.errors import Problem

_LISTED = 12


class Problems:
    """What is wrong, in the order in which it was found; the same thing said twice counts once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, path: str, message: str, hint: str | None = None) -> None:
        self._found[Problem(path, message, hint)] = None

    def extend(self, others: "Problems") -> None:
        self._found |= others._found

    def __len__(self) -> int:
        return len(self._found)

    def sorted(self) -> tuple[Problem, ...]:
        """By definition, and as found within one."""
        return tuple(sorted(self._found, key=lambda problem: _index(problem.path)))


def _index(path: str) -> int:
    head = path.removeprefix("definitions[").partition("]")[0]
    return int(head) if head.isdigit() else -1


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """`Did you mean …?` where it looks like a slip, else the names that are known (None where there are none)."""
    names = sorted({str(candidate) for candidate in candidates})
    by_fold = {_fold(candidate): candidate for candidate in reversed(names)}
    close = get_close_matches(_fold(name), list(by_fold), n=1, cutoff=0.6)
    if close:
        return f"Did you mean {by_fold[close[0]]!r}?"
    return f"Known: {listed(names)}." if names else None


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _fold(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")

"""The name that was probably meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_LISTED = 12


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """`Did you mean …?` where it looks like a slip, else the names there are (None where there are none)."""
    names = sorted(set(candidates))
    by_fold = {_fold(candidate): candidate for candidate in reversed(names)}
    close = get_close_matches(_fold(name), list(by_fold), n=1, cutoff=0.6)
    if close:
        return f"Did you mean {by_fold[close[0]]!r}?"
    return f"There is {listed(names)}." if names else None


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _fold(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")

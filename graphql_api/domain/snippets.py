"""Where a text matches what was searched for, cut to a piece that can be shown."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphql_api.domain.words import folded

MOST = 160
_BEFORE = 40
_WORD = re.compile(r"[^\W_]+")
_SAME_STEM = 4
"""Words that begin with as many equal characters, and end differently, may be forms of one word."""


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    matches: bool


def is_found(text: str, words: Sequence[str]) -> bool:
    return next(_places(text, words), None) is not None


def snippet_of(text: str, words: Sequence[str]) -> list[Piece]:
    """In pieces, of which those match that begin with one of the words, or are another form of it; around the first
    match where the text is long."""
    text = " ".join(text.split())
    first = next(_places(text, words), (0, 0))[0]
    start = 0 if len(text) <= MOST or first <= _BEFORE else first - _BEFORE
    end = min(len(text), start + MOST)
    pieces = [Piece("…", False)] if start else []
    at = start
    for low, high in _places(text, words):
        if low < at or high > end:
            continue
        if low > at:
            pieces.append(Piece(text[at:low], False))
        pieces.append(Piece(text[low:high], True))
        at = high
    rest = text[at:end] + ("…" if end < len(text) else "")
    return [*pieces, Piece(rest, False)] if rest else pieces


def _places(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text):
        length = max((_matching(match[0], word) for word in words), default=0)
        if length:
            yield match.start(), match.start() + length


def _matching(word: str, wanted: str) -> int:
    """How many characters of a word match: those that are wanted, or all of them where it is another form."""
    plain = folded(word)
    if plain.startswith(wanted):
        return len(wanted) if len(plain) == len(word) else len(word)
    equal = next((at for at, (a, b) in enumerate(zip(plain, wanted, strict=False)) if a != b), len(plain))
    return len(word) if equal >= max(_SAME_STEM, len(wanted) - 3) else 0

"""Words of names and texts, as searches compare them: in lower case, without accents, names cut at underscores."""

import re
import unicodedata
from collections.abc import Iterable

MAX_WORD = 64
MAX_WORDS = 1_000
"""Of one object: a source with thousands of columns is found by the words of the first of them."""

_WORD = re.compile(r"[^\W_]+")
_AFTER_ALL = "\U0010ffff"


def folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words_of(*texts: str) -> list[str]:
    """Each word once, in the order in which it comes first: `mean_dep_delay` is mean, dep and delay."""
    found: dict[str, None] = {}
    for text in texts:
        for match in _WORD.finditer(folded(text)):
            found.setdefault(match[0][:MAX_WORD])
            if len(found) == MAX_WORDS:
                return list(found)
    return list(found)


def spaced(texts: Iterable[str]) -> str:
    """The words of names as one text."""
    return " ".join(words_of(*texts))


def beginning_with(prefix: str) -> dict[str, str]:
    """A condition of MongoDB for texts that begin so, as a range of an index."""
    return {"$gte": prefix, "$lt": prefix + _AFTER_ALL}

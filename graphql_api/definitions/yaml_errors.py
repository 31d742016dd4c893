"""What PyYAML says of a text that is no YAML, in words for people, with what usually helps."""

import re
from collections.abc import Sequence

import yaml

_QUOTES = "Put the text in quotes: it begins with, or holds, what YAML reads as a sign of its own."
_INDENT = "Look at the indentation of this line and of those before it: what belongs together begins in one column."
_BRACKETS = "Look for a bracket or a quote that is not closed, a comma that lacks, or a text that needs quotes."
_WORDS = {
    "<block end>": "the end of what is indented",
    "<block mapping start>": "a mapping",
    "<block sequence start>": "a list",
    "<document start>": "the next document",
    "<scalar>": "a text",
    "<stream end>": "the end",
    "?": "a key",
    ":": "a colon",
    "-": "a list's item",
}
_HINTS: Sequence[tuple[str, str]] = (
    (r"character '\\t'", "Indent with spaces: YAML takes no tabs there."),
    (r"that cannot start any token", _QUOTES),
    (
        r"mapping values are not allowed",
        "Put a text that holds ': ' in quotes, or mend the indentation.",
    ),
    (r"alphabetic or numeric character", _QUOTES),
    (r"undefined alias", "Anchors hold within one document; a text that begins with * needs quotes."),
    (r"expected (',' or|the node content)", _BRACKETS),
    (r"unexpected end of stream|document separator", _BRACKETS),
    (r"could not find expected ':'", "Write a colon behind the key; or look at the indentation of the lines before."),
    (r"expected .*(the end of what is indented|document start)", _INDENT),
    (r"unknown escape character", "In double quotes write \\\\ for a backslash, or use single quotes."),
    (r"holds itself|levels deep|more than .* values", "Write out what is meant."),
)
_TEMPLATE = re.compile(r"\{\{|\{%")
_MERGE = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


def told(refused: yaml.YAMLError, text: str = "", begins: int = 0) -> tuple[str, str | None]:
    """The message, with its column, and the remedy. `text`: of the document, which begins behind so many lines."""
    marked = isinstance(refused, yaml.MarkedYAMLError)
    said = (refused.problem or refused.context) if marked else str(refused)
    said = _short(re.sub(r"'?(<[a-z ]+>|(?<=(?:got|und) ')[?:\-](?='))'?", _word, str(said)))
    mark = refused.problem_mark if marked else None
    lines = text.split("\n")
    line = lines[mark.line - begins] if mark is not None and mark.line - begins < len(lines) else ""
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, said)), None)
    if _TEMPLATE.search(line):
        hint = "Templates are not filled in here: write the definitions as they are to be read."
    if _MERGE.search(text):
        hint = "A merge of git is not finished: look for its lines of <<<<<<<, ======= and >>>>>>>."
    where = f" (column {mark.column + 1})" if mark is not None else ""
    return f"This is not YAML: {said}{where}.", hint


def _word(found: re.Match[str]) -> str:
    return _WORDS.get(found[1], found[0])


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}…"

"""What DuckDB says of a text, in words for who wrote it: no advice about settings that SQL cannot change."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import cast

import duckdb

_END = re.compile(r"(?:Candidate|Did you mean|LINE \d|Possible solutions|For more information)")
_ADVICE = re.compile(r"[^.!?]*\bSET \w+[^.!?]*[.!?]?")
_KIND = re.compile(r"^(?:[A-Z]\w+ )+Error: ")
_MOST_NAMES = 12
_LITERAL = re.compile(r"\b(INTEGER|STRING)_LITERAL\b")
_SIGNATURE = re.compile(r"\n\t(\S+?\(.*?\)) ->")


class Told:
    """A DuckDB error, taken apart: its words, where it points to (a byte and a length), what it offers instead."""

    def __init__(self, error: duckdb.Error) -> None:
        text = str(error)
        brace = text.find("{")
        try:
            told = cast("dict[str, str]", json.loads(text[brace:])) if brace >= 0 else {}
        except ValueError:
            told = {}
        self.message = told.get("exception_message", text)
        self.offers = re.findall(r"\"([^\"]+)\"", self.message.partition("\nCandidate ")[2]) or [
            one.removeprefix("main.") for one in told.get("candidates", "").split(",") if one and "(" not in one
        ]
        position = told.get("position", "")
        self.position = int(position) if position.isdigit() else None
        location = re.fullmatch(r"\[(\d+),(\d+)\]", told.get("location", ""))
        self.length = int(location[2]) if location and int(location[1]) == self.position else 0

    @property
    def lacks_column(self) -> bool:
        return _COLUMN.match(self.message) is not None or _COLUMN_OF.match(self.message) is not None

    @property
    def plain(self) -> str:
        """All but the advice, on one line."""
        lines = takewhile(lambda line: not _END.match(line), map(str.strip, self.message.splitlines()))
        return " ".join(" ".join(_ADVICE.sub("", _KIND.sub("", line)) for line in lines).split())


def in_our_words(told: Told, pointed: str, columns: Sequence[str] = ()) -> tuple[str, str | None]:
    """The message and the remedy. `pointed`: the part of the text that the error points to; `columns`: names that may
    have been meant."""
    if told.lacks_column and columns:
        told.offers = list(dict.fromkeys(columns))
    for pattern, say in _SAYINGS:
        if match := pattern.match(told.message):
            return say(match, told, pointed)
    plain = _types(told.plain)
    hint = nearest(pointed, told.offers) if told.offers else None
    return f"{plain[:1].upper()}{plain[1:]}{'' if plain.endswith(('.', '!')) else '.'}", hint


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` looks like a slip of."""
    by_fold = {candidate.lower(): candidate for candidate in sorted(candidates, reverse=True)}
    found = difflib.get_close_matches(name.lower(), list(by_fold), n=1, cutoff=0.6)
    return f"Did you mean {by_fold[found[0]]!r}?" if found else None


def _types(text: str) -> str:
    return _LITERAL.sub(lambda found: {"INTEGER": "INTEGER", "STRING": "VARCHAR"}[found[1]], text)


Saying = Callable[[re.Match[str], Told, str], tuple[str, str | None]]


def _column(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    name = match[1]
    if pointed[:1] in _QUOTES or name[:1] in _QUOTES:
        return f"There is no column {name!r} here.", f"A text stands in single quotes: '{name.strip(_QUOTES)}'."
    return f"There is no column {name!r} here.", nearest(name, told.offers) or _known(told)


def _column_of(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    return f"{match[1]!r} has no column {match[2]!r}.", nearest(match[2], told.offers) or _known(told)


def _known(told: Told) -> str | None:
    more = " and more" if len(told.offers) > _MOST_NAMES else ""
    return f"There are {', '.join(told.offers[:_MOST_NAMES])}{more}." if told.offers else None


def _without_from(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    return f"There is no FROM that would give the column {match[1]!r}.", "Write FROM and the name of a source."


def _table(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    known = f"Write one of {', '.join(told.offers)}." if told.offers else None
    return f"There is no relation {match[1]!r} in FROM.", nearest(match[1], told.offers) or known


def _ambiguous(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    written = re.sub(r"['\"]", "", match[2])
    return f"The column {match[1]!r} is in several relations.", f"Write {written}."


def _grouped(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    message = f"The column {match[1]!r} is neither in GROUP BY nor in an aggregate."
    return message, f"Add it to GROUP BY, or write any_value({match[1]}) where any of its values will do."


def _function(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    name, given = match[1], _types(match[2])
    candidates = [one.replace('"', "").replace(", /)", ")") for one in _SIGNATURE.findall(told.message)]
    if not name.isidentifier():
        both = " and ".join(given.split(", "))
        name = _OPERATORS.get(name, name)
        days = "INTEGER" in given and ("TIMESTAMP" in given or "DATE" in given)
        hint = "Write INTERVAL 7 DAY for seven days." if days else "Write CAST(… AS …), so that the two sides fit."
        return f"{name} does not take {both}.", hint
    candidates.sort(key=lambda one: (one.count(",") != given.count(","), "DOUBLE" not in one, "TIMESTAMP)" not in one))
    hint = f"It takes {candidates[0]}: a CAST may make it fit." if candidates else None
    return f"The function {name!r} does not take ({given}).", hint


def _mixed(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    one, other = _types(match[2]), _types(match[3])
    verb = "compare" if match[1] == "compare" else "mix"
    return f"SQL does not {verb} {one} and {other}.", "Write CAST(… AS …) around one of them."


def _syntax(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    message = f"The text cannot be read at {match[1]!r}."
    if match[1] in ("{", "%", "$"):
        return message, "Templates are not filled in here: write the SQL as it is to run."
    return message, "Look at it and at what stands before it: a comma, a bracket, a quote, a word that lacks."


def _unterminated(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    return "A quote is not closed.", "Close it; a quote inside of a text is written twice."


def _type(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    common = "Write a type of DuckDB, such as BIGINT, DOUBLE, VARCHAR or TIMESTAMP."
    return f"There is no type {match[1]!r}.", nearest(match[1], told.offers) or common


def _arrow(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    return "-> is refused: it may mean two things.", "Write lambda x: … for a function."


def _window(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    return f"There is no window {match[1]!r}.", f"Write WINDOW {match[1]} AS (PARTITION BY … ORDER BY …)."


def _where(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    if match[1] == "aggregates":
        return "WHERE sees rows before they are aggregated.", "Write the condition in HAVING."
    return "WHERE sees rows before windows are computed.", "Write the condition in QUALIFY."


def _frame(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    return "A frame of RANGE needs the one column that its rows are ordered by.", "Write ORDER BY … in the window."


def _order(match: re.Match[str], told: Told, pointed: str) -> tuple[str, str | None]:
    return "ORDER BY a text that is always the same has no effect.", "Order by a column."


_QUOTES = '"\u2018\u2019\u201c\u201d'
_COLUMN = re.compile(r"Referenced column \"(.+?)\" not found in FROM clause")
_COLUMN_OF = re.compile(r"(?:Table|Values list) \"(.+?)\" does not have a column named \"(.+?)\"")
_OPERATORS = {"~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE"}
_SAYINGS: Sequence[tuple[re.Pattern[str], Saying]] = [
    (_COLUMN, _column),
    (_COLUMN_OF, _column_of),
    (re.compile(r"Referenced column \"(.+?)\" was not found because the FROM clause is missing"), _without_from),
    (re.compile(r"Referenced table \"(.+?)\" not found"), _table),
    (re.compile(r"Ambiguous reference to column name \"(.+?)\" \(use: (.+)\)"), _ambiguous),
    (re.compile(r"column \"(.+?)\" must appear in the GROUP BY clause"), _grouped),
    (re.compile(r"No function matches the given name and argument types '(.+?)\((.*?)\)'\. "), _function),
    (re.compile(r"Cannot (compare) values of type (.+?) and type (.+?) - an explicit cast"), _mixed),
    (re.compile(r"Cannot (mix) values of type (.+?) and (.+?) in .+ - an explicit cast"), _mixed),
    (re.compile(r"syntax error at or near \"(.+?)\""), _syntax),
    (re.compile(r"unterminated (?:string literal|quoted (?:string|identifier))"), _unterminated),
    (re.compile(r"Type with name (\S+) does not exist"), _type),
    (re.compile(r"Deprecated lambda arrow"), _arrow),
    (re.compile(r"ORDER BY non-integer literal"), _order),
    (re.compile(r"window \"(.+?)\" does not exist"), _window),
    (re.compile(r"WHERE clause cannot contain (aggregates|window functions)"), _where),
    (re.compile(r"RANGE frames must have only one ORDER BY"), _frame),
]

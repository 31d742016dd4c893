"""Where definitions stand in files, and the way back from the path of a problem to its line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphql_api.definitions.yaml_text import Document, Unreadable
from graphql_api.errors import Problem

_MENTION = re.compile(r"definitions\[([0-9]{1,9})\]")
_LINE_WITHIN = re.compile(r"Line (\d{1,9})[,:]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Of a definition in a file: its document (the first one is number 1, and those that hold nothing count too), where
    in that it begins, and its keys that the document holds elsewhere."""

    file: str
    number: int
    document: Document | Unreadable
    title: str = ""
    prefix: str = ""
    moved: Mapping[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return self.at("")

    def at(self, path: str, message: str = "", *, line: int | None = None) -> str:
        """`views.yaml:12, document 2 (feature view x): features[0].type`. `message`: of the problem there, which may
        tell a line within a text. `line`: where it is known to be another."""
        title = f" ({self.title})" if self.title else ""
        written = self.written(path)
        line = self.line(path, message) if line is None else line
        where = f"{self.file}:{line}, document {self.number}{title}"
        return f"{where}: {written}" if written else where

    def line(self, path: str, message: str = "") -> int:
        """From 1; of the deepest part that there is on the way to the path."""
        if isinstance(self.document, Unreadable):
            return self.document.line
        within = _LINE_WITHIN.match(message)
        return self.document.line_of(self.written(path), within=int(within[1]) if within else 0)

    def is_unread(self, path: str) -> bool:
        """Is what lies there, or something around it, told to be no value already?"""
        if isinstance(self.document, Unreadable):
            return True
        written = self.written(path)
        unread = [slip.path for slip in self.document.slips if not slip.is_read]
        return any(not one or written == one or written.startswith((f"{one}.", f"{one}[")) for one in unread)

    def written(self, path: str) -> str:
        """The path within the document."""
        head = path.partition(".")[0].partition("[")[0]
        return f"{self.prefix}.{self.moved.get(head, head)}{path[len(head) :]}".strip(".")


@dataclass(frozen=True, slots=True)
class Placed:
    """A problem whose path begins with its file; both numbers are for the order."""

    file: int
    line: int
    problem: Problem


def placed(places: Sequence[Place], problem: Problem) -> Problem:
    """`definitions[2].features[0].type` -> `views.yaml:9, document 3 (feature view x): features[0].type`."""
    place, inner = _way(places, problem)
    path = problem.path if place is None else place.at(inner, problem.message)
    return Problem(path, _told(places, problem.message), problem.hint and _told(places, problem.hint))


def in_order(places: Sequence[Place], own: Sequence[Placed], problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """What could not be read, and the problems of what could, in the order of files and lines; what follows from the
    first is left out."""
    files = {place.file: index for index, place in enumerate(places)}
    order = {file: index for index, file in enumerate(files)}
    all_of_them = [*own]
    for problem in problems:
        place, inner = _way(places, problem)
        if place is None or not place.is_unread(inner):
            line = 0 if place is None else place.line(inner, problem.message)
            all_of_them.append(Placed(order.get(place.file, 0) if place else 0, line, placed(places, problem)))
    return tuple(one.problem for one in sorted(all_of_them, key=lambda one: (one.file, one.line)))


def _way(places: Sequence[Place], problem: Problem) -> tuple[Place | None, str]:
    index, found, rest = problem.path.removeprefix("definitions[").partition("]")
    return _place(places, index) if found else None, rest.removeprefix(".")


def _told(places: Sequence[Place], text: str) -> str:
    return _MENTION.sub(lambda mention: str(_place(places, mention[1]) or mention[0]), text)


def _place(places: Sequence[Place], index: str) -> Place | None:
    return places[int(index)] if index.isdecimal() and int(index) < len(places) else None

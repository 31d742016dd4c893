"""Definitions in YAML files, and the way back from a problem's path to its file."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphql_api.definitions.documents import Definition, Place, find_in_yaml
from graphql_api.doors.cli.client import Refused
from graphql_api.errors import Problem

ENDINGS = (".yaml", ".yml", ".json")
_MENTION = re.compile(r"definitions\[([0-9]{1,9})\]")


@dataclass(frozen=True, slots=True)
class Origin:
    place: Place
    title: str

    def __str__(self) -> str:
        return f"{self.place} ({self.title})"


@dataclass(frozen=True, slots=True)
class Written:
    """Definitions in the order in which they are sent, where each was read, and what could not be read."""

    definitions: tuple[Definition, ...]
    origins: tuple[Origin, ...]
    problems: tuple[Problem, ...] = ()

    def as_input(self) -> list[dict[str, object]]:
        return [{"kind": definition.kind, "spec": definition.spec} for definition in self.definitions]

    def placed(self, problem: Problem) -> Problem:
        """`definitions[2].features[0].type` -> `views.yaml, document 3 (feature view x): features[0].type`."""
        index, found, rest = problem.path.removeprefix("definitions[").partition("]")
        origin = self._origin(index) if found else None
        inner = rest.removeprefix(".")
        path = problem.path if origin is None else f"{origin}: {inner}" if inner else str(origin)
        return Problem(path, self._told(problem.message), problem.hint and self._told(problem.hint))

    def _told(self, text: str) -> str:
        return _MENTION.sub(lambda mention: str(self._origin(mention[1]) or mention[0]), text)

    def _origin(self, index: str) -> Origin | None:
        return self.origins[int(index)] if index.isdecimal() and int(index) < len(self.origins) else None


def read(paths: Sequence[Path]) -> Written:
    """Every definition of the files and folders that can be read; raises Refused where there is none."""
    texts, unread = list[tuple[str, str]](), list[Problem]()
    for file in _files(paths):
        try:
            texts.append((str(file), file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as fault:
            unread.append(Problem(str(file), f"cannot be read: {fault}."))
    found = find_in_yaml(texts)
    problems = (*unread, *found.problems)
    if not found.definitions:
        headline = "No definition can be read." if problems else f"There is no definition in {_listed(paths)}."
        raise Refused(headline, problems)
    origins = (Origin(place, _title(definition)) for place, definition in found.definitions)
    return Written(tuple(definition for _, definition in found.definitions), tuple(origins), problems)


def _title(definition: Definition) -> str:
    name = definition.spec.get("name")
    return f"{definition.kind.replace('_', ' ').lower()} {'without a name' if name is None else str(name)[:80]}"


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if not path.exists():
            raise Refused(f"There is no file or folder {path}.")
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in ENDINGS and file.is_file())
        else:
            yield path

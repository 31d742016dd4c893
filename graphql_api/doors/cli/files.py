"""Definitions in YAML files, and the way back from a problem's path to its file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphql_api.definitions.documents import Definition, Found, find_in_yaml
from graphql_api.definitions.places import Place, placed
from graphql_api.doors.cli.client import Refused
from graphql_api.errors import Problem

ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Written:
    """Definitions in the order in which they are sent, where each was read, and what could not be read."""

    found: Found
    unread: tuple[Problem, ...] = ()

    @property
    def definitions(self) -> tuple[Definition, ...]:
        return tuple(definition for _, definition in self.found.definitions)

    @property
    def origins(self) -> tuple[Place, ...]:
        return tuple(place for place, _ in self.found.definitions)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return (*self.unread, *self.found.problems)

    def as_input(self) -> list[dict[str, object]]:
        return [{"kind": definition.kind, "spec": definition.spec} for definition in self.definitions]

    def placed(self, problem: Problem) -> Problem:
        """`definitions[2].features[0].type` -> `views.yaml:9, document 3 (feature view x): features[0].type`."""
        return placed(self.origins, problem)

    def all_problems(self, planned: Sequence[Problem]) -> tuple[Problem, ...]:
        """What could not be read, and what is wrong with the rest, in the order of files and lines."""
        return (*self.unread, *self.found.all_problems(planned))


def read(paths: Sequence[Path]) -> Written:
    """Every definition of the files and folders that can be read; raises Refused where there is none."""
    texts, unread = list[tuple[str, str]](), list[Problem]()
    for file in _files(paths):
        try:
            texts.append((str(file), file.read_bytes().decode().replace("\r\n", "\n")))
        except UnicodeDecodeError as fault:
            line = fault.object.count(b"\n", 0, fault.start) + 1
            message = f"This is not UTF-8: the byte {fault.object[fault.start]:#x} makes no character here."
            unread.append(Problem(f"{file}:{line}", message, "Save the file as UTF-8."))
        except OSError as fault:
            unread.append(Problem(str(file), f"cannot be read: {fault}."))
    written = Written(find_in_yaml(texts), tuple(unread))
    if not written.definitions:
        headline = "No definition can be read." if written.problems else f"There is no definition in {_listed(paths)}."
        raise Refused(headline, written.problems)
    return written


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

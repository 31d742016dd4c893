"""Definitions in YAML files, and the way back from a problem's path to its file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphql_api.definitions.documents import Definition, read_yaml
from graphql_api.doors.cli.client import Refused
from graphql_api.errors import InvalidInput, Problem

ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Origin:
    file: Path
    document: int
    title: str


@dataclass(frozen=True, slots=True)
class Written:
    """Definitions in the order in which they are sent, and where each was read."""

    definitions: tuple[Definition, ...]
    origins: tuple[Origin, ...]

    def as_input(self) -> list[dict[str, object]]:
        return [{"kind": definition.kind, "spec": definition.spec} for definition in self.definitions]

    def placed(self, problem: Problem) -> Problem:
        """`definitions[2].features[0].type` -> `views.yaml, document 3 (FeatureView x): features[0].type`."""
        index, found, rest = problem.path.removeprefix("definitions[").partition("]")
        if not found or not index.isdigit() or int(index) >= len(self.origins):
            return problem
        origin = self.origins[int(index)]
        place = f"{origin.file}, document {origin.document} ({origin.title})"
        inner = rest.removeprefix(".")
        return Problem(f"{place}: {inner}" if inner else place, problem.message, problem.hint)


def read(paths: Sequence[Path]) -> Written:
    """Every definition of the files and folders; raises Refused with every problem in their text."""
    definitions, origins, problems = list[Definition](), list[Origin](), list[Problem]()
    for file in _files(paths):
        try:
            found = read_yaml([(str(file), file.read_text(encoding="utf-8"))])
        except InvalidInput as refused:
            problems += refused.problems
            continue
        except (OSError, UnicodeDecodeError) as fault:
            problems.append(Problem(str(file), f"cannot be read: {fault}."))
            continue
        definitions += found
        origins += (
            Origin(
                file,
                number,
                f"{definition.kind.replace('_', ' ').lower()} {definition.spec.get('name', 'without a name')}",
            )
            for number, definition in enumerate(found, 1)
        )
    if problems:
        raise Refused("The files cannot be read as definitions.", tuple(problems))
    if not definitions:
        raise Refused(f"There is no definition in {', '.join(map(str, paths))}.")
    return Written(tuple(definitions), tuple(origins))


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if not path.exists():
            raise Refused(f"There is no file or folder {path}.")
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in ENDINGS and file.is_file())
        else:
            yield path

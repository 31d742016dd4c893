"""Definitions as they come, and YAML text -> definitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql_api.definitions.problems import Problems, nearest
from graphql_api.definitions.reading import is_mapping, kind_of
from graphql_api.definitions.yaml_text import NotReadable, clipped, load_all
from graphql_api.domain.enums import DefinitionKind
from graphql_api.errors import InvalidInput, Problem

KIND_WORDS = {
    "Entity": DefinitionKind.ENTITY,
    "DataSource": DefinitionKind.DATA_SOURCE,
    "FeatureView": DefinitionKind.FEATURE_VIEW,
    "FeatureService": DefinitionKind.FEATURE_SERVICE,
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One object of the registry as it is written: `spec` holds all but the kind, in JSON values."""

    kind: DefinitionKind
    spec: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """Of a document in a file: the first one is number 1, and those that hold nothing count too."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}, document {self.number}"


@dataclass(frozen=True, slots=True)
class Found:
    """What texts hold; a document with a problem is no definition, and hides no other."""

    definitions: tuple[tuple[Place, Definition], ...]
    problems: tuple[Problem, ...]


def read_yaml(texts: Sequence[tuple[str, str]]) -> list[Definition]:
    """The definitions of YAML files, given as (file name, text), in order; raises InvalidInput with every problem."""
    found = find_in_yaml(texts)
    if found.problems:
        raise InvalidInput(f"{len(found.problems)} problems in the files.", found.problems)
    return [definition for _, definition in found.definitions]


def find_in_yaml(texts: Sequence[tuple[str, str]]) -> Found:
    """What can be read of YAML files, given as (file name, text), in order.

    Days and times stay the texts that they are in JSON, and a key that a mapping holds twice is refused."""
    problems = Problems()
    definitions: list[tuple[Place, Definition]] = []
    for file, text in texts:
        number = 1
        try:
            for number, document in enumerate(load_all(text), 1):
                place = Place(file, number)
                if isinstance(document, NotReadable):
                    problems.add(str(place), str(document))
                elif document is not None and (definition := _definition(document, place, problems)):
                    definitions.append((place, definition))
        except NotReadable as refused:  # from here on, nobody knows where the next document begins
            problems.add(file, str(refused))
    return Found(tuple(definitions), tuple(problems.sorted()))


def _definition(document: object, place: Place, problems: Problems) -> Definition | None:
    if not is_mapping(document):
        problems.add(str(place), f"A document must be a mapping, not {kind_of(document)}.")
        return None
    word = document.get("kind")
    kind = KIND_WORDS.get(word) if isinstance(word, str) else None
    if kind is None:
        message = f"There is no kind {clipped(word)}." if word is not None else "It says no kind."
        problems.add(f"{place}: kind", message, nearest(str(word), KIND_WORDS))
        return None
    return Definition(kind, {key: value for key, value in document.items() if key != "kind"})

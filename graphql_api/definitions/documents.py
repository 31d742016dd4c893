"""Definitions as they come, and YAML text -> definitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graphql_api.definitions.kinds import KIND_WORDS, kind_by_keys, kind_hint, kind_of_word, title_of
from graphql_api.definitions.places import Place, Placed, in_order
from graphql_api.definitions.problems import clipped
from graphql_api.definitions.values import is_list, is_mapping, told
from graphql_api.definitions.yaml_text import Document, Unreadable, load_all, strange_characters
from graphql_api.domain.enums import DefinitionKind
from graphql_api.errors import InvalidInput, Problem

_ONE_BY_ONE = "Write each of its items as a document of its own, with a line of --- between two."


@dataclass(frozen=True, slots=True)
class Definition:
    """One object of the registry as it is written: `spec` holds all but the kind, in JSON values."""

    kind: DefinitionKind
    spec: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Found:
    """What texts hold. A document with a problem hides no other: where its kind can be told it is among the
    definitions, with what could be read of it, so that nothing is told to lack it."""

    definitions: tuple[tuple[Place, Definition], ...]
    placed: tuple[Placed, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Of the reading alone."""
        return tuple(one.problem for one in self.placed)

    def all_problems(self, planned: Sequence[Problem]) -> tuple[Problem, ...]:
        """With those of a plan of the definitions, in the order of files and lines."""
        return in_order([place for place, _ in self.definitions], self.placed, planned)


def read_yaml(texts: Sequence[tuple[str, str]]) -> list[Definition]:
    """The definitions of YAML files, given as (file name, text), in order; raises InvalidInput with every problem."""
    found = find_in_yaml(texts)
    if found.problems:
        raise InvalidInput(f"{len(found.problems)} problems in the files.", found.problems)
    return [definition for _, definition in found.definitions]


def find_in_yaml(texts: Sequence[tuple[str, str]]) -> Found:
    """What can be read of YAML files, given as (file name, text), in order.

    Days and times stay the texts that they are in JSON, and a key that a mapping holds twice is refused."""
    definitions: list[tuple[Place, Definition]] = []
    placed: list[Placed] = []
    for index, (file, text) in enumerate(texts):
        reading = _Reading(index)
        for line, character in strange_characters(text):
            message = f"The text holds the character {character!r}, which YAML does not take."
            reading.placed.append(Placed(index, line, Problem(f"{file}:{line}", message, "Leave it out.")))
        for number, document in enumerate(load_all(text), 1):
            reading.take(Place(file, number, document), document)
        definitions += reading.definitions
        placed += sorted(reading.placed, key=lambda one: one.line)
    return Found(tuple(definitions), tuple(placed))


class _Reading:
    """Of one file."""

    def __init__(self, index: int) -> None:
        self._index = index
        self.definitions: list[tuple[Place, Definition]] = []
        self.placed: list[Placed] = []

    def take(self, place: Place, document: Document | Unreadable) -> None:
        if isinstance(document, Unreadable):
            self._unreadable(place, document)
            return
        value = document.value
        if is_list(value):
            self._refuse(place, "", "A document must be a mapping, not a list.", _ONE_BY_ONE)
            self._items(place, value, "")
        elif is_mapping(value) and is_list(items := value.get("definitions")):
            self._refuse(place, "definitions", "There is no key 'definitions' here.", _ONE_BY_ONE)
            self._items(place, items, "definitions")
        elif value is not None:
            place = self._definition(place, value)
        for slip in document.slips:
            self._refuse(replace(place, moved={}), slip.path, slip.message, slip.hint, line=slip.line)

    def _items(self, place: Place, items: Sequence[object], prefix: str) -> None:
        for index, item in enumerate(items):
            if is_mapping(item):
                self._definition(replace(place, prefix=f"{prefix}[{index}]"), item)

    def _unreadable(self, place: Place, document: Unreadable) -> None:
        kind = kind_of_word(document.kind) if document.kind is not None else None
        if kind is not None:
            place = replace(place, title=title_of(kind, document.name))
            self.definitions.append((place, Definition(kind, {"name": document.name})))
        self._refuse(place, "", document.message, document.hint)

    def _definition(self, place: Place, value: object) -> Place:
        if not is_mapping(value):
            hint = "Write kind: …, name: … and the other keys of one object."
            self._refuse(place, "", f"A document must be a mapping, not {told(value)}.", hint)
            return place
        word = value.get("kind")
        kind = kind_of_word(word if word is not None else kind_by_keys(value))
        metadata = value.get("metadata")
        name = value.get("name", metadata.get("name") if is_mapping(metadata) else None)
        place = replace(place, title=title_of(kind, name))
        place, spec = self._unwrapped(place, value)
        if not isinstance(word, str) or word not in KIND_WORDS:
            message = f"There is no kind {clipped(word)}." if word is not None else "It says no kind."
            self._refuse(place, "kind", message, kind_hint(value))
        if kind is not None:
            self.definitions.append((place, Definition(kind, spec)))
        return place

    def _unwrapped(self, place: Place, value: Mapping[str, object]) -> tuple[Place, Mapping[str, object]]:
        """As if what `spec` and `metadata` hold stood beside the kind, as it should."""
        own = {key: part for key, part in value.items() if key != "kind"}
        spec, metadata = own.get("spec"), own.get("metadata")
        if not is_mapping(spec):
            return place, own
        self._refuse(place, "spec", "There is no key 'spec' here.", "Write what it holds beside kind.")
        del own["spec"]
        moved = {key: f"spec.{key}" for key in spec if key not in own}
        if is_mapping(metadata):
            self._refuse(place, "metadata", "There is no key 'metadata' here.", "Write name beside kind.")
            del own["metadata"]
            if "name" in metadata and "name" not in {**own, **spec}:
                moved["name"] = "metadata.name"
                own["name"] = metadata["name"]
        return replace(place, moved=moved), {**spec, **own}

    def _refuse(self, place: Place, path: str, message: str, hint: str | None, *, line: int | None = None) -> None:
        line = place.line(path) if line is None else line
        self.placed.append(Placed(self._index, line, Problem(place.at(path, line=line), message, hint)))

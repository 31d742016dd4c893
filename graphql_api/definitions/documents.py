"""Definitions as they come, and YAML text -> definitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml

from graphql_api.definitions.problems import Problems, nearest
from graphql_api.definitions.reading import is_mapping, kind_of
from graphql_api.domain.enums import DefinitionKind
from graphql_api.errors import InvalidInput

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


def read_yaml(texts: Sequence[tuple[str, str]]) -> list[Definition]:
    """The documents of YAML files, given as (file name, text), in order; raises InvalidInput with every problem.

    Days and times stay the texts that they are in JSON, and a key that a mapping holds twice is refused."""
    problems = Problems()
    definitions: list[Definition] = []
    for file, text in texts:
        try:
            documents = list(yaml.load_all(text, Loader=_Loader))
        except yaml.YAMLError as refused:
            problems.add(file, f"This is not YAML: {_placed(refused)}")
            continue
        for index, document in enumerate(cast(list[object], documents)):
            if document is not None:
                _take(document, f"{file}[{index}]", problems, definitions)
    if problems:
        raise InvalidInput(f"{len(problems)} problems in the files.", problems.sorted())
    return definitions


def _take(document: object, path: str, problems: Problems, definitions: list[Definition]) -> None:
    if not is_mapping(document):
        problems.add(path, f"A document must be a mapping, not {kind_of(document)}.")
        return
    word = document.get("kind")
    kind = KIND_WORDS.get(word) if isinstance(word, str) else None
    if kind is None:
        message = f"There is no kind {word!r}." if word is not None else "It says no kind."
        problems.add(f"{path}.kind", message, nearest(str(word), KIND_WORDS))
        return
    definitions.append(Definition(kind, {key: value for key, value in document.items() if key != "kind"}))


class _Loader(yaml.SafeLoader):
    """JSON's values and no others; equal keys in one mapping are an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = cast(object, self.construct_object(key_node, deep=True))  # pyright: ignore[reportUnknownMemberType]
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} is here twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _placed(refused: yaml.YAMLError) -> str:
    if isinstance(refused, yaml.MarkedYAMLError) and refused.problem_mark is not None:
        mark = refused.problem_mark
        return f"{refused.problem} (line {mark.line + 1}, column {mark.column + 1})."
    return f"{refused}."

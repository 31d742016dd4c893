"""YAML text -> JSON's values and no others, at a cost that its length bounds."""

import math
from collections.abc import Generator
from typing import Any, cast

import yaml
from yaml.constructor import ConstructorError

DEEPEST = 100
"""Lists and mappings in each other."""
MOST_VALUES = 100_000
"""Of one document, with what its aliases stand for written out each time."""
_TAGS = ("null", "bool", "int", "str", "seq", "map")


class NotReadable(Exception):
    """Says what is wrong, and where in the text."""


def load_all(text: str) -> Generator[object]:
    """The documents in order; NotReadable stands for one that has its end, but no value.

    Raises NotReadable where the text itself breaks off being YAML."""
    try:
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            yield _value(loader, node) if node is not None else None
    except yaml.YAMLError as refused:
        raise NotReadable(_placed(refused)) from None


def clipped(value: object, longest: int = 100) -> str:
    """A value to quote in a message, which it shall not fill."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"


def _value(loader: "_Loader", node: yaml.Node) -> object:
    try:
        _Extent().check(node)
        return cast(object, loader.construct_document(node))  # pyright: ignore[reportUnknownMemberType]
    except yaml.YAMLError as refused:
        return NotReadable(_placed(refused))
    except (ValueError, KeyError):
        return NotReadable("A value of this document is not of the type that its tag or its form says.")


class _Extent:
    """How much a document holds, and how deep it is, where each alias counts as all that it stands for."""

    def __init__(self) -> None:
        self._measured: dict[int, tuple[int, int] | None] = {}

    def check(self, node: yaml.Node) -> None:
        values, depth = self._of(node)
        if values > MOST_VALUES:
            raise ConstructorError(None, None, f"its aliases make more than {MOST_VALUES:,} values", node.start_mark)
        if depth > DEEPEST:
            raise ConstructorError(None, None, f"its aliases nest more than {DEEPEST} levels deep", node.start_mark)

    def _of(self, node: yaml.Node) -> tuple[int, int]:
        known = self._measured.get(id(node), (0, 0))
        if known is None:
            raise ConstructorError(None, None, "an alias holds itself", node.start_mark)
        if known == (0, 0):
            self._measured[id(node)] = None
            parts = [self._of(part) for part in _children(node)]
            known = (1 + sum(values for values, _ in parts), 1 + max((depth for _, depth in parts), default=0))
            self._measured[id(node)] = known
        return known


def _children(node: yaml.Node) -> list[yaml.Node]:
    held: list[Any] = node.value if isinstance(node, yaml.CollectionNode) else []
    return [part for each in held for part in each] if isinstance(node, yaml.MappingNode) else held


class _Loader(yaml.SafeLoader):
    """Equal keys in one mapping, numbers that JSON does not know and depths without end are errors."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth == DEEPEST:
            mark = cast(Any, self.peek_event()).start_mark  # pyright: ignore[reportUnknownMemberType]
            raise ConstructorError(None, None, f"it is nested more than {DEEPEST} levels deep", mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = cast(object, self.construct_object(key_node, deep=True))  # pyright: ignore[reportUnknownMemberType]
            if not isinstance(key, str):
                raise ConstructorError(None, None, f"the key {clipped(key)} is not text", key_node.start_mark)
            if key in seen:
                raise ConstructorError(None, None, f"{clipped(key)} is here twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> float:
        number = self.construct_yaml_float(node)
        if not math.isfinite(number):
            raise ConstructorError(None, None, f"{clipped(node.value)} is no number in JSON", node.start_mark)
        return number


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_constructors = {
    tag: construct
    for tag, construct in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.removeprefix("tag:yaml.org,2002:") in _TAGS
} | {"tag:yaml.org,2002:float": _Loader.construct_number}


def _placed(refused: yaml.YAMLError) -> str:
    if isinstance(refused, yaml.MarkedYAMLError) and refused.problem_mark is not None:
        mark = refused.problem_mark
        return f"This is not YAML: {_short(refused.problem)} (line {mark.line + 1}, column {mark.column + 1})."
    return f"This is not YAML: {_short(refused)}."


def _short(said: object) -> str:
    text = str(said)
    return text if len(text) <= 300 else f"{text[:300]}…"

"""YAML text -> JSON's values and no others, at a cost that its length bounds.

Plain words mean what they mean in YAML 1.2, as in JSON: `no` and `on` are texts, 010 is ten, 1e3 is a number, and days
and times are texts."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, cast

import yaml
from yaml.constructor import ConstructorError
from yaml.reader import Reader as CharacterReader

from graphql_api.definitions.yaml_errors import told
from graphql_api.definitions.yaml_values import Slip, line_of, value_of

__all__ = ["PLAIN_WORDS", "Document", "Slip", "Unreadable", "load_all", "strange_characters"]

DEEPEST = 100
"""Lists and mappings in each other."""
MOST_VALUES = 100_000
"""Of one document, with what its aliases stand for written out each time."""
PLAIN_WORDS: Mapping[str, tuple[str, Sequence[str]]] = {
    "null": (r"~|null|Null|NULL|", ["", *"~nN"]),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    "merge": (r"<<", "<"),
}
"""What a word without quotes is, by its form, and the characters that it begins with; whatever has none is a text."""
_MOST_STRANGE = 20
_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_EMPTY = re.compile(r"(?:[ \t]*(?:#.*)?\n|%.*\n)*[ \t]*(?:#.*)?")
_SAYS = re.compile(r"^(kind|name):[ \t]*[\"']?([A-Za-z0-9_]+)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    value: object = field(repr=False)
    slips: tuple[Slip, ...]
    node: yaml.Node | None = field(repr=False, compare=False)

    def line_of(self, path: str, *, within: int = 0) -> int:
        """From 1; of the deepest part that there is on the way to the path. `within`: the line of a text there."""
        return line_of(self.node, path, within)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document without a value. `kind` and `name` are those that its text seems to give."""

    line: int
    message: str
    hint: str | None
    kind: str | None = None
    name: str | None = None


def load_all(text: str) -> list[Document | Unreadable]:
    """The documents in order. Where one breaks off being YAML, the next begins with the next line of `---`; what
    `strange_characters` finds is read as one that stands for any."""
    readable = CharacterReader.NON_PRINTABLE.sub("\ufffd", text.removeprefix("\ufeff"))
    try:
        return list(_documents(readable, 0))
    except yaml.YAMLError:
        return [document for line, part in _parts(readable) for document in _one_by_one(part, line)]


def strange_characters(text: str) -> list[tuple[int, str]]:
    """Those that no text of YAML may hold as they are, each with its line (from 1), one a line."""
    found = CharacterReader.NON_PRINTABLE.finditer(text.removeprefix("\ufeff"))
    lines = {text.count("\n", 0, one.start()) + 1: one[0] for one in islice(found, _MOST_STRANGE)}
    return sorted(lines.items())


def _parts(text: str) -> Generator[tuple[int, str]]:
    """What lies between the lines of `---`, each with the number of lines before it."""
    starts = [found.start() for found in _MARKER.finditer(text)]
    line = 0
    for number, (start, end) in enumerate(pairwise([0, *starts, len(text)])):
        part = text[start:end]
        if number > 0 or not _EMPTY.fullmatch(part):
            yield line, part
        line += part.count("\n")


def _one_by_one(text: str, line: int) -> Generator[Document | Unreadable]:
    try:
        yield from _documents(text, line)
    except yaml.YAMLError as refused:
        mark = refused.problem_mark if isinstance(refused, yaml.MarkedYAMLError) else None
        message, hint = told(refused, text, line)
        yield Unreadable((line if mark is None else mark.line) + 1, message, hint, **dict(_SAYS.findall(text)))


def _documents(text: str, line: int) -> Generator[Document | Unreadable]:
    loader = _Loader(text)
    loader.line = line
    while loader.check_node():
        yield _document(loader.get_node())


def _document(node: yaml.Node | None) -> Document | Unreadable:
    slips: list[Slip] = []
    try:
        if node is not None:
            _Extent().check(node)
    except yaml.MarkedYAMLError as refused:
        message, hint = told(refused)
        return Unreadable(node.start_mark.line + 1 if node is not None else 1, message, hint, **_said(node))
    value = value_of(node, slips)
    return Document(value, tuple(slips), node)


def _said(node: yaml.Node | None) -> Mapping[str, str]:
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value if isinstance(node, yaml.MappingNode) else []
    return {
        key.value: value.value
        for key, value in pairs
        if key.value in ("kind", "name") and isinstance(value, yaml.ScalarNode)
    }


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
    """Depths without end are errors; what a plain word is says YAML 1.2."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth == DEEPEST:
            mark = cast(Any, self.peek_event()).start_mark  # pyright: ignore[reportUnknownMemberType]
            raise ConstructorError(None, None, f"it is nested more than {DEEPEST} levels deep", mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


_Loader.yaml_implicit_resolvers = {
    first: [
        (f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{form})$", re.ASCII))
        for kind, (form, firsts) in PLAIN_WORDS.items()
        if first in firsts
    ]
    for first in {one for _, firsts in PLAIN_WORDS.values() for one in firsts}
}

"""Nodes of YAML -> JSON's values; what is none of these is a slip with its path, and the rest is read all the same."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import yaml

from graphql_api.definitions.problems import clipped

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_HALVES = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 400
_INDEX = re.compile(r"\[(\d{1,9})\]", re.ASCII)
Pair = tuple[yaml.Node, yaml.Node]


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong at one place of a document that can be read otherwise. `path` is empty for all of it. `is_read`:
    nothing else that is said of the place follows from it."""

    path: str
    message: str
    hint: str
    line: int
    is_read: bool


def value_of(node: yaml.Node | None, slips: list[Slip]) -> object:
    """What is no value is read as the text that is there, or as nothing; of equal keys, the first counts."""
    return _Values(slips).read(node, "") if node is not None else None


def line_of(node: yaml.Node | None, path: str, within: int) -> int:
    """The line (from 1) of the deepest part that there is on the way to `path`, and of the line `within` it where that
    is a text that stands in lines of its own."""
    line, rest = node.start_mark.line if node is not None else 0, path
    while rest and node is not None:
        found = _mapped(node, rest) if isinstance(node, yaml.MappingNode) else _listed(node, rest)
        if found is None:
            break
        line, node, length = found
        rest = rest[length:].removeprefix(".")
    is_block = isinstance(node, yaml.ScalarNode) and node.style == "|"
    return node.start_mark.line + 1 + within if is_block and node is not None and not rest else line + 1


def _mapped(node: yaml.MappingNode, rest: str) -> tuple[int, yaml.Node, int] | None:
    """The key that `rest` begins with, the longest where there are several."""
    found: tuple[int, yaml.Node, int] | None = None
    for key, value in _pairs(node):
        text = str(key.value)
        begins = rest.startswith(text) and rest[len(text) : len(text) + 1] in ("", ".", "[")
        if begins and (found is None or len(text) > found[2]):
            found = key.start_mark.line, value, len(text)
    return found


def _listed(node: yaml.Node, rest: str) -> tuple[int, yaml.Node, int] | None:
    match = _INDEX.match(rest)
    if match is None or not isinstance(node, yaml.SequenceNode) or int(match[1]) >= len(node.value):
        return None
    item = cast(list[yaml.Node], node.value)[int(match[1])]
    return item.start_mark.line, item, match.end()


def _pairs(node: yaml.MappingNode) -> Iterator[Pair]:
    """Its own, and then those that it merges."""
    held = cast(list[Pair], node.value)
    yield from (pair for pair in held if pair[0].tag != _MERGE)
    for merged in (value for key, value in held if key.tag == _MERGE):
        for part in merged.value if isinstance(merged, yaml.SequenceNode) else [merged]:
            if isinstance(part, yaml.MappingNode):
                yield from _pairs(part)


class _Values:
    def __init__(self, slips: list[Slip]) -> None:
        self._slips = slips

    def read(self, node: yaml.Node, path: str) -> object:
        match node:
            case yaml.MappingNode() if node.tag == f"{_TAG}map":
                return self._mapping(node, path)
            case yaml.SequenceNode() if node.tag == f"{_TAG}seq":
                return [self.read(item, f"{path}[{index}]") for index, item in enumerate(node.value)]
            case yaml.ScalarNode():
                return self._scalar(node, path)
            case _:
                return self._tagged(node, path)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, object]:
        values: dict[str, object] = {}
        lines: dict[str, int] = {}
        own = {id(key) for key, _ in cast(list[Pair], node.value)}
        for key, value in _pairs(node):
            if not isinstance(key, yaml.ScalarNode):
                hint = "Put it in quotes; templates are not filled in here."
                self._slip(key, path, "A key is a list or a mapping, and no text.", hint, is_read=not path)
                continue
            if key.tag != f"{_TAG}str":
                hint = "Put it in quotes."
                self._slip(key, path, f"The key {clipped(key.value)} is not text.", hint, is_read=True)
                continue
            name = self._text(key, path)
            inner = f"{path}.{name}" if path else name
            if name not in values:
                values[name] = self.read(value, inner)
                lines[name] = key.start_mark.line + 1
            elif id(key) in own:
                hint = f"Leave one out: the other is in line {lines[name]}."
                self._slip(key, inner, f"The key {clipped(name)} is here twice.", hint, is_read=True)
        return values

    def _scalar(self, node: yaml.ScalarNode, path: str) -> object:
        written = cast(str, node.value)
        match node.tag.removeprefix(_TAG):
            case "str" | "merge":
                return self._text(node, path)
            case "null":
                return None
            case "bool" if written.lower() in ("true", "false"):
                return written.lower() == "true"
            case "int" if (whole := _whole(written)) is not None:
                return whole
            case "float" if (number := _number(written)) is not None:
                return number
            case "int" | "float" | "bool":
                message = f"{clipped(written)} is no value of JSON."
                self._slip(node, path, message, "Write a number of ordinary size, true or false, or put it in quotes.")
                return written
            case _:
                return self._tagged(node, path)

    def _text(self, node: yaml.ScalarNode, path: str) -> str:
        text = cast(str, node.value)
        if _HALVES.search(text):
            message = "The text holds half of a pair of characters."
            self._slip(node, path, message, "Write the character itself.", is_read=True)
        return _HALVES.sub("\ufffd", text)

    def _tagged(self, node: yaml.Node, path: str) -> None:
        tag = node.tag.replace(_TAG, "!!")
        message = f"The tag {clipped(tag)} is none of JSON's kinds of values."
        self._slip(node, path, message, "Leave the tag out, and write a text, a number, a list or a mapping.")

    def _slip(self, node: yaml.Node, path: str, message: str, hint: str, *, is_read: bool = False) -> None:
        self._slips.append(Slip(path, message, hint, node.start_mark.line + 1, is_read))


def _whole(written: str) -> int | None:
    """Of the forms that YAML 1.2 has; a number that is far too long is none."""
    text = written.lower()
    base = {"0x": 16, "0o": 8}.get(text[:2], 10)
    try:
        return int(text, base) if len(text) <= _MOST_DIGITS else None
    except ValueError:
        return None


def _number(written: str) -> float | None:
    try:
        number = float(written)
    except ValueError:
        return None
    return number if math.isfinite(number) else None

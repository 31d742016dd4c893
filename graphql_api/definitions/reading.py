"""A strict reader of one mapping of a definition: what is not asked for by the time it is `done` is a slip."""

import math
from collections.abc import Callable, Collection, Mapping
from typing import TypeGuard, cast

from graphql_api.definitions.problems import Problems, nearest
from graphql_api.documents.base import TagPart
from graphql_api.domain.durations import parse_duration
from graphql_api.domain.references import NAME
from graphql_api.domain.times import parse_moment
from graphql_api.domain.types import ValueType

_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
    type(None): "null",
}


def kind_of(value: object) -> str:
    """What a value is, in words for people."""
    return _KINDS.get(type(value), type(value).__name__)


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in cast(Mapping[object, object], value))


def is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def is_whole(value: object) -> TypeGuard[int]:
    """A whole number of up to 64 bits; YAML and JSON tell true from 1, Python's `isinstance` does not."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def is_number(value: object) -> TypeGuard[int | float]:
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def refuse_unstorable(value: object, path: str, problems: Problems) -> None:
    """Text and numbers that JSON can write and MongoDB cannot hold."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            problems.add(path, "The text holds a character that is none: NUL, or half of a pair.")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        problems.add(path, "The number is longer than 64 bits.")
    elif is_mapping(value):
        for key, item in value.items():
            refuse_unstorable(key, path, problems)
            if key.startswith("$"):
                problems.add(f"{path}.{key}", f"A key may not begin with $, as {key!r} does.", "Give it another name.")
            refuse_unstorable(item, f"{path}.{key}", problems)
    elif is_list(value):
        for index, item in enumerate(value):
            refuse_unstorable(item, f"{path}[{index}]", problems)


class Reader:
    """Takes keys one by one; a value that does not fit adds a problem and reads as absent. `null` is absent."""

    def __init__(self, value: object, path: str, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self._asked: dict[str, None] = {}
        self.values: Mapping[str, object] = {}
        self.usable = is_mapping(value)
        if is_mapping(value):
            self.values = value
        else:
            problems.add(path, f"This must be a mapping, not {kind_of(value)}.")

    def at(self, key: str) -> str:
        return f"{self.path}.{key}"

    def holds(self, *keys: str) -> bool:
        return any(self.values.get(key) is not None for key in keys)

    def refuse(self, key: str, message: str, hint: str | None = None) -> None:
        self.problems.add(self.at(key), message, hint)

    def done(self) -> None:
        """Refuses every key that nothing asked for."""
        for key in self.values:
            if key not in self._asked and self.usable:
                self.refuse(key, f"There is no key {key!r} here.", nearest(key, self._asked))

    def raw(self, key: str, *, required: bool = False, wanted: str = "It") -> object:
        self._asked[key] = None
        value = self.values.get(key)
        if value is None and required and self.usable:
            self.refuse(key, f"{wanted} is required.")
        return value

    def text(self, key: str, *, required: bool = False) -> str | None:
        value = self.raw(key, required=required)
        if value is None or isinstance(value, str):
            return value
        self.refuse(key, f"This must be text, not {kind_of(value)}.", "Put it in quotes.")
        return None

    def name(self, key: str = "name", *, required: bool = True) -> str | None:
        text = self.text(key, required=required)
        if text is None or NAME.fullmatch(text):
            return text
        self.refuse(
            key, f"{text!r} is not a name.", "Names are small letters, digits and _, begin with a letter, at most 63."
        )
        return None

    def parsed(self, key: str, parse: Callable[[str], int]) -> int | None:
        """What `parse` makes of the text; its ValueError says what is wrong."""
        text = self.text(key)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as refused:
            self.refuse(key, f"{refused}.")
            return None

    def duration(self, key: str) -> int | None:
        return self.parsed(key, parse_duration)

    def moment(self, key: str) -> int | None:
        return self.parsed(key, parse_moment)

    def word(self, key: str, words: Collection[str], *, required: bool = False) -> str | None:
        """One of a closed set of words."""
        text = self.text(key, required=required)
        if text is None or text in words:
            return text
        self.refuse(key, f"{text!r} is none of the words for {key}.", nearest(text, words))
        return None

    def value_type(self, key: str = "type", allowed: Collection[ValueType] = tuple(ValueType)) -> ValueType | None:
        word = self.word(key, allowed, required=True)
        return ValueType(word) if word is not None else None

    def items(self, key: str, *, required: bool = False) -> list[tuple[str, object]] | None:
        """The elements of a list, each with its path; None where there is no list."""
        value = self.raw(key, required=required)
        if value is None:
            return None
        if not is_list(value):
            self.refuse(key, f"This must be a list, not {kind_of(value)}.")
            return None
        return [(f"{self.at(key)}[{index}]", item) for index, item in enumerate(value)]

    def names(self, key: str, *, required: bool = False) -> list[tuple[str, str]] | None:
        """A list of texts, each with its path, none of them twice."""
        items = self.items(key, required=required)
        if items is None:
            return None
        taken: dict[str, str] = {}
        for path, item in items:
            if not isinstance(item, str):
                self.problems.add(path, f"This must be text, not {kind_of(item)}.")
            elif item in taken:
                self.problems.add(path, f"{item!r} is in the list twice.")
            else:
                taken[item] = path
        return [(path, item) for item, path in taken.items()]

    def texts_by_name(self, key: str) -> dict[str, str]:
        """A mapping of texts."""
        value = self.raw(key)
        if value is None:
            return {}
        if not is_mapping(value):
            self.refuse(key, f"This must be a mapping of texts, not {kind_of(value)}.")
            return {}
        texts: dict[str, str] = {}
        for name, text in value.items():
            if isinstance(text, str):
                texts[name] = text
            else:
                message = f"This must be text, not {kind_of(text)}."
                self.problems.add(f"{self.at(key)}.{name}", message, "Put it in quotes.")
        return texts

    def tags(self) -> tuple[TagPart, ...]:
        return tuple(TagPart(key=key, value=value) for key, value in self.texts_by_name("tags").items())

    def count(self, key: str) -> int | None:
        """A whole number from 0."""
        value = self.raw(key)
        if value is None or (is_whole(value) and value >= 0):
            return value
        self.refuse(key, f"This must be a whole number from 0, not {value!r}.")
        return None

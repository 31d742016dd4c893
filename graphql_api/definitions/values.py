"""Values of JSON, as definitions hold them: what they are, and whether they can be kept."""

import math
from collections.abc import Mapping
from typing import TypeGuard, cast

from graphql_api.definitions.problems import Problems

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


def told(value: object) -> str:
    """A value as a message shows it: numbers as they are, text and what is larger by its kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"the number {value}" if isinstance(value, int | float) else kind_of(value)


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in cast(Mapping[object, object], value))


def is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def is_whole(value: object) -> TypeGuard[int]:
    """A whole number of up to 64 bits; YAML and JSON tell true from 1, Python's `isinstance` does not."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def is_number(value: object) -> TypeGuard[int | float]:
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def is_storable(text: str) -> bool:
    """Can MongoDB hold it?"""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def storable(value: object) -> object:
    """The same without the characters that no text may hold, to be looked at further where these are refused."""
    if isinstance(value, str):
        return value if is_storable(value) else "".join(one for one in value if is_storable(one))
    if is_mapping(value):
        return {key: storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if is_list(value) else value


def refuse_unstorable(value: object, path: str, problems: Problems) -> None:
    """Text and numbers that JSON can write and MongoDB cannot hold, where nothing else is wrong with them."""
    if isinstance(value, str):
        if not is_storable(value) and not problems.are_at(path):
            problems.add(path, "The text holds a character that is none: NUL, or half of a pair.", "Leave it out.")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        if not problems.are_at(path):
            problems.add(path, "The number is longer than 64 bits.", "Write a shorter one, or put it in quotes.")
    elif is_mapping(value):
        for key, item in value.items():
            refuse_unstorable(key, path, problems)
            if key.startswith("$"):
                problems.add(f"{path}.{key}", f"A key may not begin with $, as {key!r} does.", "Give it another name.")
            refuse_unstorable(item, f"{path}.{key}", problems)
    elif is_list(value):
        for index, item in enumerate(value):
            refuse_unstorable(item, f"{path}[{index}]", problems)

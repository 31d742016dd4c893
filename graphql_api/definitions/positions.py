"""Where the path of a problem lies among the definitions, so that problems come in the order of what is written."""

import re
from collections.abc import Sequence

from graphql_api.definitions.documents import Definition
from graphql_api.definitions.values import is_list, is_mapping

_DEFINITION = re.compile(r"definitions\[(\d{1,9})\]\.?", re.ASCII)
_INDEX = re.compile(r"\[(\d{1,9})\]\.?", re.ASCII)


def position(definitions: Sequence[Definition], path: str) -> tuple[int, ...]:
    """Of the definition, and of each key and item on the way; what is not there comes before what is."""
    match = _DEFINITION.match(path)
    if match is None or int(match[1]) >= len(definitions):
        return ()
    value: object = definitions[int(match[1])].spec
    found, rest = [int(match[1])], path[match.end() :]
    while rest:
        step = _step(value, rest)
        if step is None:
            break
        index, value, length = step
        found.append(index)
        rest = rest[length:].removeprefix(".")
    return tuple(found)


def _step(value: object, rest: str) -> tuple[int, object, int] | None:
    if is_list(value):
        match = _INDEX.match(rest)
        if match is None or int(match[1]) >= len(value):
            return None
        return int(match[1]), value[int(match[1])], match.end()
    if not is_mapping(value):
        return None
    keys = [key for key in value if rest.startswith(key) and rest[len(key) : len(key) + 1] in ("", ".", "[")]
    key = max(keys, key=len, default=None)
    return None if key is None else (list(value).index(key), value[key], len(key))

"""One text for each meaning, and its hash."""

import hashlib
import json
from collections.abc import Mapping
from typing import cast


def canonical(value: object) -> str:
    """JSON without spaces, keys in order; a whole number is written in one way, 1 and 1.0 alike."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def is_same(one: object, other: object) -> bool:
    """Equal as JSON: `true` is not 1, and the order of keys does not count."""
    return canonical(one) == canonical(other)


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast(Mapping[object, object], value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast(list[object], value)]
    return value

"""Opaque ids that are unique over all types: base64 of `Type:id`, as Relay's clients know them."""

import base64
import binascii
import re
from dataclasses import dataclass

_FORM = re.compile(r"([A-Za-z]{1,64}):([0-9a-f]{24})", re.ASCII)


@dataclass(frozen=True, slots=True)
class GlobalId:
    """`hex` is the id within its type: 24 hexadecimal digits."""

    type_name: str
    hex: str


def global_id(type_name: str, within: object) -> str:
    return base64.b64encode(f"{type_name}:{within}".encode()).decode()


def parse(text: str) -> GlobalId | None:
    """None for what no server of ours wrote: a malformed id is an id of nothing."""
    try:
        decoded = base64.b64decode(text.encode(), validate=True).decode()
    except (binascii.Error, UnicodeError):
        return None
    match = _FORM.fullmatch(decoded)
    return GlobalId(match[1], match[2]) if match else None


def parse_as(type_name: str, text: str) -> str | None:
    """The id within its type; None where it is malformed or of another type."""
    found = parse(text)
    return found.hex if found and found.type_name == type_name else None

"""JSON of answers. Fragments that are JSON already are pasted as they are."""

from decimal import Decimal
from typing import Any

import msgspec
from bson import ObjectId


def _other(value: object) -> object:
    if isinstance(value, int):  # of BSON: a whole number that remembers how wide it is stored
        return int(value)
    if isinstance(value, ObjectId | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encoder = msgspec.json.Encoder(enc_hook=_other)


class NotJson(ValueError):
    pass


def encoded(value: object) -> bytes:
    return _encoder.encode(value)


def decoded(body: bytes | str) -> Any:
    """Whole numbers stay exact. Raises NotJson, also for what is nested too deep to be read."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise NotJson(str(error)) from None

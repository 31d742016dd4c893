"""Messages of graphql-transport-ws. Knows no connection."""

from collections.abc import Mapping
from typing import Any

import msgspec

from j_feature_store.errors import Refused, Unauthenticated, UnexpectedAnswer
from j_feature_store.wire import refusal_of

NAME = "graphql-transport-ws"


class CutOff(Exception):
    """The connection ended before the subscription did, or did not come about."""


def hello(headers: Mapping[str, str]) -> str:
    return _text({"type": "connection_init", "payload": headers})


def subscribe(text: str, variables: Mapping[str, object]) -> str:
    return _text({"id": "1", "type": "subscribe", "payload": {"query": text, "variables": variables}})


def heard(text: str) -> tuple[str, dict[str, Any]]:
    """The type of a message, and what a `next` holds.

    Raises:
        Refused: the server answered with errors.
    """
    try:
        message = msgspec.json.decode(text, type=dict[str, Any])
        kind = message["type"]
    except (msgspec.MsgspecError, KeyError):
        raise UnexpectedAnswer(f"That is no message of {NAME}: {text[:200]!r}.") from None
    if kind == "error":
        raise refusal_of(message["payload"])
    payload: dict[str, Any] = message.get("payload") or {}
    if kind == "next" and payload.get("errors"):
        raise refusal_of(payload["errors"])
    return kind, payload.get("data") or {}


def closed(code: int | None, reason: str) -> Exception:
    """What the end of a connection means: from 4400 to 4499 the server refuses, else one may come back."""
    if code is None or not 4400 <= code < 4500:
        return CutOff(reason or f"closed ({code})")
    told = reason or f"The server closed the connection ({code})."
    return Unauthenticated(told) if code in (4401, 4403) else Refused(told)


def _text(message: Mapping[str, object]) -> str:
    return msgspec.json.encode(message).decode()


PONG = _text({"type": "pong"})

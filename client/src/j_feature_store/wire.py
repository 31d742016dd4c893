"""Requests and answers as bytes, and when a request may be sent again. Knows no connection."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

import msgspec

from j_feature_store.errors import FeatureStoreError, InvalidInput, Refused, Unavailable, UnexpectedAnswer, refusal

CONTENT = {"Accept": "application/graphql-response+json", "Content-Type": "application/json"}
BUSY = frozenset({429, 502, 503, 504})
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Operation:
    """`field` is the one that is asked for.

    `repeatable`: sent twice it does what it does once, so that it may be sent again when no answer came. Queries are;
    of the mutations, those with an idempotency key."""

    text: str
    field: str
    repeatable: bool = True


def request(text: str, variables: Mapping[str, object]) -> bytes:
    """Raises InvalidInput for what JSON cannot tell."""
    try:
        return _ENCODER.encode({"query": text, "variables": variables})
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as wrong:
        raise InvalidInput(f"This cannot be sent as JSON: {str(wrong)[:200]}.") from None


def data_of(status: int, headers: Mapping[str, str], content: bytes, url: str) -> dict[str, Any]:
    """What an answer holds.

    Raises:
        Refused: the server answered with errors; several of them are one, with the first one's code.
        Unavailable: what stands before the server says that it is not there.
        UnexpectedAnswer: it is no answer of a GraphQL API.
    """
    try:
        body: object = msgspec.json.decode(content)
    except msgspec.DecodeError:
        body = None
    if isinstance(body, dict):
        told = cast("dict[str, Any]", body)
        if errors := told.get("errors"):
            raise refusal_of(errors)
        if isinstance(told.get("data"), dict):
            return told["data"]
    if status in BUSY:
        raise Unavailable(f"{url} answered {status}.", _retry_after(headers.get("retry-after")))
    raise UnexpectedAnswer(f"{url} answered {status}, but not as this API does. Is the URL right?")


def refusal_of(errors: Sequence[Mapping[str, Any]]) -> Refused:
    """GraphQL errors as one exception."""
    extensions = [cast("Mapping[str, Any]", error.get("extensions") or {}) for error in errors]
    details = {**extensions[0], "problems": [problem for each in extensions for problem in each.get("problems") or ()]}
    message = "\n".join(str(error.get("message", "")) for error in errors)
    return refusal(str(details.get("code", "")), message, details)


def refusal_of_file(status: int, headers: Mapping[str, str], content: bytes, name: str) -> FeatureStoreError:
    """Why a file was not taken or given."""
    try:
        told: object = msgspec.json.decode(content)
    except msgspec.DecodeError:
        told = None
    if isinstance(told, dict) and {"code", "message"} <= cast("dict[str, Any]", told).keys():
        body = cast("dict[str, Any]", told)
        return refusal(body["code"], body["message"], body)
    if status in BUSY:
        return Unavailable(f"{name}: the server answered {status}.", _retry_after(headers.get("retry-after")))
    return UnexpectedAnswer(f"{name}: the server answered {status}.")


def result_of(operation: Operation, data: Mapping[str, Any]) -> Any:
    """The value of the operation's field; a member of a union that implements `Error` is raised."""
    if operation.field not in data:
        raise UnexpectedAnswer(f"The answer holds no {operation.field}.")
    value: Any = data[operation.field]
    if isinstance(value, dict) and "__typename" in value and "code" in value:
        told = cast("dict[str, Any]", value)
        raise refusal(told["code"], told["message"], told)
    return cast(Any, value)


def pause_before(attempt: int, fault: FeatureStoreError) -> float:
    """Seconds to wait before the attempt after this one: what the server asks for, else longer each time."""
    asked = fault.retry_after_seconds if isinstance(fault, Unavailable) else None
    usual = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
    return min(asked, LONGEST_PAUSE) if asked is not None else usual * random.uniform(0.5, 1.0)


def _retry_after(header: str | None) -> float | None:
    if header is None:
        return None
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _plain(value: object) -> object:
    """Scalars and arrays of NumPy, pandas, polars and Arrow as Python's own; what stands for no value as None."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    for name in ("to_pydatetime", "item", "tolist", "to_pylist", "to_list", "as_py"):
        convert = getattr(value, name, None)
        if convert is not None and (name != "item" or getattr(value, "ndim", 0) == 0):
            return convert()
    raise TypeError(f"a value of type {type(value).__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)

"""Scalars, exact in both directions."""

from datetime import datetime
from typing import NewType

import msgspec
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from graphql_api.domain.times import from_micros, parse_rfc3339, rfc3339, to_micros

BigInt = NewType("BigInt", int)
JSON = NewType("JSON", object)

_INT64 = 1 << 63


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "INVALID_INPUT"})


def _read_moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise _refusal("DateTime is a text, such as 2026-11-24T23:39:34Z.")
    try:
        return from_micros(parse_rfc3339(value))
    except (ValueError, OverflowError) as error:
        raise _refusal(f"DateTime: {error}") from None


def _write_moment(value: datetime) -> str:
    return rfc3339(to_micros(value))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -_INT64 <= value < _INT64:
        raise _refusal("BigInt is a whole number of up to 64 bits, written as a number.")
    return value


def _as_is(value: object) -> object:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            "A moment as RFC 3339 text, in UTC with Z, to the microsecond: 2026-11-24T23:39:34.000001Z. "
            "As input any offset will do; a text without one is refused."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_write_moment,
        parse_value=_read_moment,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description=(
            "A whole number of up to 64 bits, signed, written as a JSON number: read it with a parser that keeps "
            "integers beyond 2^53 exact where such are to be expected."
        ),
        serialize=_whole,
        parse_value=_whole,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value; what it holds is said where it is used.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_as_is,
        parse_value=_as_is,
    ),
}


def pasted(fragment: bytes | msgspec.Raw) -> JSON:
    """Bytes that are JSON already: the endpoint's encoder copies them into the answer."""
    return JSON(fragment if isinstance(fragment, msgspec.Raw) else msgspec.Raw(fragment))

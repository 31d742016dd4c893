"""What a client sees of an error: refusals in full, everything unexpected as INTERNAL under the number of its log.

Every error carries `extensions.code`: INVALID_INPUT where GraphQL itself refuses what was sent."""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from typing import cast

from graphql import GraphQLError
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError

from graphql_api.errors import BlockedByDependents, InvalidInput, Unavailable, UserError

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 1_000

Presented = dict[str, object]


def presented(errors: Iterable[GraphQLError]) -> list[Presented]:
    return [_presented(error) for error in errors]


def refusal(error: UserError) -> Presented:
    """One that is no field's own, such as a bad token."""
    return {"message": error.message, "extensions": extensions_of(error)}


def extensions_of(error: UserError) -> Presented:
    extensions: Presented = {"code": error.code}
    if isinstance(error, InvalidInput) and error.problems:
        extensions["problems"] = [asdict(problem) for problem in error.problems]
    if isinstance(error, BlockedByDependents):
        extensions["dependents"] = list(error.dependents)
    if isinstance(error, Unavailable) and error.retry_after_seconds is not None:
        extensions["retryAfterSeconds"] = error.retry_after_seconds
    return extensions


def _presented(error: GraphQLError) -> Presented:
    shown: Presented = {**error.formatted}
    told = shown.pop("extensions", {})
    cause = _cause(error)
    if cause is None:  # such a message quotes what was sent, however long that is
        extensions = {"code": InvalidInput.code, **cast("Presented", told)}
        return {**shown, "message": _clipped(error.message), "extensions": extensions}
    if is_unavailable(cause):
        log.warning("MongoDB does not answer: %s", cause)
        cause = Unavailable("The registry's database does not answer; try again in a moment.")
    if isinstance(cause, UserError):
        return {**shown, "message": cause.message, "extensions": extensions_of(cause)}
    number = secrets.token_hex(6)
    log.error("Unexpected error %s at %s", number, error.path, exc_info=cause)
    message = f"Something went wrong inside. The server's log has it as {number}."
    return {**shown, "message": message, "extensions": {"code": "INTERNAL"}}


def _clipped(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


def is_unavailable(cause: Exception) -> bool:
    return isinstance(cause, ConnectionFailure | ExecutionTimeout | WaitQueueTimeoutError)


def _cause(error: GraphQLError) -> Exception | None:
    """What was raised; None where GraphQL itself refuses what was sent, in parsing, validating or coercing."""
    seen: Exception = error
    while isinstance(seen, GraphQLError) and seen.original_error is not None:
        seen = seen.original_error
    # A field's error that points at no place in the document is about a value of ours that its type cannot tell.
    is_of_what_was_sent = isinstance(seen, GraphQLError) and (error.path is None or bool(seen.nodes))
    return None if is_of_what_was_sent else seen

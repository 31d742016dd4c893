"""What a client sees of an error: refusals in full, everything unexpected as INTERNAL under the number of its log."""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import asdict

from graphql import GraphQLError
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError

from graphql_api.errors import BlockedByDependents, InvalidInput, Unavailable, UserError

log = logging.getLogger(__name__)

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
    cause = _cause(error)
    if cause is None:
        return dict(error.formatted)
    shown = {**error.formatted}
    shown.pop("extensions", None)
    if is_unavailable(cause):
        log.warning("MongoDB does not answer: %s", cause)
        cause = Unavailable("The registry's database does not answer; try again in a moment.")
    if isinstance(cause, UserError):
        return {**shown, "message": cause.message, "extensions": extensions_of(cause)}
    number = secrets.token_hex(6)
    log.error("Unexpected error %s at %s", number, error.path, exc_info=cause)
    message = f"Something went wrong inside. The server's log has it as {number}."
    return {**shown, "message": message, "extensions": {"code": "INTERNAL"}}


def is_unavailable(cause: Exception) -> bool:
    return isinstance(cause, ConnectionFailure | ExecutionTimeout | WaitQueueTimeoutError)


def _cause(error: GraphQLError) -> Exception | None:
    """What was raised; None where GraphQL itself refuses, in parsing, validating or coercing."""
    seen: BaseException | None = error
    while isinstance(seen, GraphQLError):
        seen = seen.original_error
    return seen

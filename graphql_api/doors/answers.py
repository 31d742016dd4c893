"""Answers of the doors that are no GraphQL: JSON, with the code and the message of what was refused."""

import logging

from starlette.responses import JSONResponse, Response

from graphql_api.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    LimitExceeded,
    LinkExpired,
    NotFound,
    Unauthenticated,
    Unavailable,
    UserError,
)

log = logging.getLogger(__name__)

_STATUSES: dict[type[UserError], int] = {
    InvalidInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    LinkExpired: 410,
    LimitExceeded: 413,
    Unavailable: 503,
}


def refusal(error: Exception, *, close: bool = False) -> Response:
    """What is not meant for its reader is logged, and shown as nothing."""
    if not isinstance(error, UserError):
        log.error("A request failed", exc_info=error)
        return _answer(500, "INTERNAL", "Something in the server failed; its log says what.", close)
    status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 400)
    return _answer(status, error.code, error.message, close)


def wrong_method(*allowed: str) -> Response:
    response = _answer(405, "INVALID_INPUT", f"This address takes {' and '.join(allowed)}.", False)
    response.headers["allow"] = ", ".join(allowed)
    return response


def _answer(status: int, code: str, message: str, close: bool) -> Response:
    headers = {"cache-control": "no-store", **({"connection": "close"} if close else {})}
    return JSONResponse({"code": code, "message": message}, status_code=status, headers=headers)

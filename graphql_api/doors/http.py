"""GraphQL over HTTP, as its specification says: media types, status codes, GET for queries only."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from graphql_api.auth.viewer import Viewer
from graphql_api.context import Context
from graphql_api.doors.encoding import NotJson, decoded, encoded
from graphql_api.doors.execution import Executor, Operation, refused
from graphql_api.doors.identity import Identity
from graphql_api.doors.negotiation import MediaType, answer_type, is_json_in_utf8
from graphql_api.doors.presenting import is_unavailable
from graphql_api.errors import Unauthenticated

Headers = dict[bytes, bytes]
HEARD_OUT = 4
"""How many times the limit a body that is too large is read, and thrown away, before the connection is closed."""
HEARD_OUT_SECONDS = 5.0


class Refused(Exception):
    """What is refused before GraphQL has a say. `headers` go with the answer."""

    def __init__(
        self, status: int, message: str, *, code: str = "INVALID_INPUT", headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "extensions": {"code": code}}
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    media_type: MediaType
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class HttpEndpoint:
    """An ASGI application of its own: nothing stands between a request and its answer."""

    executor: Executor
    identity: Identity
    context: Callable[[Viewer], Context]
    max_body_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        media_type = answer_type(_text(headers.get(b"accept")))
        try:
            if media_type is None:
                raise Refused(406, f"Accept must allow {MediaType.JSON} or {MediaType.GRAPHQL}.")
            answer = await self._answer(scope, headers, receive, media_type)
        except Exception as error:  # the border: whatever it is, the client gets an answer; presenting logs a bug
            answer = _refusal(error, media_type or MediaType.JSON)
        await _send(send, answer)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, media_type: MediaType) -> Answer:
        operation = await self._operation(scope, headers, receive)
        origin = self.identity.origin_of(scope, _text(headers.get(b"user-agent")))
        viewer = await self.identity.viewer(_text(headers.get(b"authorization")), origin)
        document, kind = self.executor.read(operation)
        if scope["method"] == "GET" and kind is not None and kind is not OperationType.QUERY:
            raise Refused(405, "GET is for queries; send mutations by POST.", headers=((b"allow", b"POST"),))
        if kind is OperationType.SUBSCRIPTION:
            raise Refused(400, "Subscriptions go over a WebSocket, by the graphql-transport-ws protocol.")
        outcome = await self.executor.run(document, operation, self.context(viewer))
        status = 400 if media_type is MediaType.GRAPHQL and not outcome.executed else 200
        return Answer(status, media_type, encoded(outcome.body()))

    async def _operation(self, scope: Scope, headers: Headers, receive: Receive) -> Operation:
        if scope["method"] == "GET":
            return _checked(_of_url(scope["query_string"]))
        if scope["method"] != "POST":
            raise Refused(405, "GraphQL takes GET and POST.", headers=((b"allow", b"GET, POST"),))
        if not is_json_in_utf8(_text(headers.get(b"content-type"))):
            raise Refused(415, "Content-Type must be application/json, in UTF-8.")
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise Refused(415, "The body must not be compressed.")
        return _checked(_json(await self._body(headers, receive), "The body"))

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self.max_body_bytes:
            raise await self._too_large(receive)
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "The body did not come whole.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if not message.get("more_body", False):
                break
            if size > self.max_body_bytes:
                raise await self._too_large(receive)
        if size > self.max_body_bytes:
            raise self._excess()
        return b"".join(parts)

    async def _too_large(self, receive: Receive) -> Refused:
        """A client that is cut off in the middle of its sending never hears why; so it is heard out, within reason."""
        left = self.max_body_bytes * HEARD_OUT
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARD_OUT_SECONDS):
                more = True
                while more and left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    more = message.get("more_body", False)
        return self._excess()

    def _excess(self) -> Refused:
        message = f"The body is larger than {self.max_body_bytes} bytes."
        return Refused(413, message, code="LIMIT_EXCEEDED", headers=((b"connection", b"close"),))


def _refusal(error: Exception, media_type: MediaType) -> Answer:
    """What is answered where no operation was executed to its end."""
    match error:
        case Refused():
            return Answer(error.status, media_type, encoded({"errors": [error.error]}), error.headers)
        case Unauthenticated():
            challenge = ((b"www-authenticate", b"Bearer"),)
            return Answer(401, media_type, encoded(refused(error).body()), challenge)
        case _:
            body = refused(error).body()
            return Answer(503 if is_unavailable(error) else 500, media_type, encoded(body))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _json(text: bytes | str, what: str) -> Any:
    try:
        return decoded(text)
    except NotJson as error:
        raise Refused(400, f"{what} is not JSON: {error}") from None


def _of_url(query_string: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Refused(400, f"The URL's query cannot be read: {error}") from None
    given: dict[str, Any] = dict(pairs)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _json(given[name], name) if given[name] else None
    given["operationName"] = given.get("operationName") or None
    return given


def _checked(given: object) -> Operation:
    if not isinstance(given, dict):
        raise Refused(400, "The body must be an object with a query; batches are not taken.")
    body = cast("dict[str, object]", given)
    query, name, variables, extensions = (
        body.get(key) for key in ("query", "operationName", "variables", "extensions")
    )
    if not isinstance(query, str):
        raise Refused(400, "query must be a text.")
    if not isinstance(name, str | None):
        raise Refused(400, "operationName must be a text or null.")
    if not isinstance(variables, dict | None):
        raise Refused(400, "variables must be an object or null.")
    if not isinstance(extensions, dict | None):
        raise Refused(400, "extensions must be an object or null.")
    return Operation(query, cast("dict[str, Any] | None", variables), name)


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (b"content-type", f"{answer.media_type}; charset=utf-8".encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept, Authorization"),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})

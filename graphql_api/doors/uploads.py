"""Where files are sent: PUT to an address that createUpload gave, which is all the right that it takes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from bson import ObjectId
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graphql_api.doors.answers import refusal, wrong_method
from graphql_api.errors import InvalidInput, NotFound, UserError
from graphql_api.runtime import Runtime
from graphql_api.services.uploads import PATIENCE, path_of

HEARD_OUT_SECONDS = 5.0
"""A client that is cut off while it sends never hears why: so long it may go on, and what it sends is thrown away."""


class UploadEndpoint:
    """An ASGI application of its own: the body goes to the object store as it comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        body = _Body(receive)
        response = await self._answer(request, body)
        await response(scope, receive, send)

    async def _answer(self, request: Request, body: "_Body") -> Response:
        if request.method != "PUT":
            return wrong_method("PUT")
        runtime: Runtime = request.app.state.runtime
        try:
            upload_id = _upload_id(request)
            await runtime.services.links.require(path_of(upload_id), dict(request.query_params), method="PUT")
            if request.headers.get("content-encoding", "identity") != "identity":
                raise InvalidInput("The body must not be compressed: send the file as it is.")
            await runtime.services.uploads.receive(
                upload_id,
                body.pieces(),
                content_type=request.headers.get("content-type"),
                announced=_announced(request),
            )
        except UserError as error:
            await body.hear_out()
            return refusal(error, close=not body.is_over)
        except Exception as error:  # the border: whatever it is, the client gets an answer
            return refusal(error, close=True)
        return Response(status_code=204, headers={"cache-control": "no-store"})


class _Body:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_over = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises InvalidInput where it breaks off, or is silent for too long."""
        while not self.is_over:
            try:
                async with asyncio.timeout(PATIENCE.total_seconds() / 2):
                    message = await self._receive()
            except TimeoutError:
                raise InvalidInput("Nothing came for too long: send the file again, from its beginning.") from None
            if message["type"] == "http.disconnect":
                self.is_over = True
                raise InvalidInput("The file did not come whole: send it again, from its beginning.")
            self.is_over = not message.get("more_body", False)
            if piece := message.get("body", b""):
                yield piece

    async def hear_out(self) -> None:
        with suppress(TimeoutError, InvalidInput):
            async with asyncio.timeout(HEARD_OUT_SECONDS):
                async for _ in self.pieces():
                    pass


def _upload_id(request: Request) -> ObjectId:
    text = str(request.path_params["upload_id"])
    if not ObjectId.is_valid(text):
        raise NotFound("There is no such upload: ask for another one with createUpload.")
    return ObjectId(text)


def _announced(request: Request) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdigit() else None

"""Where files of training data sets are read: GET of an address that `downloadUrl` gave, which is all the right that it
takes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from bson import ObjectId
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from graphql_api.doors.answers import refusal, wrong_method
from graphql_api.errors import NotFound, UserError
from graphql_api.runtime import Runtime
from graphql_api.services.dataset_files import path_of


class DownloadEndpoint:
    """An ASGI application of its own: the body comes from the object store as it is read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        async with AsyncExitStack() as stack:
            response = await self._answer(request, stack)
            await response(scope, receive, send)

    async def _answer(self, request: Request, stack: AsyncExitStack) -> Response:
        if request.method not in ("GET", "HEAD"):
            return wrong_method("GET", "HEAD")
        runtime: Runtime = request.app.state.runtime
        run_id, name = str(request.path_params["run_id"]), str(request.path_params["name"])
        try:
            if not ObjectId.is_valid(run_id):
                raise NotFound("There is no such training data set.")
            path = path_of(ObjectId(run_id), name)
            await runtime.services.links.require(path, dict(request.query_params), method="GET")
            opened = runtime.services.dataset_files.reading(ObjectId(run_id), name)
            file = await stack.enter_async_context(opened)
        except UserError as error:
            return refusal(error)
        headers = {
            "content-length": str(file.reading.size),
            "content-disposition": f'attachment; filename="{file.kept_as}"',
            "cache-control": "private, no-store",
            **({"etag": f'"{file.part.sha256}"'} if file.part else {}),
        }
        media_type = "application/vnd.apache.parquet" if file.part else "application/json"
        body = _nothing() if request.method == "HEAD" else file.reading.pieces()
        return StreamingResponse(body, headers=headers, media_type=media_type)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield

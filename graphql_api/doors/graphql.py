"""The GraphQL endpoint: HTTP and WebSocket at one address, over one executor."""

from collections.abc import Callable

from graphql import GraphQLSchema
from starlette.types import Receive, Scope, Send

from graphql_api.auth.viewer import Viewer
from graphql_api.context import Context
from graphql_api.doors.documents import Documents, Limits
from graphql_api.doors.execution import Executor
from graphql_api.doors.http import HttpEndpoint
from graphql_api.doors.identity import Identity
from graphql_api.doors.websocket import WebSocketEndpoint
from graphql_api.runtime import Runtime
from graphql_api.settings import Settings
from resolvers.root import schema


class GraphQLEndpoint:
    """It is open while the application is: `open` gives it the runtime that its answers come from."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        limits = Limits(settings.max_query_depth, settings.max_query_aliases, settings.max_query_tokens)
        self.executor = Executor(core_schema(), Documents(core_schema(), limits))
        self._http: HttpEndpoint | None = None
        self._websocket: WebSocketEndpoint | None = None

    def open(self, runtime: Runtime) -> None:
        identity = Identity(runtime.services.tokens, self._settings.auth, self._settings.public_url)
        context: Callable[[Viewer], Context] = lambda viewer: Context(viewer, runtime.services)  # noqa: E731
        self._http = HttpEndpoint(self.executor, identity, context, self._settings.max_body_bytes)
        self._websocket = WebSocketEndpoint(
            schema,
            self.executor,
            identity,
            context,
            self._settings.allowed_origins,
            self._settings.websocket_init_seconds,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._http if scope["type"] == "http" else self._websocket
        if endpoint is None:
            raise RuntimeError("the application has not started")
        await endpoint(scope, receive, send)


def core_schema() -> GraphQLSchema:
    return schema._schema  # pyright: ignore[reportPrivateUsage]

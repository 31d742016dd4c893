"""Subscriptions over WebSocket: the graphql-transport-ws protocol by Strawberry's handler, our own execution."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import strawberry
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import Operation as Subscribed
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types.unset import UNSET, UnsetType

from graphql_api.auth.viewer import ANONYMOUS, Origin, Viewer
from graphql_api.context import Context
from graphql_api.doors.encoding import NotJson, decoded, encoded
from graphql_api.doors.execution import Executor, Operation, Outcome, refused
from graphql_api.doors.identity import Identity
from graphql_api.doors.presenting import Presented, refusal
from graphql_api.errors import LimitExceeded, Unauthenticated

OPERATIONS_A_CONNECTION = 50
TOKEN_IS_OVER = 4403
"""The close code, the same as for a token that does not count when the connection begins."""


@dataclass
class Connection:
    """A client, once it has introduced itself; `connection_params` is what it sent to do so."""

    authorization: str | None
    origin: Origin
    viewer: Viewer = ANONYMOUS
    connection_params: dict[str, object] = field(default_factory=dict[str, object])


class Handler(BaseGraphQLTransportWSHandler[Connection, None]):
    view: "WebSocketEndpoint"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.endings: set[asyncio.Task[None]] = set()
        self.closing: asyncio.Task[None] | None = None

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        await super().handle_connection_init(message)
        if self.connection_acknowledged and self.closing is None:
            self.closing = asyncio.create_task(self._close_with_token())

    async def shutdown(self) -> None:
        if self.closing is not None:
            self.closing.cancel()
            await asyncio.wait([self.closing])
        await super().shutdown()

    async def _close_with_token(self) -> None:
        await self.view.identity.tokens.end_of(self.context.viewer)
        for operation_id in list(self.operations):
            await self.cleanup_operation(operation_id)
        await self.websocket.close(code=TOKEN_IS_OVER, reason="The API token has expired or was revoked.")

    async def handle_message(self, message: Message) -> None:
        if not _is_message(message):
            await self.handle_invalid_message("That is no message of graphql-transport-ws.")
            return
        await super().handle_message(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        if self.connection_acknowledged and len(self.operations) >= OPERATIONS_A_CONNECTION:
            error = LimitExceeded(f"One connection follows at most {OPERATIONS_A_CONNECTION} operations at once.")
            await self.send_message(_errors(message["id"], [refusal(error)]))
            return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: "Subscribed[Connection, None]") -> None:
        asked = Operation(operation.query, operation.variables, operation.operation_name)
        async with aclosing(self._outcomes(asked)) as outcomes:
            async for outcome in outcomes:
                if not outcome.executed:
                    await operation.send_operation_message(_errors(operation.id, outcome.errors))
                    return
                message = {"id": operation.id, "type": "next", "payload": outcome.body()}
                await operation.send_operation_message(cast("Message", message))
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def cleanup_operation(self, operation_id: str) -> None:
        operation = self.operations.get(operation_id)
        task = cast("asyncio.Task[None] | None", operation.task) if operation else None  # pyright: ignore[reportUnknownMemberType]
        await super().cleanup_operation(operation_id)
        if task:
            ending = asyncio.create_task(_ended(task))
            self.endings.add(ending)
            ending.add_done_callback(self.endings.discard)

    async def _outcomes(self, asked: Operation) -> AsyncGenerator[Outcome]:
        executor = self.view.executor
        try:
            await self.view.identity.tokens.confirm(self.context.viewer)
        except Exception as error:  # the border: it ends this operation, not the connection; presenting logs a bug
            yield refused(error)
            return
        document, kind = executor.read(asked)
        context = self.view.new_context(self.context.viewer)
        if kind is not OperationType.SUBSCRIPTION:
            yield await executor.run(document, asked, context)
            return
        async with aclosing(executor.follow(document, asked, context)) as outcomes:
            async for outcome in outcomes:
                yield outcome


async def _ended(task: "asyncio.Task[None]") -> None:
    """Return when it is over. One cancellation may be lost: PyMongo opens connections with `wait_for` (bpo-37658)."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1.0)


def _errors(operation_id: str, errors: list[Presented]) -> Message:
    return cast("Message", {"id": operation_id, "type": "error", "payload": errors})


def _is_message(message: object) -> bool:
    if not isinstance(message, dict):
        return False
    told = cast("dict[str, object]", message)
    if told.get("type") != "subscribe":
        return isinstance(told.get("type"), str) and isinstance(told.get("id", ""), str)
    payload = told.get("payload")
    if not isinstance(told.get("id"), str) or not isinstance(payload, dict):
        return False
    asked = cast("dict[str, object]", payload)
    return (
        isinstance(asked.get("query"), str)
        and isinstance(asked.get("variables"), dict | None)
        and isinstance(asked.get("operationName"), str | None)
    )


class WebSocketEndpoint(GraphQL[Connection, None]):
    """`allowed_origins`: besides the server's own. `init_seconds`: how long a client may take to introduce itself."""

    graphql_transport_ws_handler_class = Handler

    def __init__(
        self,
        schema: strawberry.Schema,
        executor: Executor,
        identity: Identity,
        new_context: Callable[[Viewer], Context],
        allowed_origins: tuple[str, ...],
        init_seconds: float,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=init_seconds),
            max_subscriptions_per_connection=OPERATIONS_A_CONNECTION,
            allowed_origins=allowed_origins,
        )
        self.executor = executor
        self.identity = identity
        self.new_context = new_context

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Connection:
        headers = request.headers
        return Connection(
            headers.get("authorization"), self.identity.origin_of(request.scope, headers.get("user-agent"))
        )

    async def on_ws_connect(self, context: Connection) -> UnsetType | dict[str, object] | None:
        try:
            context.viewer = await self.identity.viewer(_authorization(context), context.origin)
        except Unauthenticated as error:
            raise ConnectionRejectionError from error
        return UNSET

    def decode_json(self, data: str | bytes) -> object:
        try:
            return decoded(data)
        except NotJson as error:
            raise json.JSONDecodeError(str(error), "", 0) from None

    def encode_json(self, data: object) -> str:
        return encoded(data).decode()


def _authorization(connection: Connection) -> str | None:
    """What `connection_init` carries comes before the handshake's header: browsers cannot set one."""
    for name, value in connection.connection_params.items():
        if name.lower() == "authorization" and isinstance(value, str):
            return value
    return connection.authorization

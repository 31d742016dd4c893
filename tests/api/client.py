"""A client of the API, as anyone could write one: HTTP and graphql-transport-ws, nothing of the product imported."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Json = Any
PATIENCE = 30
PROTOCOL = Subprotocol("graphql-transport-ws")


@dataclass
class Client:
    """`token` None: nobody."""

    http: httpx.AsyncClient
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    async def answer(self, query: str, **variables: Json) -> Json:
        """The whole body of the answer."""
        response = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=self.headers)
        return msgspec.json.decode(response.content)

    async def ask(self, query: str, **variables: Json) -> Json:
        """The data of an answer without errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def refusal(self, query: str, **variables: Json) -> Json:
        """The one error of an answer."""
        (error,) = (await self.answer(query, **variables))["errors"]
        return error

    async def code(self, query: str, **variables: Json) -> str | None:
        """The code of the one error; None where there is none."""
        answer = await self.answer(query, **variables)
        return answer["errors"][0]["extensions"]["code"] if "errors" in answer else None

    @asynccontextmanager
    async def socket(self, *, authorization: str | None = None) -> "AsyncGenerator[Socket]":
        """A connection that has introduced itself, by default with the token in `connection_init`."""
        async with self.raw_socket() as raw:
            socket = Socket(raw)
            payload = {"authorization": authorization} if authorization else self.headers
            await socket.send({"type": "connection_init", "payload": payload})
            assert await socket.receive() == {"type": "connection_ack"}
            yield socket

    @asynccontextmanager
    async def raw_socket(self, **options: Any) -> AsyncGenerator[ClientConnection]:
        url = str(self.http.base_url.copy_with(scheme="ws", path="/graphql"))
        async with connect(url, subprotocols=[PROTOCOL], **options) as raw:
            yield raw


@dataclass
class Socket:
    raw: ClientConnection
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def send(self, message: Json) -> None:
        await self.raw.send(msgspec.json.encode(message).decode())

    async def receive(self) -> Json:
        async with asyncio.timeout(PATIENCE):
            text = await self.raw.recv()
        assert isinstance(text, str)
        return msgspec.json.decode(text)

    async def subscribe(self, query: str, **variables: Json) -> str:
        operation = f"op{next(self._ids)}"
        payload = {"query": query, "variables": variables}
        await self.send({"id": operation, "type": "subscribe", "payload": payload})
        return operation

    async def outcome(self, query: str, **variables: Json) -> Json:
        """The first message about an operation."""
        await self.subscribe(query, **variables)
        return await self.receive()

    async def all_of(self, query: str, **variables: Json) -> list[Json]:
        """What every event holds, until the operation completes."""
        operation = await self.subscribe(query, **variables)
        found: list[Json] = []
        while (message := await self.receive())["type"] != "complete":
            assert message["type"] == "next", message
            assert message["id"] == operation
            found.append(message["payload"]["data"])
        return found

"""The API as the commands use it: over HTTP and graphql-transport-ws, like any other client."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Self, cast

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from graphql_api.errors import Problem
from graphql_api.settings import Settings

TRANSPORT = Subprotocol("graphql-transport-ws")
SECONDS_FOR_AN_ANSWER = 120.0
SECONDS_TO_COME_BACK = 120.0
SECONDS_BETWEEN_TRIES = 0.5
TERMINAL_STATES = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})

RUN_PROGRESS = """
subscription RunProgress($id: ID!, $after: Int!) {
  runProgress(id: $id, after: $after) {
    sequence state phase attempt chunksDone chunksTotal
    rowsRead rowsWritten rowsRejected rowsQuarantined fraction rowsPerSecond etaSeconds message
    run { failure { code message hint } }
  }
}
"""


class Refused(Exception):
    """The server said no; `problems` lead to the places in what was sent. `code`: its word for why, if it has one."""

    status = 1
    """With which a command ends."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = (), code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems
        self.code = code


class CutOff(Exception):
    """The connection ended before the answer did."""


class Api:
    def __init__(self, url: str, token: str | None = None) -> None:
        """Raises Refused for a place or a token that nothing can be sent to, or with."""
        self.url = _checked_url(url)
        if token is not None and not _TOKEN.fullmatch(token):
            raise Refused("That is no API token: one is ASCII text without spaces that begins with jfs_.")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(headers=self._headers, timeout=SECONDS_FOR_AN_ANSWER)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, operation: str, **variables: object) -> dict[str, Any]:
        """The data of a query or a mutation.

        Raises:
            Refused: it cannot be sent, the server answered with errors, or does not answer at all.
        """
        content = _encoded({"query": operation, "variables": variables})
        try:
            answer = await self._http.post(f"{self.url}/graphql", content=content, headers=_CONTENT)
            body: object = answer.json()
        except httpx.HTTPError as fault:
            raise Refused(f"No answer from {self.url}: {fault or type(fault).__name__}. {_hint(content)}") from None
        except ValueError:
            body = None
        if not isinstance(body, dict) or not {"data", "errors"} & cast("dict[str, Any]", body).keys():
            raise Refused(f"{self.url} answered, but not as this API does. {_IS_IT_RUNNING}")
        return _data(cast("dict[str, Any]", body))

    async def follow(self, subscription: str, **variables: object) -> AsyncGenerator[dict[str, Any]]:
        """Each answer of a subscription, until the server completes it.

        Raises:
            Refused: the server answered with errors.
            CutOff: there is no connection, or it broke.
        """
        place = self.url.replace("http", "ws", 1) + "/graphql"
        try:
            async with connect(place, subprotocols=[TRANSPORT], additional_headers=self._headers) as socket:
                await socket.send(json.dumps({"type": "connection_init", "payload": self._headers}))
                async for text in socket:
                    message: dict[str, Any] = json.loads(text)
                    match message["type"]:
                        case "connection_ack":
                            payload = {"query": subscription, "variables": variables}
                            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                        case "ping":
                            await socket.send(json.dumps({"type": "pong"}))
                        case "next" if message["payload"].get("errors"):
                            raise _refusal(message["payload"]["errors"])
                        case "next":
                            yield message["payload"]["data"]
                        case "error":
                            raise _refusal(message["payload"])
                        case "complete":
                            return
                        case _:
                            pass
        except ConnectionClosed as closed:
            if closed.rcvd is not None and 4400 <= closed.rcvd.code < 4500:
                raise Refused(closed.rcvd.reason or f"The server closed the connection ({closed.rcvd.code}).") from None
            raise CutOff(str(closed)) from None
        except (OSError, InvalidHandshake) as fault:
            raise CutOff(str(fault)) from None
        raise CutOff("The server ended the connection.")

    async def progress(self, run_id: str) -> AsyncGenerator[dict[str, Any]]:
        """Each event of a run once and in order, its terminal one last, over any number of connections."""
        seen, last_heard = 0, time.monotonic()
        for attempt in itertools.count():
            await asyncio.sleep(SECONDS_BETWEEN_TRIES if attempt else 0)
            try:
                async with aclosing(self.follow(RUN_PROGRESS, id=run_id, after=seen)) as events:
                    async for data in events:
                        event: dict[str, Any] = data["runProgress"]
                        seen, last_heard = event["sequence"], time.monotonic()
                        yield event
                        if event["state"] in TERMINAL_STATES:
                            return
            except CutOff as cut:
                if time.monotonic() - last_heard > SECONDS_TO_COME_BACK:
                    raise Refused(f"{self.url} does not come back: {cut}") from None


_TOKEN = re.compile(r"[!-~]+")
_CONTENT = {"Accept": "application/graphql-response+json", "Content-Type": "application/json"}
_IS_IT_RUNNING = "Is it running there (`make run`)? --url names another place."


def _checked_url(url: str) -> str:
    try:
        place = httpx.URL(url)
    except httpx.InvalidURL:
        place = httpx.URL()
    if place.scheme not in ("http", "https") or not place.host:
        raise Refused(f"{url[:200]!r} is no place of a server: write http://host:port, as in http://127.0.0.1:8000.")
    return str(place).rstrip("/")


def _encoded(request: Mapping[str, object]) -> bytes:
    try:
        return json.dumps(request, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError) as wrong:
        raise Refused(f"This cannot be sent as JSON: {str(wrong)[:200]}.") from None


def _hint(content: bytes) -> str:
    usual: int = Settings.model_fields["max_body_bytes"].default
    if len(content) <= usual:
        return _IS_IT_RUNNING
    return f"The request has {len(content):,} bytes; a server takes {usual:,}, unless its MAX_BODY_BYTES says more."


def _data(body: Mapping[str, Any]) -> dict[str, Any]:
    if errors := body.get("errors"):
        raise _refusal(errors)
    return body["data"]


def _refusal(errors: Sequence[Mapping[str, Any]]) -> Refused:
    problems = list[Problem]()
    extensions: Mapping[str, Any] = {}
    for error in errors:
        extensions = error.get("extensions") or {}
        problems += problems_in(extensions)
    return Refused("\n".join(error["message"] for error in errors), tuple(problems), extensions.get("code"))


def problems_in(holder: Mapping[str, Any]) -> list[Problem]:
    listed: Sequence[Mapping[str, str | None]] = holder.get("problems") or ()
    return [
        # Fields of an input are options here, by the same names.
        Problem((each.get("path") or "").removeprefix("input."), each["message"] or "", each.get("hint"))
        for each in listed
    ]

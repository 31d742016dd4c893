"""What every request passes first: it names this server, and no page of a stranger is behind it."""

import re
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin

from graphql_api.settings import Settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
EVERY_ADDRESS = frozenset({"0.0.0.0", "::", ""})

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^][:/?#@\\\s]+)(?::[0-9]*)?")

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
NO_CONTENT_POLICY = b"default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
_POLICY = b"content-security-policy"
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST, PUT"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"600"),
)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`hosts`: names by which requests may call this server. `origins`: whose pages may, besides its own."""

    hosts: frozenset[str]
    origins: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> "Neighbours":
        named = {*settings.allowed_hosts, *({settings.host} - EVERY_ADDRESS)}
        return cls(LOOPBACK | {name.lower() for name in named}, normalize_allowed_origins(settings.allowed_origins))

    def know_host(self, host: str) -> bool:
        found = _HOST.fullmatch(host.strip())
        return found is not None and found[1].strip("[]").rstrip(".").lower() in self.hosts


class Border:
    def __init__(self, app: ASGIApp, neighbours: Neighbours) -> None:
        self._app = app
        self._neighbours = neighbours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        origin = headers[b"origin"].decode("latin-1") if b"origin" in headers else None
        if not self._neighbours.know_host(host):
            await _refuse(scope, send, 421, f"This server is not {host!r}: ALLOWED_HOSTS says by which names it goes.")
            return
        foreign = origin is not None and not is_same_origin(origin, host)
        if foreign and normalize_origin(origin or "") not in self._neighbours.origins:
            await _refuse(scope, send, 403, f"Pages of {origin!r} may not ask here: ALLOWED_ORIGINS says whose may.")
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        shared = (
            [(b"access-control-allow-origin", (origin or "").encode("latin-1")), (b"vary", b"Origin")]
            if foreign
            else []
        )
        if foreign and scope["method"] == "OPTIONS":
            await _answer(send, 204, b"", [*shared, *_PREFLIGHT])
            return
        await self._app(scope, receive, _with_headers(send, shared))


def _with_headers(send: Send, added: Iterable[tuple[bytes, bytes]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            _complete(message, added)
        await send(message)

    return sending


def _complete(message: MutableMapping[str, Any], added: Iterable[tuple[bytes, bytes]]) -> None:
    headers = [*message.get("headers", ()), *HEADERS, *added]
    if all(name != _POLICY for name, _ in headers):
        headers.append((_POLICY, NO_CONTENT_POLICY))
    message["headers"] = headers


async def _refuse(scope: Scope, send: Send, status: int, message: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})  # before accepting: 403
        return
    await _answer(send, status, message.encode(), [(b"content-type", b"text/plain; charset=utf-8")])


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    start: Message = {"type": "http.response.start", "status": status}
    start["headers"] = [(b"content-length", str(len(body)).encode()), *headers] if status != 204 else headers
    _complete(start, ())
    await send(start)
    await send({"type": "http.response.body", "body": body})

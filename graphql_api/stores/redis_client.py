"""A Redis client that answers or refuses within its time, and packs its commands in C."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import hiredis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from graphql_api.errors import Unavailable

CONNECTIONS = 32
_pack = cast(Callable[[tuple[Any, ...]], bytes], hiredis.pack_command)  # pyright: ignore[reportUnknownMemberType]
_AWAY = (RedisConnectionError, RedisTimeoutError, OSError)
# Memory or disk full, a replica: said by the first word of an error, or, from within a script, further on in it.
_CANNOT_WRITE = ("OOM command", "MISCONF", "READONLY", "can't write against a read only", "command not allowed when")


class PacksInC(AbstractConnection):
    """redis-py's asyncio connections pack commands in Python, which costs more than the rest of a large MGET."""

    def pack_command(self, *args: Any) -> list[bytes]:
        head = args[0]
        words = head.split() if isinstance(head, str) else [head]
        try:
            return [_pack((*words, *args[1:]))]
        except TypeError:
            return super().pack_command(*args)


class FastConnection(PacksInC, Connection): ...


class FastSSLConnection(PacksInC, SSLConnection): ...


class FastUnixConnection(PacksInC, UnixDomainSocketConnection): ...


_FAST: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: FastConnection,
    SSLConnection: FastSSLConnection,
    UnixDomainSocketConnection: FastUnixConnection,
}


class RedisClient:
    """One deadline holds for all of a command: waiting for a connection, connecting, sending and reading.

    A broken connection is tried once more at once (a server that came back), and never after a delay."""

    def __init__(self, url: str, *, timeout_seconds: float) -> None:
        pool = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]
            url,
            protocol=2,
            driver_info=None,
            max_connections=CONNECTIONS,
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=timeout_seconds,
            retry=Retry(NoBackoff(), 1),
        )
        pool.connection_class = _FAST.get(pool.connection_class, pool.connection_class)
        self._redis = Redis.from_pool(pool)
        self._execute = cast(Callable[..., Awaitable[Any]], self._redis.execute_command)  # pyright: ignore[reportUnknownMemberType]
        self._timeout = timeout_seconds

    async def ask(self, *command: str | bytes | int) -> Any:
        """Raises Unavailable where Redis does not answer in time or cannot take the command now."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._execute(*command)
        except _AWAY as error:
            raise Unavailable("The online store does not answer.", retry_after_seconds=1.0) from error
        except ResponseError as error:
            if any(words in str(error) for words in _CANNOT_WRITE):
                raise Unavailable("The online store takes no writes.", retry_after_seconds=10.0) from error
            raise

    async def aclose(self) -> None:
        await self._redis.aclose()

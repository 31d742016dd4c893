"""The servers that a machine without any gets: started together, kept alive, ended together."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from graphql_api.embedded import folder, mongodb, redis, s3
from graphql_api.embedded.ports import Ports
from graphql_api.embedded.supervised import Program, Supervised
from graphql_api.errors import CannotStart
from graphql_api.settings import Settings


def say_nothing(_: str) -> None:
    pass


def beside(settings: Settings) -> Settings:
    """The settings for one more process beside the servers that another one runs in DATA_DIR.

    Raises:
        CannotStart: the settings name no server, and none ever ran there.
    """
    urls = {"mongodb_url": mongodb.url, "redis_url": redis.url, "s3_endpoint_url": s3.url}
    missing = {field: url for field, url in urls.items() if getattr(settings, field) is None}
    if not missing:
        return settings
    ports = Ports(settings.data_dir / "ports.json").kept
    names = {"mongodb_url": "mongodb", "redis_url": "redis", "s3_endpoint_url": "s3"}
    if any(names[field] not in ports for field in missing):
        raise CannotStart(
            f"There is no server to work with: set {', '.join(field.upper() for field in missing)}, "
            f"or start `make run` first; DATA_DIR={settings.data_dir} has no embedded servers."
        )
    update: dict[str, object] = {field: url(ports[names[field]]) for field, url in missing.items()}
    if "s3_endpoint_url" in missing:
        keys = folder.s3_keys(settings.data_dir)
        update["s3_access_key_id"] = keys.access_key_id
        update["s3_secret_access_key"] = SecretStr(keys.secret_access_key)
    return settings.model_copy(update=update)


class EmbeddedServers:
    """MongoDB, Redis and S3 in DATA_DIR, each only where the settings name no server of that kind.

    Entered in the main thread: the servers are bound to the life of the thread that starts them.
    """

    def __init__(self, settings: Settings, on_progress: Callable[[str], None] = say_nothing) -> None:
        self._folder = settings.data_dir.absolute()
        self._say = on_progress
        self._running: dict[str, Supervised] = {}
        self._stack = AsyncExitStack()
        self.mongodb_url = settings.mongodb_url or ""
        self.redis_url = settings.redis_url or ""
        self.s3_endpoint_url = settings.s3_endpoint_url or ""
        self.s3_access_key_id = settings.s3_access_key_id
        self.s3_secret_access_key = settings.s3_secret_access_key

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            lock = stack.enter_context(folder.held(self._folder))
            self._running = {program.name: Supervised(program) for program in self._programs(lock)}
            for server in self._running.values():
                stack.push_async_callback(server.stop)
            await self._start()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def settings_with(self, settings: Settings) -> Settings:
        """The same settings, pointing at these servers."""
        return settings.model_copy(
            update={
                "mongodb_url": self.mongodb_url,
                "redis_url": self.redis_url,
                "s3_endpoint_url": self.s3_endpoint_url,
                "s3_access_key_id": self.s3_access_key_id,
                "s3_secret_access_key": self.s3_secret_access_key,
            }
        )

    def pids(self) -> dict[str, int | None]:
        """The process of each server that runs here; None while it is away."""
        return {name: server.pid for name, server in self._running.items()}

    def _programs(self, lock: int) -> list[Program]:
        ports, programs = Ports(self._folder / "ports.json"), list[Program]()
        if not self.mongodb_url:
            port = ports.port_for("mongodb")
            self.mongodb_url = mongodb.url(port)
            programs.append(mongodb.program(port, self._folder / "mongodb", self._log("mongodb"), lock))
        if not self.redis_url:
            port = ports.port_for("redis")
            self.redis_url = redis.url(port)
            programs.append(redis.program(port, self._folder / "redis", self._log("redis"), lock))
        if not self.s3_endpoint_url:
            port, keys = ports.port_for("s3"), folder.s3_keys(self._folder)
            self.s3_endpoint_url = s3.url(port)
            self.s3_access_key_id = keys.access_key_id
            self.s3_secret_access_key = SecretStr(keys.secret_access_key)
            programs.append(s3.program(port, self._folder / "s3", keys, self._log("s3"), lock))
        return programs

    def _log(self, server: str) -> Path:
        return self._folder / "logs" / f"{server}.log"

    async def _start(self) -> None:
        try:
            async with asyncio.TaskGroup() as starts:
                for server in self._running.values():
                    starts.create_task(self._start_one(server))
        except ExceptionGroup as group:
            refused, others = group.split(CannotStart)
            if others is not None or refused is None:
                raise
            raise CannotStart("\n".join(str(reason) for reason in refused.exceptions)) from None

    async def _start_one(self, server: Supervised) -> None:
        began = time.monotonic()
        await server.start()
        self._say(f"{server.program.name} serves ({time.monotonic() - began:.1f} s)")

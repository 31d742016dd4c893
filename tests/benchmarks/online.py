"""What an online look-up costs: uv run python -m tests.benchmarks.online

Without HTTP in this process; then over HTTP from server processes of their own: GraphQL as the product serves it, and
the look-up behind a bare route, beside a plain Starlette JSON route that answers the same from memory. On the
product's embedded servers, started for this.
"""

import asyncio
import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graphql_api.auth.viewer import EVERYONE_IS_ADMIN
from graphql_api.domain.packing import KeyValue
from graphql_api.domain.types import ValueType
from graphql_api.doors.app import create_app
from graphql_api.doors.encoding import decoded, encoded
from graphql_api.runtime import Runtime
from graphql_api.serving.lookup import OnlineAnswer
from graphql_api.settings import Settings
from tests.benchmarks.load import post_for
from tests.conftest import clean_place
from tests.factories import a_row, an_entry
from tests.servers import running
from tests.serving.online import Online, a_lookup, started, told

SECONDS = 3.0
ENTITIES = 10_000
FEATURES = {f"feature_{n}": ValueType.FLOAT64 for n in range(20)}
SIZES = (1, 100)


@asynccontextmanager
async def filled(settings: Settings) -> AsyncGenerator[Online]:
    """One service of one view with 20 features, and its rows."""
    async with started(settings) as online:
        aircraft = await online.registry.entity()
        view = await online.registry.version("delays", FEATURES, entities=[aircraft])
        await online.registry.service("model", [an_entry(view)])
        values = [round(n * 1.37, 3) for n in range(20)]
        rows: dict[tuple[KeyValue, ...], bytes] = {
            (f"N{n:05}",): a_row(*values, event=1_764_072_000_000_000 + n % 500) for n in range(ENTITIES)
        }
        await online.registry.rows(view, rows)
        yield online


def entities(count: int) -> dict[str, list[str]]:
    return {"tailnum": [f"N{n * 97 % ENTITIES:05}" for n in range(count)]}


async def in_process(online: Online) -> None:
    for size in SIZES:
        lookup = a_lookup("model", entities(size))
        for together in (1, 16, 64):
            asked = 0
            began, cpu = time.perf_counter(), time.process_time()

            async def ask(until: float) -> None:
                nonlocal asked
                while time.perf_counter() < until:
                    await online.features.look_up(EVERYONE_IS_ADMIN, "default", lookup)  # noqa: B023
                    asked += 1

            await asyncio.gather(*(ask(began + SECONDS) for _ in range(together)))
            seconds, used = time.perf_counter() - began, time.process_time() - cpu
            print(f"{size:>4} x 20  c{together:<3} look_up alone            {asked / seconds:>8.0f}/s"
                  f"  {used / asked * 1e6:>6.0f} us CPU")  # fmt: skip


async def serve(port: int, kind: str) -> None:
    settings = Settings()
    async with contextlib.AsyncExitStack() as stack:
        app = create_app(settings) if kind == "product" else await stack.enter_async_context(bare_app(settings))
        config = uvicorn.Config(app, port=port, loop="uvloop", http="httptools", access_log=False, log_level="critical")
        await uvicorn.Server(config).serve()


@asynccontextmanager
async def bare_app(settings: Settings) -> AsyncGenerator[Starlette]:
    async with Runtime(settings) as runtime:
        online = runtime.services.online_features

        async def answer(asked: Mapping[str, object]) -> OnlineAnswer:
            return await online.look_up(EVERYONE_IS_ADMIN, "default", a_lookup("model", asked))

        from_memory = {size: told(await answer(entities(size))) for size in SIZES}

        async def plain(request: Request) -> Response:
            asked = await request.json()
            return JSONResponse(from_memory[len(asked["tailnum"])])

        async def bare(request: Request) -> Response:
            return Response(encoded(await answer(decoded(await request.body()))), media_type="application/json")

        yield Starlette(routes=[Route("/plain", plain, methods=["POST"]), Route("/bare", bare, methods=["POST"])])


@asynccontextmanager
async def served(kind: str, settings: Settings, probe: str) -> AsyncGenerator[tuple[int, psutil.Process]]:
    port = free_port()
    environment = {
        "AUTH": "none", "MONGODB_URL": settings.mongodb_url, "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url, "S3_ENDPOINT_URL": settings.s3_endpoint_url,
        "S3_ACCESS_KEY_ID": settings.s3_access_key_id, "DATA_DIR": str(settings.data_dir), "PATH": "/usr/bin:/bin",
        "S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key.get_secret_value(),
    }  # fmt: skip
    command = ["-m", "tests.benchmarks.online", str(port), kind]
    server = await asyncio.create_subprocess_exec(
        sys.executable, *command, env={name: value for name, value in environment.items() if value}
    )
    try:
        while server.returncode is None:
            await asyncio.sleep(0.2)
            with contextlib.suppress(OSError):
                await post_for(0.1, port, probe, body_for(probe, 1), 1)
                break
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        await server.wait()


DOCUMENT = """query Delays($entities: JSON!) {
  onlineFeatures(featureService: "model", entities: $entities) {
    features rows statuses views viewOfFeature eventTimestamps materializationIds
  }
}"""


def body_for(path: str, size: int) -> bytes:
    asked = entities(size)
    return encoded({"query": DOCUMENT, "variables": {"entities": asked}} if path == "/graphql" else asked)


async def over_http(settings: Settings) -> None:
    async with served("bare", settings, "/bare") as bare, served("product", settings, "/graphql") as product:
        for size in SIZES:
            for together in (1, 16, 64):
                for (port, server), path, name in (
                    (bare, "/plain", "plain Starlette JSON"),
                    (bare, "/bare", "look_up behind a route"),
                    (product, "/graphql", "GraphQL"),
                ):
                    body = body_for(path, size)
                    await post_for(0.3, port, path, body, together)
                    before = server.cpu_times()
                    load = await post_for(SECONDS, port, path, body, together)
                    after = server.cpu_times()
                    used = after.user + after.system - before.user - before.system
                    print(f"{size:>4} x 20  c{together:<3} {name:<24} {load.rate:>8.0f}/s"
                          f"  {used / max(load.requests, 1) * 1e6:>6.0f} us CPU"
                          f"  p50 {load.percentile(0.5):.1f}  p99 {load.percentile(0.99):.1f} ms"
                          f"{f'  {load.refused} refused' if load.refused else ''}")  # fmt: skip


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder, "servers")) as servers,
        clean_place(servers, Path(folder, "data")) as settings,
    ):
        async with filled(settings) as online:
            await in_process(online)
            await over_http(settings)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]) if len(sys.argv) > 1 else main())

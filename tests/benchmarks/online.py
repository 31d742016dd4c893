"""What an online look-up costs: uv run python -m tests.benchmarks.online

Without HTTP in this process, then over HTTP from a server process of its own: the look-up behind a bare route, beside
a plain Starlette JSON route that answers the same bytes' worth from memory. On real servers, started for this.
"""

import asyncio
import contextlib
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
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
from graphql_api.settings import Settings
from tests.benchmarks.load import post_for
from tests.factories import a_row, an_entry
from tests.own_servers import OwnMongo, OwnRedis
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


async def serve(port: int, mongodb_url: str, redis_url: str) -> None:
    settings = given(mongodb_url, redis_url)
    async with filled(settings) as online:
        encode = msgspec.json.Encoder().encode
        from_memory = {
            size: told(await online.features.look_up(EVERYONE_IS_ADMIN, "default", a_lookup("model", entities(size))))
            for size in SIZES
        }

        async def plain(request: Request) -> Response:
            asked = await request.json()
            return JSONResponse(from_memory[len(asked["tailnum"])])

        async def bare(request: Request) -> Response:
            asked: Mapping[str, object] = msgspec.json.decode(await request.body())
            answer = await online.features.look_up(EVERYONE_IS_ADMIN, "default", a_lookup("model", asked))
            return Response(encode(answer), media_type="application/json")

        routes = [Route("/plain", plain, methods=["POST"]), Route("/bare", bare, methods=["POST"])]
        config = uvicorn.Config(
            Starlette(routes=routes), port=port, loop="uvloop", http="httptools", access_log=False, log_level="error"
        )
        await uvicorn.Server(config).serve()


async def over_http(port: int, server: psutil.Process) -> None:
    for size in SIZES:
        body = msgspec.json.encode(entities(size))
        for path, name in (("/plain", "plain Starlette JSON"), ("/bare", "look_up behind a route")):
            await post_for(0.5, port, path, body, 4)
            for together in (1, 16, 64):
                before = server.cpu_times()
                load = await post_for(SECONDS, port, path, body, together)
                after = server.cpu_times()
                used = after.user + after.system - before.user - before.system
                print(f"{size:>4} x 20  c{together:<3} {name:<24} {load.rate:>8.0f}/s"
                      f"  {used / load.requests * 1e6:>6.0f} us CPU"
                      f"  p50 {load.percentile(0.5):.1f}  p99 {load.percentile(0.99):.1f} ms")  # fmt: skip


def given(mongodb_url: str, redis_url: str) -> Settings:
    return Settings.model_validate(
        {"mongodb_url": mongodb_url, "redis_url": redis_url, "mongodb_database": f"bench-{secrets.token_hex(4)}"}
    )


@contextmanager
def own_servers():
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        places = [Path(folder, name) for name in ("mongo", "redis")]
        for place in places:
            place.mkdir()
        yield stack.enter_context(OwnMongo(places[0])).url, stack.enter_context(OwnRedis(places[1])).url


async def main() -> None:
    with own_servers() as (mongodb_url, redis_url):
        async with filled(given(mongodb_url, redis_url)) as online:
            await in_process(online)
        port = OwnRedis(Path()).port
        command = ["-m", "tests.benchmarks.online", str(port), mongodb_url, redis_url]
        server = await asyncio.create_subprocess_exec(sys.executable, *command)
        try:
            while True:
                await asyncio.sleep(0.2)
                with contextlib.suppress(OSError):
                    await post_for(0.1, port, "/bare", msgspec.json.encode(entities(1)), 1)
                    break
            await over_http(port, psutil.Process(server.pid))
        finally:
            server.terminate()
            await server.wait()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
    else:
        uvloop.run(main())

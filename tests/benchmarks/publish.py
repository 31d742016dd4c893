"""How soon an answer shows what was published: uv run python -m tests.benchmarks.publish

The API is a process of its own; this one publishes the two versions of a view in turn, each time from the moment at
which MongoDB has acknowledged it to the first answer over HTTP that shows it.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.types import ValueType
from graphql_api.settings import Settings
from tests.benchmarks.online import served
from tests.conftest import clean_place
from tests.factories import a_row
from tests.servers import running
from tests.serving.online import Online, started

PUBLISHES = 30
PATIENCE_SECONDS = 60
BODY = {"query": """{ onlineFeatures(features: ["v"], entities: {tailnum: ["x"]}) { rows } }"""}


async def two_versions(online: Online) -> tuple[FeatureViewVersionDocument, FeatureViewVersionDocument]:
    """The first answers 1 and the second, which is current, 2."""
    aircraft = await online.registry.entity()
    first, second = [await online.registry.version("v", {"a": ValueType.INT64}, entities=[aircraft]) for _ in range(2)]
    for number, version in enumerate((first, second), 1):
        await online.registry.rows(version, {("x",): a_row(number)})
    return first, second


async def lag(publish: Callable[[], Awaitable[None]], answer: Callable[[], Awaitable[object]], shown: object) -> float:
    await publish()
    published = time.perf_counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await answer() != shown:
            pass
    return time.perf_counter() - published


async def measured(settings: Settings) -> list[float]:
    async with started(settings) as online:
        first, second = await two_versions(online)
        async with (
            served("product", settings, "/graphql") as (port, _),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
        ):

            async def answer() -> object:
                return (await http.post("/graphql", json=BODY)).json()["data"]["onlineFeatures"]["rows"]

            assert await answer() == [[2]]
            lags: list[float] = []
            for turn in range(PUBLISHES):
                version = second if turn % 2 else first
                await asyncio.sleep(random.uniform(0.05, 0.5))
                lags.append(await lag(lambda: online.registry.publish(version), answer, [[version.number]]))  # noqa: B023
            return lags


async def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder, "servers")) as servers,
        clean_place(servers, Path(folder, "data")) as settings,
    ):
        lags = sorted(await measured(settings))
    print(
        f"{len(lags)} publishes by another process, until an answer shows them:"
        f"  median {statistics.median(lags) * 1_000:.0f} ms  worst {lags[-1] * 1_000:.0f} ms"
    )


if __name__ == "__main__":
    asyncio.run(main())

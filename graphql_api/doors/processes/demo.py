"""Puts the demo's data into the object store, saying each step."""

import asyncio

from graphql_api.domain.times import utc_now
from graphql_api.doors.starting import begin
from graphql_api.embedded import beside
from graphql_api.examples.dataset import yesterday
from graphql_api.examples.install import install
from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore


async def bring_data(settings: Settings) -> None:
    async with ObjectStore.of(settings) as objects:
        await install(objects, end=yesterday(utc_now()), on_step=lambda step: print(step, flush=True))


if __name__ == "__main__":
    begin(lambda settings: asyncio.run(bring_data(beside(settings))))

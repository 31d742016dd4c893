"""Brings the data to the format of this program, saying each step, as every server does before it serves."""

import asyncio

from graphql_api.doors.starting import begin
from graphql_api.embedded import beside
from graphql_api.migrations.prepare import prepare
from graphql_api.settings import Settings


def bring(settings: Settings) -> None:
    asyncio.run(prepare(beside(settings), say=lambda step: print(step, flush=True)))


if __name__ == "__main__":
    begin(bring)

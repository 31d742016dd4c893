"""A worker's process."""

import asyncio

from graphql_api.doors.starting import begin
from graphql_api.doors.worker import run_worker
from graphql_api.embedded import beside
from graphql_api.settings import Settings


def work(settings: Settings) -> None:
    asyncio.run(run_worker(beside(settings)))


if __name__ == "__main__":
    begin(work)

"""The embedded servers alone: one line of JSON when they serve, and an end on SIGTERM or Ctrl-C."""

import asyncio
import signal
import sys

import msgspec

from graphql_api.embedded.servers import EmbeddedServers
from graphql_api.errors import CannotStart
from graphql_api.settings import Settings


async def main() -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    async with EmbeddedServers(Settings()) as servers:
        ready = {
            "mongodb_url": servers.mongodb_url,
            "redis_url": servers.redis_url,
            "s3_endpoint_url": servers.s3_endpoint_url,
            "s3_access_key_id": servers.s3_access_key_id,
            "s3_secret_access_key": servers.s3_secret_access_key.get_secret_value(),
            "pids": servers.pids(),
        }
        print(msgspec.json.encode(ready).decode(), flush=True)
        await told_to_end.wait()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except CannotStart as reason:
        sys.exit(str(reason))

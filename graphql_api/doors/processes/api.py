"""The API's process."""

import asyncio

import uvicorn

from graphql_api.doors.app import create_app
from graphql_api.doors.starting import begin, keep_what_was_started
from graphql_api.embedded import beside
from graphql_api.migrations.prepare import prepare
from graphql_api.settings import Settings

SECONDS_TO_DRAIN = 5


def serve(settings: Settings) -> None:
    settings = beside(settings)
    app = create_app(settings)
    asyncio.run(prepare(settings))  # here, since the web server would tell a refusal as a fault of the program
    keep_what_was_started()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # the application believes the proxies that its settings name
        ws_max_size=settings.max_body_bytes,
        timeout_graceful_shutdown=SECONDS_TO_DRAIN,
    )


if __name__ == "__main__":
    begin(serve)

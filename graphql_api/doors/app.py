"""The web application: one GraphQL endpoint at two addresses, and a few pages around it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from graphql_api.definitions.json_schema.whole import ADDRESS
from graphql_api.doors.border import Border, Neighbours
from graphql_api.doors.downloads import DownloadEndpoint
from graphql_api.doors.graphql import GraphQLEndpoint
from graphql_api.doors.health import healthz, readiness
from graphql_api.doors.pages import definitions_schema, graphiql_routes, home, icon
from graphql_api.doors.starting import refuse_strangers
from graphql_api.doors.uploads import UploadEndpoint
from graphql_api.runtime import Runtime
from graphql_api.settings import Settings

ADDRESSES = ("/graphql", "/api/v1/graphql")


def create_app(settings: Settings) -> Starlette:
    """Raises CannotStart for settings that would let strangers in."""
    refuse_strangers(settings)
    graphql = GraphQLEndpoint(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with Runtime(settings) as runtime:
            app.state.runtime = runtime
            graphql.open(runtime)
            yield

    async def readyz(request: Request) -> Response:
        runtime: Runtime = request.app.state.runtime
        return await readiness(runtime.probes())

    return Starlette(
        routes=[
            *(Route(address, graphql) for address in ADDRESSES),
            *(WebSocketRoute(address, graphql) for address in ADDRESSES),
            *graphiql_routes(),
            Route(ADDRESS, definitions_schema),
            Route("/uploads/{upload_id}", UploadEndpoint()),
            Route("/training-datasets/{run_id}/{name}", DownloadEndpoint()),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/", home),
            Route("/favicon.ico", icon),
        ],
        middleware=[*_proxies(settings), Middleware(Border, neighbours=Neighbours.of(settings))],
        lifespan=lifespan,
    )


def _proxies(settings: Settings) -> list[Middleware]:
    """Without any that is trusted, who asks is who opened the connection, whatever its headers say."""
    if not settings.trusted_proxies:
        return []
    return [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))]

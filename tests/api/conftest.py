"""One server for all tests of the API, on a free port, with tokens; each test works in a project of its own."""

import asyncio
import socket
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import Role
from graphql_api.doors.app import create_app
from graphql_api.runtime import Runtime
from graphql_api.settings import AuthMode, Settings
from tests.api.client import Client
from tests.conftest import clean_place
from tests.servers import RunningServers

NEIGHBOUR = "https://app.example"
OPERATOR = Viewer(name="tests", everywhere=Role.ADMIN)


@dataclass(frozen=True)
class Door:
    """A running server. `settings` are its own; `runtime` is what it answers from."""

    settings: Settings
    runtime: Runtime
    http: httpx.AsyncClient

    async def token(self, name: str = "someone", **roles: Role) -> str:
        """The secret of a new token with roles by project."""
        return (await self.runtime.services.tokens.create(OPERATOR, name, roles=roles)).secret

    async def client(self, **roles: Role) -> Client:
        return Client(self.http, await self.token(**roles))

    async def operator(self) -> Client:
        """An admin of the server."""
        issued = await self.runtime.services.tokens.create(OPERATOR, "operator", everywhere=Role.ADMIN)
        return Client(self.http, issued.secret)

    async def project(self) -> ProjectDocument:
        return await ProjectDocument(name=f"p{uuid.uuid4().hex[:12]}").insert()


@dataclass(frozen=True)
class Place:
    """A project of one test, and clients with the roles that it needs to be asked with."""

    door: Door
    project: ProjectDocument
    viewer: Client
    editor: Client
    stranger: Client
    """Knows the server, and has no role in the project."""
    nobody: Client
    """Has no token."""

    @property
    def name(self) -> str:
        return self.project.name


@asynccontextmanager
async def served(settings: Settings) -> AsyncGenerator[Door]:
    app = create_app(settings)
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:  # without it asyncio leaves Nagle's delay on
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, ws="websockets-sansio", lifespan="on", proxy_headers=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        try:
            while not server.started:
                assert not serving.done(), "the server did not start"
                await asyncio.sleep(0.02)
            base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=base_url, timeout=30) as http:
                yield Door(settings, app.state.runtime, http)
        finally:
            server.should_exit = True
            await serving


@pytest.fixture(scope="package")
async def door(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    with clean_place(servers, tmp_path_factory.mktemp("api")) as settings:
        async with served(settings.model_copy(update={"auth": AuthMode.TOKEN})) as door:
            yield door


@pytest.fixture(scope="package")
async def open_door(door: Door) -> AsyncGenerator[Door]:
    """A server on the same database that lets everyone in, pages of one other origin too, and has little patience."""
    changes = {"auth": AuthMode.NONE, "allowed_origins": (NEIGHBOUR,), "websocket_init_seconds": 0.2}
    async with served(door.settings.model_copy(update=changes)) as open_door:
        yield open_door


@pytest.fixture
async def place(door: Door) -> Place:
    project = await door.project()
    other = await door.project()
    return Place(
        door=door,
        project=project,
        viewer=await door.client(**{project.name: Role.VIEWER}),
        editor=await door.client(**{project.name: Role.EDITOR}),
        stranger=await door.client(**{other.name: Role.EDITOR}),
        nobody=Client(door.http),
    )

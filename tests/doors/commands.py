"""The commands, as one types them, on a server that lets everyone in."""

import asyncio
from dataclasses import dataclass

from typer.testing import CliRunner

from graphql_api.doors.cli import app
from tests.api.conftest import Door


@dataclass(frozen=True)
class Ended:
    status: int
    output: str
    complaints: str


@dataclass(frozen=True)
class Commands:
    """Of one project. They run in a thread of their own, since the server runs in this one."""

    door: Door
    project: str

    async def __call__(self, *arguments: object) -> Ended:
        environment = {"JFS_URL": str(self.door.http.base_url), "JFS_PROJECT": self.project, "JFS_LABEL": None}
        told = [str(argument) for argument in arguments]
        done = await asyncio.to_thread(CliRunner().invoke, app, told, env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Ended(done.exit_code, done.stdout, done.stderr)

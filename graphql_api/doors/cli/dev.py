"""`jfs dev`: everything on this machine, from nothing to a live answer."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Annotated

import httpx
import psutil
import typer

from graphql_api.doors.cli import demo
from graphql_api.doors.cli.children import lines_of
from graphql_api.doors.cli.client import Refused
from graphql_api.doors.cli.screen import complain, default_url, screen
from graphql_api.doors.starting import read_settings, refuse_strangers
from graphql_api.embedded import EmbeddedServers
from graphql_api.embedded.ports import asked, is_free
from graphql_api.embedded.supervised import Program, Supervised
from graphql_api.errors import CannotStart
from graphql_api.migrations.looking import is_behind
from graphql_api.observability.logs import log_to_stderr
from graphql_api.settings import AuthMode, Settings

SECONDS_TO_END = 15.0
LONGEST_SILENCE = 60.0


def dev(
    with_demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Bring the demo where nothing is.")] = True,
) -> None:
    """Run everything here: MongoDB, Redis, S3, the API, a worker, and the demo. Ctrl-C ends it."""
    log_to_stderr("WARNING")
    try:
        settings = read_settings()
        asyncio.run(_until_told_to_end(_run(settings, with_demo=with_demo)))
    except CannotStart as reason:
        complain(str(reason))
        raise typer.Exit(1) from None


async def _until_told_to_end(work: Coroutine[None, None, None]) -> None:
    """Ends the work in order on the first signal; more of them change nothing, since the end is bounded in time."""
    task = asyncio.ensure_future(work)

    def end() -> None:
        if not task.cancelling():
            screen.print("\nStopping…")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        await task
    except asyncio.CancelledError:
        screen.print("Stopped. The data stays for the next start.")


async def _run(settings: Settings, *, with_demo: bool) -> None:
    began = time.monotonic()
    _check_machine(settings)
    screen.print(f"Starting in {settings.data_dir.absolute()} …", style="bold", highlight=False)
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(EmbeddedServers(settings, on_progress=_say))
        settings = servers.settings_with(settings)
        environment = _environment(settings)
        if await is_behind(settings):
            await _prepare(environment)
        api = Supervised(_api(settings, environment))
        worker = Supervised(_worker(settings, environment))
        for process in (worker, api):
            stack.push_async_callback(process.stop)
            await process.start()
            _say(f"{process.program.name} runs")
        if with_demo:
            await _bring_demo(environment, needs_token=settings.auth is AuthMode.TOKEN)
        _welcome(settings, time.monotonic() - began)
        await asyncio.Event().wait()


async def _prepare(environment: dict[str, str]) -> None:
    """Before the API starts, for which one does not wait so long; in a process of its own, since it needs modules for
    which no command shall wait."""
    try:
        async for step in lines_of("prepare", environment=environment):
            _say(step)
    except Refused as refused:
        raise CannotStart(refused.message) from None


async def _bring_demo(environment: dict[str, str], *, needs_token: bool) -> None:
    try:
        await demo.bring(default_url(), environment, needs_token=needs_token)
    except Refused as refused:  # the rest serves all the same, and there one can look for the reason
        complain(f"The demo is not whole: {refused.message}", refused.problems)


def _say(text: str) -> None:
    screen.print(f"  {text}", highlight=False)


def _check_machine(settings: Settings) -> None:
    refuse_strangers(settings)
    host, port = settings.host, settings.port
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_PASSIVE)
    except OSError:
        raise CannotStart(f"HOST={host} is not an address; 127.0.0.1 is this machine alone.") from None
    if not is_free(port, host):
        raise CannotStart(
            f"Port {port} on {host} cannot be listened on{_listener(port)}. Stop what is there, "
            f"or choose another port: make run PORT={port + 1}"
        )


def _listener(port: int) -> str:
    try:
        found = (each.pid for each in psutil.net_connections("tcp") if each.laddr and each.laddr.port == port)
        pid = next((pid for pid in found if pid), None)
        return f": the process {pid} ({psutil.Process(pid).name()}) has it" if pid else ""
    except psutil.Error:
        return ""


def _environment(settings: Settings) -> dict[str, str]:
    """What the other processes get to know about this start; what else was set, they inherit."""
    return {
        **os.environ,
        "HOST": settings.host,
        "PORT": str(settings.port),
        "DATA_DIR": str(settings.data_dir.absolute()),
        "MONGODB_URL": settings.mongodb_url or "",
        "REDIS_URL": settings.redis_url or "",
        "S3_ENDPOINT_URL": settings.s3_endpoint_url or "",
        "S3_ACCESS_KEY_ID": settings.s3_access_key_id,
        "S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key.get_secret_value(),
    }


def _api(settings: Settings, environment: dict[str, str]) -> Program:
    url = httpx.URL(default_url())
    question = f"GET /healthz HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nConnection: close\r\n\r\n".encode()

    async def answers() -> bool:
        return (await asked(settings.port, question, host=url.host)).startswith(b"HTTP/1.1 200")

    return Program(
        name="The API",
        command=(sys.executable, "-m", "graphql_api.doors.processes.api"),
        answers=answers,
        log_file=settings.data_dir.absolute() / "logs" / "api.log",
        environment=environment,
        seconds_to_end=SECONDS_TO_END,
        longest_silence=LONGEST_SILENCE,
    )


def _worker(settings: Settings, environment: dict[str, str]) -> Program:
    async def answers() -> bool:
        return True  # it asks for work and answers nobody; that it lives is all there is to know

    return Program(
        name="A worker",
        command=(sys.executable, "-m", "graphql_api.doors.processes.worker"),
        answers=answers,
        log_file=settings.data_dir.absolute() / "logs" / "worker.log",
        environment=environment,
        seconds_to_end=SECONDS_TO_END,
    )


def _welcome(settings: Settings, seconds: float) -> None:
    url = default_url()
    screen.print(
        f"\n[bold green]J Feature Store runs[/] ({seconds:.0f} s). Ctrl-C stops it; the data stays.\n\n"
        f"  [bold]GraphiQL[/]   {url}/graphiql\n"
        f"  [bold]API[/]        {url}/graphql\n"
        f"  [bold]Logs[/]       {settings.data_dir.absolute() / 'logs'}\n\n"
        "In another terminal:\n"
        f"  {command(settings)} online delay_model {demo.EXAMPLE_KEYS}\n"
        f"  {command(settings)} materialize aircraft_delays\n",
        highlight=False,
        soft_wrap=True,
    )


def command(settings: Settings) -> str:
    """How one calls the commands from another terminal, which knows nothing of what was set in this one."""
    usual = Settings.model_fields
    place = {"HOST": (settings.host, usual["host"].default), "PORT": (settings.port, usual["port"].default)}
    return " ".join([*(f"{name}={value}" for name, (value, default) in place.items() if value != default), "./jfs"])

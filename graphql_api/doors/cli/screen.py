"""What the commands have in common: where the server is, and how a refusal looks."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from graphql_api.doors.cli.client import Api, Refused, problems_in
from graphql_api.doors.starting import read_settings
from graphql_api.errors import CannotStart, Problem

screen = Console()
complaints = Console(stderr=True)

Url = Annotated[str | None, typer.Option(help="Where the API is; by default on HOST and PORT.", envvar="JFS_URL")]
Token = Annotated[str | None, typer.Option(help="An API token.", envvar="JFS_TOKEN")]
Project = Annotated[str, typer.Option(help="The project.", envvar="JFS_PROJECT")]


PROBLEMS = 1
"""The status of a command that could not do what it should, or that was called wrongly."""


def talk(url: str | None, token: str | None, work: Callable[[Api], Awaitable[None]], *, as_json: bool = False) -> None:
    """Do the work with the server."""

    async def main() -> None:
        async with Api(url or default_url(), token) as api:
            await work(api)

    carry_out(main(), as_json=as_json)


def carry_out(work: Coroutine[None, None, None], *, as_json: bool = False) -> None:
    """A refusal is shown, as JSON too, and ends the command with its status; so does what keeps it from beginning."""
    try:
        asyncio.run(work)
    except CannotStart as reason:
        complain(str(reason))
        raise typer.Exit(PROBLEMS) from None
    except Refused as refused:
        (print_refusal if as_json else show_refusal)(refused)
        raise typer.Exit(refused.status) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def default_url() -> str:
    settings = read_settings()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def show_refusal(refused: Refused) -> None:
    complain(refused.message, refused.problems)


def print_refusal(refused: Refused) -> None:
    problems = [{"path": one.path, "message": one.message, "hint": one.hint} for one in refused.problems]
    print_json({"code": refused.code, "message": refused.message, "problems": problems})


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def complain(message: str, problems: Sequence[Problem] = ()) -> None:
    """The message, less what one of the problems says with its place, and each problem."""
    if headline := _headline(message, problems):
        complaints.print(Text(headline, style="red"), soft_wrap=True)
    for problem in problems:
        text = Text(problem.message, style="red" if problem.message == message else "")
        place = Text.assemble("  ", (problem.path, "bold"), "  " if problem.path else "")
        complaints.print(Text.assemble(place, text), soft_wrap=True)
        if problem.hint:
            complaints.print(Text(f"      {problem.hint}", style="dim"), soft_wrap=True)


def _headline(message: str, problems: Sequence[Problem]) -> str:
    for problem in problems:
        if message == problem.message:
            return ""
        if message.endswith(told := f": {problem.path}: {problem.message}"):
            return f"{message.removesuffix(told)}."
    return message


def refuse_error(answer: dict[str, Any]) -> dict[str, Any]:
    """The happy member of a mutation's union; the others are raised."""
    if "code" not in answer:
        return answer
    dependents = (Problem("", dependent) for dependent in answer.get("dependents", ()))
    raise Refused(answer["message"], (*problems_in(answer), *dependents), answer["code"])

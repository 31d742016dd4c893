"""API tokens, made and revoked on the database itself: whoever may reach that is an admin already."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.tokens import TokenDocument
from graphql_api.domain.durations import parse_duration
from graphql_api.domain.enums import Role
from graphql_api.domain.times import utc_now
from graphql_api.doors.cli.screen import complain
from graphql_api.doors.starting import begin
from graphql_api.embedded import beside
from graphql_api.errors import InvalidInput, UserError
from graphql_api.runtime import Runtime
from graphql_api.services.tokens import Tokens
from graphql_api.settings import Settings

OPERATOR = Viewer(name="command line", everywhere=Role.ADMIN)

app = typer.Typer(no_args_is_help=True, add_completion=False, help="API tokens, on the database itself.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what it is for.")],
    roles: Annotated[
        list[str] | None, typer.Option("--role", help="PROJECT=ROLE, such as default=EDITOR; may be repeated.")
    ] = None,
    everywhere: Annotated[Role | None, typer.Option(help="A role in all projects.", case_sensitive=False)] = None,
    expires: Annotated[str | None, typer.Option(help="Such as 12h or 90d. Without it the token has no end.")] = None,
) -> None:
    """Print a new token; its secret is shown this once."""
    granted, end = dict(map(_granted, roles or ())), _end(expires)

    async def issue(tokens: Tokens) -> None:
        issued = await tokens.create(OPERATOR, name, roles=granted, everywhere=everywhere, expires_at=end)
        print(issued.secret)

    _with_tokens(issue)


@app.command("list")
def list_() -> None:
    """All tokens, newest first; never their secrets."""

    async def show(tokens: Tokens) -> None:
        projects = {project.id: project.name for project in await ProjectDocument.find_all().to_list()}
        table = Table("id", "name", "roles", "made", "state", box=box.SIMPLE_HEAD)
        for token in await tokens.all_of(OPERATOR):
            grants = (
                f"{projects.get(grant.project_id, grant.project_id) if grant.project_id else '*'}={grant.role}"
                for grant in token.grants
            )
            table.add_row(str(token.id), token.name, " ".join(grants), f"{token.created_at:%Y-%m-%d}", _state(token))
        Console().print(table)

    _with_tokens(show)


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(metavar="ID", help="As `token list` shows it.")]) -> None:
    """End a token, at once and for ever."""

    async def end(tokens: Tokens) -> None:
        token = await tokens.revoke(OPERATOR, token_id)
        print(f"The token {token.name!r} is revoked.")

    _with_tokens(end)


def _with_tokens(work: Callable[[Tokens], Awaitable[None]]) -> None:
    async def main(settings: Settings) -> None:
        async with Runtime(settings) as runtime:
            await work(runtime.services.tokens)

    def run(settings: Settings) -> None:
        try:
            asyncio.run(main(beside(settings)))
        except UserError as refused:
            complain(refused.message, refused.problems if isinstance(refused, InvalidInput) else ())
            raise typer.Exit(1) from None

    begin(run)


def _granted(text: str) -> tuple[str, Role]:
    project, _, role = text.partition("=")
    if not project or role.upper() not in Role.__members__:
        raise typer.BadParameter(f"{text!r} is not PROJECT=ROLE with a role of {', '.join(Role)}.")
    return project, Role(role.upper())


def _end(duration: str | None) -> datetime | None:
    if duration is None:
        return None
    try:
        return utc_now() + timedelta(microseconds=parse_duration(duration))
    except ValueError as wrong:
        raise typer.BadParameter(f"{wrong}.") from None


def _state(token: TokenDocument) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is not None:
        return f"{'expired' if token.expires_at <= utc_now() else 'until'} {token.expires_at:%Y-%m-%d %H:%M} UTC"
    return "valid"


if __name__ == "__main__":
    app(prog_name="jfs token")

"""Data for others, written by the operator: with the servers' own addresses and secrets, which the API never gives."""

import asyncio
from typing import Annotated

import typer

from graphql_api.auth.viewer import Viewer
from graphql_api.domain.enums import Role
from graphql_api.domain.gathering import until_over
from graphql_api.doors.cli.screen import Project, complain
from graphql_api.doors.starting import begin
from graphql_api.doors.worker import tools_of
from graphql_api.embedded import beside
from graphql_api.errors import RunFault, UserError
from graphql_api.services.delta_exports import DeltaExports
from graphql_api.services.projects import Projects
from graphql_api.settings import Settings

OPERATOR = Viewer(name="command line", everywhere=Role.ADMIN)

app = typer.Typer(add_completion=False)


@app.command()
def delta(
    reference: Annotated[str, typer.Argument(metavar="REF", help="Such as aircraft_delays or aircraft_delays@2.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="A folder, or s3://BUCKET/exports/NAME.")],
    project: Project = "default",
) -> None:
    """Write a version's rows as a Delta table, or bring the one that is there up to date.

    All rows that are visible, corrections too, each with its commit and run; what changed since the last export is
    replaced in one step. One export to a place at a time, and nothing else may write there."""

    async def main(settings: Settings) -> None:
        async with tools_of(settings) as tools:
            exports = DeltaExports(projects=Projects(), tools=tools, settings=settings)
            done = await exports.to_delta(OPERATOR, project, reference, to)
        if done.before == done.now:
            print(f"{done.uri} is up to date: commit {done.now}.")
        else:
            print(f"{done.uri} holds the data as of commit {done.now}{f', was {done.before}' if done.before else ''}.")

    def run(settings: Settings) -> None:
        try:
            asyncio.run(until_over(main(beside(settings))))
        except UserError as refused:
            complain(refused.message)
            raise typer.Exit(1) from None
        except RunFault as fault:
            complain(fault.message)
            raise typer.Exit(1) from None

    begin(run)


if __name__ == "__main__":
    app(prog_name="jfs export-delta")

"""The commands, in the order in which a newcomer meets them."""

import os
import sys
from typing import Annotated, Any

import typer

from graphql_api.doors.cli import dev, exporting, online, plans, runs, validating
from graphql_api.doors.cli.screen import PROBLEMS

app = typer.Typer(
    name="jfs",
    help="J Feature Store: a feature store for machine learning, GraphQL first.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_PASSED_ON: dict[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

app.command("dev")(dev.dev)


@app.command()
def serve() -> None:
    """The API alone, on HOST and PORT."""
    _become("api")


@app.command()
def worker() -> None:
    """One worker, which computes what is queued."""
    _become("worker")


app.command("validate")(validating.validate)
app.command("plan")(plans.plan)
app.command("apply")(plans.apply)
app.command("export")(exporting.export)
app.command("materialize")(runs.materialize)
app.command("online")(online.online)


@app.command()
def schema(
    definitions: Annotated[
        bool, typer.Option("--definitions", help="The JSON Schema of YAML definitions instead, as editors want it.")
    ] = False,
) -> None:
    """Print the GraphQL schema (SDL)."""
    _become("schema", *(["--definitions"] if definitions else []))


@app.command("token", context_settings=_PASSED_ON)
def token(context: typer.Context) -> None:
    """API tokens: create, list, revoke; on the database itself."""
    _become("tokens", *context.args)


@app.command("export-delta", context_settings=_PASSED_ON)
def export_delta(context: typer.Context) -> None:
    """A view's data as a Delta table, for DuckDB, Spark, Trino; on the servers themselves."""
    _become("delta_exports", *context.args)


def run() -> None:
    """The program. Being called wrongly is a problem like others: 2 says that a plan has changes, and nothing else."""
    try:
        app(prog_name="jfs")
    except SystemExit as end:
        was_chosen = isinstance(end.__context__, typer.Exit)
        if was_chosen or end.code in (0, None):
            raise
        sys.exit(PROBLEMS)


def _become(process: str, *arguments: str) -> None:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", f"graphql_api.doors.processes.{process}", *arguments])

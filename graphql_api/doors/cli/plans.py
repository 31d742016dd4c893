"""`jfs plan` and `jfs apply`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from graphql_api.doors.cli.client import Api, Refused
from graphql_api.doors.cli.definitions import Choice, applied, planned
from graphql_api.doors.cli.files import read
from graphql_api.doors.cli.runs import follow_all
from graphql_api.doors.cli.screen import Project, Token, Url, print_json, screen, talk
from graphql_api.doors.cli.showing import show

CHANGES = 2
MOVED = 3

Paths = Annotated[list[Path], typer.Argument(metavar="FILES…", help="YAML files, or folders of them.")]
Prune = Annotated[
    bool,
    typer.Option("--prune", help="Delete what was last applied under --label and is absent from the files now."),
]
Label = Annotated[
    str | None,
    typer.Option(
        help="What these files are called together, as one repository is; kept with each object. --prune needs it.",
        envvar="JFS_LABEL",
    ),
]
Repin = Annotated[
    bool, typer.Option("--repin", help="Move references without a number to the newest versions, where they stood too.")
]


class Moved(Refused):
    """The plan that was shown cannot be carried out any more."""

    status = MOVED


def plan(
    paths: Paths,
    prune: Prune = False,
    label: Label = None,
    repin: Repin = False,
    as_json: Annotated[bool, typer.Option("--json", help="The plan, or its problems, as JSON.")] = False,
    project: Project = "default",
    url: Url = None,
    token: Token = None,
) -> None:
    """Show what applying the files would change. Writes nothing.

    Ends with 0 where nothing would change, with 2 where something would, and with 1 where there are problems.
    """

    async def work(api: Api) -> None:
        found = await planned(api, read(paths), project, Choice(prune, label, repin))
        if as_json:
            print_json({key: found[key] for key in ("changes", "behind", "warnings", "fingerprint")})
        else:
            show(found)
        raise typer.Exit(CHANGES if found["changes"] else 0)

    talk(url, token, work, as_json=as_json)


def apply(
    paths: Paths,
    prune: Prune = False,
    label: Label = None,
    repin: Repin = False,
    materialize: Annotated[
        bool, typer.Option("--materialize", help="Also start the runs that are needed, and watch them to their ends.")
    ] = False,
    fingerprint: Annotated[
        str | None,
        typer.Option(help="Of the plan that was reviewed, from `jfs plan --json`: any other plan is refused."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: Project = "default",
    url: Url = None,
    token: Token = None,
) -> None:
    """Show the plan, ask, then make the registry match: what was shown is what happens, all of it or nothing.

    Ends with 0 where the registry matches, with 1 where there are problems, nobody agreed or a run failed, and with 3
    where the registry changed after the plan was shown, or the project is archived: then nothing was applied.
    """

    async def work(api: Api) -> None:
        if not yes and not sys.stdin.isatty():
            raise Refused("There is no terminal to ask on: look at `jfs plan`, then give --yes. Nothing was applied.")
        written, choice = read(paths), Choice(prune, label, repin)
        reviewed = await planned(api, written, project, choice)
        show(reviewed)
        if fingerprint not in (None, reviewed["fingerprint"]):
            raise Moved("This is not the plan of that --fingerprint: review it anew. Nothing was applied.")
        if reviewed["changes"] and not yes:
            _ask()
        try:
            done = await applied(
                api, written, project, choice, fingerprint=reviewed["fingerprint"], materialize=materialize
            )
        except Refused as refused:
            if refused.code != "CONFLICT":
                raise
            raise Moved(f"{refused.message} Nothing was applied.") from None
        _tell(done)
        if done["materializations"]:
            await follow_all(api, {run["version"]["reference"]: run["id"] for run in done["materializations"]})

    talk(url, token, work)


def _ask() -> None:
    if not typer.confirm("Apply this?"):
        raise Refused("Nothing was applied.")


def _tell(done: Mapping[str, Any]) -> None:
    if done["plan"]["changes"]:
        screen.print("Applied.", style="bold green")
    made = [change["createsVersion"] for change in done["plan"]["changes"] if change["createsVersion"]]
    if made:
        screen.print("Made " + ", ".join(made) + ".", highlight=False, soft_wrap=True)
    if done["unmaterialized"]:
        waiting = f"Still to be computed, by --materialize or jfs materialize: {_references(done['unmaterialized'])}."
        screen.print(waiting, highlight=False, soft_wrap=True)


def _references(versions: list[Mapping[str, Any]]) -> str:
    return ", ".join(version["reference"] for version in versions)

"""`jfs plan` and `jfs apply`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from graphql_api.doors.cli.client import Api, Refused
from graphql_api.doors.cli.files import Written, read
from graphql_api.doors.cli.runs import follow_all
from graphql_api.doors.cli.screen import Project, Token, Url, refuse_error, screen, talk

Paths = Annotated[list[Path], typer.Argument(metavar="FILES…", help="YAML files, or folders of them.")]

_ERRORS = """
  ... on Error { code message }
  ... on InvalidInput { problems { path message hint } }
  ... on BlockedByDependents { dependents }
"""
_PLAN_FIELDS = """
  fingerprint warnings
  behind { dependent reference newest }
  changes { change kind name createsVersion dependents changes { kind path before after breaking } }
"""
PLAN = f"""
query Plan($definitions: [DefinitionInput!]!, $project: String!) {{
  plan(definitions: $definitions, project: $project) {{ __typename ... on Plan {{ {_PLAN_FIELDS} }} {_ERRORS} }}
}}
"""
APPLY = f"""
mutation Apply($definitions: [DefinitionInput!]!, $project: String!, $fingerprint: String, $materialize: Boolean!) {{
  apply(definitions: $definitions, project: $project, fingerprint: $fingerprint, materialize: $materialize) {{
    __typename
    ... on ApplyPayload {{
      plan {{ fingerprint }} versions {{ reference }}
      materializations {{ id version {{ reference }} }} unmaterialized {{ reference }}
    }}
    {_ERRORS}
  }}
}}
"""


def plan(paths: Paths, project: Project = "default", url: Url = None, token: Token = None) -> None:
    """Show what applying the files would change. Writes nothing."""

    async def work(api: Api) -> None:
        show(await planned(api, read(paths), project))

    talk(url, token, work)


def apply(
    paths: Paths,
    project: Project = "default",
    materialize: Annotated[bool, typer.Option("--materialize", help="Also start the runs that are needed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Show the plan, then make the registry match; what was shown is what happens."""

    async def work(api: Api) -> None:
        written = read(paths)
        reviewed = await planned(api, written, project)
        show(reviewed)
        if reviewed["changes"] and not yes and sys.stdin.isatty():
            typer.confirm("Apply this?", abort=True)
        done = await applied(api, written, project, fingerprint=reviewed["fingerprint"], materialize=materialize)
        if done["versions"]:
            screen.print("Made " + ", ".join(version["reference"] for version in done["versions"]) + ".")
        if done["unmaterialized"]:
            screen.print("Still to be computed: " + ", ".join(each["reference"] for each in done["unmaterialized"]))
        await follow_all(api, {run["version"]["reference"]: run["id"] for run in done["materializations"]})

    talk(url, token, work)


async def planned(api: Api, written: Written, project: str) -> dict[str, Any]:
    """The plan of what was read; raises Refused with what could not be read and what cannot be planned, at once."""
    try:
        plan = _answer((await api.ask(PLAN, definitions=written.as_input(), project=project))["plan"], written)
    except Refused as refused:
        raise Refused(refused.message, (*written.problems, *refused.problems)) from None
    _must_be_whole(written)
    return plan


async def applied(
    api: Api, written: Written, project: str, *, fingerprint: str | None, materialize: bool
) -> dict[str, Any]:
    """What was made of all that was read; raises Refused, also where something could not be read."""
    _must_be_whole(written)
    asked = {"definitions": written.as_input(), "project": project, "materialize": materialize}
    return _answer((await api.ask(APPLY, **asked, fingerprint=fingerprint))["apply"], written)


def _must_be_whole(written: Written) -> None:
    if written.problems:
        raise Refused("Some of the files cannot be read as definitions.", written.problems)


def _answer(answer: dict[str, Any], written: Written) -> dict[str, Any]:
    try:
        return refuse_error(answer)
    except Refused as refused:
        raise Refused(refused.message, tuple(map(written.placed, refused.problems))) from None


def show(reviewed: dict[str, Any]) -> None:
    signs = {"ADDED": ("+", "green"), "REMOVED": ("-", "red"), "CHANGED": ("~", "yellow")}
    if not reviewed["changes"]:
        screen.print("No changes: the registry matches already.")
    for change in reviewed["changes"]:
        sign, style = signs[change["change"]]
        version = f"  makes {change['createsVersion']}" if change["createsVersion"] else ""
        kind = change["kind"].replace("_", " ").lower()
        screen.print(Text.assemble((f"{sign} {kind} {change['name']}", style), (version, "dim")))
        for detail in change["changes"] if change["change"] == "CHANGED" else ():
            sign, style = signs[detail["kind"]]
            breaking = ("  breaking", "bold red") if detail["breaking"] else ""
            values = f" {_short(detail['before'])} -> {_short(detail['after'])}"
            screen.print(Text.assemble((f"    {sign} {detail['path']}:", style), values, breaking))
        if change["dependents"]:
            screen.print(Text(f"    used by {', '.join(change['dependents'])}", style="dim"))
    for behind in reviewed["behind"]:
        screen.print(f"{behind['dependent']} holds {behind['reference']}; the newest is {behind['newest']}.")
    for warning in reviewed["warnings"]:
        screen.print(Text(f"! {warning}", style="yellow"))


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}…"

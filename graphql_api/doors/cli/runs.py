"""`jfs materialize`, and runs as bars on the screen."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn

from graphql_api.doors.cli.client import Api, Refused
from graphql_api.doors.cli.screen import Project, Token, Url, refuse_error, screen, talk
from graphql_api.errors import Problem

START = """
mutation Start($input: StartMaterializationInput!) {
  startMaterialization(input: $input) {
    __typename
    ... on MaterializationPayload { materialization { id version { reference } start end } }
    ... on Error { code message }
    ... on InvalidInput { problems { path message hint } }
  }
}
"""


def materialize(
    reference: Annotated[str, typer.Argument(metavar="REF", help="Such as aircraft_delays or aircraft_delays@2.")],
    start: Annotated[
        str | None, typer.Option(help="First event time, RFC 3339; by default where coverage ends.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="End of the range, RFC 3339; by default now.")] = None,
    project: Project = "default",
    url: Url = None,
    token: Token = None,
) -> None:
    """Compute a range of a view, and watch the run until it ends; 1 where it fails."""

    async def work(api: Api) -> None:
        asked = {"project": project, "reference": reference, "start": start, "end": end}
        started = refuse_error((await api.ask(START, input=asked))["startMaterialization"])["materialization"]
        screen.print(f"{started['version']['reference']}: {started['start'] or 'all rows'} to {started['end']}")
        screen.print(f"Run {started['id']}; it goes on without this screen.", style="dim")
        await follow_all(api, {started["version"]["reference"]: started["id"]})

    talk(url, token, work)


async def follow_all(api: Api, runs: Mapping[str, str]) -> None:
    """A bar for each run (by title: id) until all have ended.

    Raises:
        Refused: some did not succeed; each is named with what went wrong and what helps.
    """
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[said]}"))
    with Progress(*columns, console=screen) as bars:
        async with asyncio.TaskGroup() as group:
            ends = [group.create_task(_follow(api, title, run, bars)) for title, run in runs.items()]
    failed = tuple(problem for end in ends if (problem := end.result()) is not None)
    if failed:
        raise Refused(f"{len(failed)} of {len(runs)} runs did not succeed.", failed)


async def _follow(api: Api, title: str, run_id: str, bars: Progress) -> Problem | None:
    bar = bars.add_task(title, total=1.0, said="")
    event: dict[str, Any] = {}
    async for event in api.progress(run_id):
        bars.update(bar, completed=event["fraction"], said=said(event))
    if event["state"] == "SUCCEEDED":
        bars.update(bar, completed=1.0)
        return None
    failure: dict[str, Any] = event["run"]["failure"] or {}
    return Problem(title, failure.get("message") or f"The run is {event['state']}.", failure.get("hint"))


def said(event: Mapping[str, Any]) -> str:
    """The moment of a run in a few words: `COMPUTE 3/7 · 120,000 rows · 80,000/s · 2 s left`."""
    state, chunks = event["state"], event["chunksTotal"]
    parts = [state if state != "RUNNING" else event["phase"]]
    if state == "RUNNING" and chunks:
        parts[0] += f" {event['chunksDone']}/{chunks}"
    if event["attempt"] > 1:
        parts.append(f"attempt {event['attempt']}")
    parts.append(f"{event['rowsWritten'] or event['rowsRead']:,} rows")
    if event["rowsQuarantined"]:
        parts.append(f"{event['rowsQuarantined']:,} quarantined")
    if state == "RUNNING" and event["rowsPerSecond"]:
        parts.append(f"{event['rowsPerSecond']:,.0f}/s")
    if state == "RUNNING" and event["etaSeconds"] is not None:
        parts.append(f"{event['etaSeconds']:.0f} s left")
    return " · ".join(parts)

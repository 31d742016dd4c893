"""The demo as a user would bring it: data into the object store, then apply, step after step, and watch the runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from graphql_api.domain.enums import IN_PROGRESS, DefinitionKind
from graphql_api.doors.cli import definitions, runs
from graphql_api.doors.cli.children import lines_of
from graphql_api.doors.cli.client import Api
from graphql_api.doors.cli.files import Written, read
from graphql_api.doors.cli.screen import screen
from graphql_api.examples.steps import steps

EXAMPLE_KEYS = "tailnum=N14228 carrier=UA origin=EWR dest=IAH"
PROJECT = "default"

LATEST = """
query Latest($name: String!, $project: String!) {
  featureView(name: $name, project: $project) { latestVersion { number } }
}
"""
GOING_ON = """
query GoingOn($project: String!, $view: String!, $states: [RunState!]) {
  materializations(project: $project, view: $view, states: $states, first: 200) {
    edges { node { id version { reference } } }
  }
}
"""


async def bring(url: str, environment: Mapping[str, str], *, needs_token: bool) -> None:
    """Make what is not there yet; where a start was cut off, the next one goes on."""
    token = await _new_token(environment) if needs_token else None
    written = [read([folder]) for folder in steps()]
    async with Api(url, token) as api:
        for index, step in enumerate(written):
            if not await _is_made(api, step, before=written[:index]):
                await runs.follow_all(api, await going_on(api, views_of(step)))
                await _install(environment)
                await _apply(api, step, steps()[index])


async def _apply(api: Api, step: Written, folder: Path) -> None:
    screen.print(f"  Applying {folder.name}: {len(step.definitions)} definitions", highlight=False)
    done = await definitions.applied(api, step, PROJECT, fingerprint=None, materialize=True)
    await runs.follow_all(api, {run["version"]["reference"]: run["id"] for run in done["materializations"]})


async def _is_made(api: Api, step: Written, *, before: list[Written]) -> bool:
    """Each of its views has at least as many versions as steps up to this one define it."""
    earlier = [name for other in before for name in views_of(other)]
    for name in views_of(step):
        view = (await api.ask(LATEST, name=name, project=PROJECT))["featureView"]
        if view is None or view["latestVersion"]["number"] <= earlier.count(name):
            return False
    return True


def views_of(step: Written) -> list[str]:
    return [str(each.spec["name"]) for each in step.definitions if each.kind is DefinitionKind.FEATURE_VIEW]


async def going_on(api: Api, views: Sequence[str], project: str = PROJECT) -> dict[str, str]:
    """Runs in progress of these views, the id by the version's reference: what a later version of them waits for."""
    found: dict[str, str] = {}
    for view in views:
        states = [str(state) for state in IN_PROGRESS]
        answer = await api.ask(GOING_ON, project=project, view=view, states=states)
        nodes = (edge["node"] for edge in answer["materializations"]["edges"])
        found |= {node["version"]["reference"]: node["id"] for node in nodes}
    return found


async def _install(environment: Mapping[str, str]) -> None:
    with screen.status("The demo's data") as status:
        async for line in lines_of("demo", environment=environment):
            status.update(line)
    screen.print("  The demo's data is in the object store", highlight=False)


async def _new_token(environment: Mapping[str, str]) -> str:
    arguments = ("create", "jfs dev", "--everywhere", "ADMIN", "--expires", "1h")
    return [line async for line in lines_of("tokens", *arguments, environment=environment)][-1]

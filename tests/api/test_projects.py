"""Projects: made, described and archived by admins of the server; an archived one is only read."""

import uuid

import pytest

from graphql_api.domain.enums import Role
from graphql_api.domain.global_ids import global_id
from tests.api.client import Client, Json
from tests.api.conftest import Door, Place
from tests.api.registry import a_registry

CREATE = """mutation($n: String!, $d: String! = "") { createProject(name: $n, description: $d) {
  __typename ... on Error { code message } ... on ProjectPayload { project { name description archivedAt } }
} }"""
UPDATE = """mutation($p: String!, $d: String!) { updateProject(project: $p, description: $d) {
  __typename ... on Error { code message } ... on ProjectPayload { project { description } }
} }"""
ARCHIVE = """mutation($p: String!) { archiveProject(project: $p) {
  __typename ... on ProjectPayload { project { archivedAt } }
} }"""
UNARCHIVE = ARCHIVE.replace("archiveProject", "unarchiveProject")
WRITES = {
    "apply": 'mutation($p: String!) { apply(definitions: [{kind: ENTITY, spec: {name: "x"}}], project: $p) { %s } }',
    "publishVersion": 'mutation($p: String!) { publishVersion(reference: "aircraft_delays@1", project: $p) { %s } }',
    "startMaterialization": 'mutation($p: String!) { startMaterialization(input: {reference: "aircraft_delays", '
    "project: $p}) { %s } }",
    "updateProject": 'mutation($p: String!) { updateProject(project: $p, description: "x") { %s } }',
}


@pytest.fixture
async def operator(door: Door) -> Client:
    return await door.operator()


async def test_a_project_is_made_and_described(operator: Client) -> None:
    name = f"p{uuid.uuid4().hex[:12]}"

    made = (await operator.ask(CREATE, n=name, d="Flights."))["createProject"]
    again = (await operator.ask(CREATE, n=name))["createProject"]
    changed = (await operator.ask(UPDATE, p=name, d="Flights and weather."))["updateProject"]

    assert made == {
        "__typename": "ProjectPayload",
        "project": {"name": name, "description": "Flights.", "archivedAt": None},
    }
    assert (again["__typename"], again["code"]) == ("Conflict", "CONFLICT")
    assert changed == {"__typename": "ProjectPayload", "project": {"description": "Flights and weather."}}


@pytest.mark.parametrize("name", ["", "Flights", "1st", "a-b", "a" * 64, "a b", "é"])
async def test_names_of_projects_are_names(operator: Client, name: str) -> None:
    refused = (await operator.ask(CREATE, n=name))["createProject"]

    assert (refused["__typename"], refused["code"]) == ("InvalidInput", "INVALID_INPUT")


async def test_an_archived_project_is_only_read_until_it_is_taken_back(place: Place, operator: Client) -> None:
    run = (await a_registry(place.project)).run
    admin = await place.door.client(**{place.name: Role.ADMIN})
    first = (await operator.ask(ARCHIVE, p=place.name))["archiveProject"]["project"]["archivedAt"]
    again = (await operator.ask(ARCHIVE, p=place.name))["archiveProject"]["project"]["archivedAt"]

    async def answers(client: Client) -> dict[str, Json]:
        asked = {name: document % "__typename ... on Error { message }" for name, document in WRITES.items()}
        return {name: (await client.ask(document, p=place.name))[name] for name, document in asked.items()}

    assert first is not None
    assert again == first
    for name, refused in (await answers(operator)).items():
        assert refused["__typename"] == "Conflict", name
        assert "is archived: it can be read" in refused["message"], name
    read = await place.viewer.ask(
        'query($p: String!) { entity(name: "aircraft", project: $p) { name } project(name: $p) { archivedAt } }',
        p=place.name,
    )
    assert read == {"entity": {"name": "aircraft"}, "project": {"archivedAt": first}}
    plan = await place.editor.ask(
        "query($p: String!) { plan(definitions: [], project: $p) { __typename } }", p=place.name
    )
    assert plan == {"plan": {"__typename": "Plan"}}
    ended = await admin.ask(
        "mutation($id: ID!) { cancelRun(id: $id) { __typename } }", id=global_id("Materialization", run.id)
    )
    assert ended == {"cancelRun": {"__typename": "RunPayload"}}  # what goes on may be ended

    back = (await operator.ask(UNARCHIVE, p=place.name))["unarchiveProject"]["project"]
    assert back == {"archivedAt": None}
    assert "Conflict" not in {one["__typename"] for one in (await answers(operator)).values() if "message" not in one}

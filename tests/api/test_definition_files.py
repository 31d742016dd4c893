"""The registry as YAML files: where they came from they change nothing, and elsewhere they make an equal registry."""

from collections.abc import Mapping

import pytest

from graphql_api.definitions.documents import find_in_yaml
from graphql_api.domain.enums import Role
from graphql_api.examples.steps import steps
from tests.api.client import Client, Json
from tests.api.conftest import Door, Place
from tests.api.sources import Columns, as_input, put_files, whole_example
from tests.definitions.example import AIRCRAFT, FLIGHTS, POSITION
from tests.definitions.world import FLIGHTS as FLIGHTS_COLUMNS
from tests.definitions.world import PLANES as PLANES_COLUMNS
from tests.definitions.world import WEATHER as WEATHER_COLUMNS

FILES = """query(
  $p: String!, $first: Int, $after: String, $label: String, $schema: String, $unpinned: Boolean = false
) {
  definitionFiles(
    project: $p, first: $first, after: $after, label: $label, schema: $schema, unpinned: $unpinned
  ) { totalCount edges { node { kind name path text revision } } pageInfo { hasNextPage endCursor } }
}"""
PLAN = """query($d: [DefinitionInput!]!, $p: String!) { plan(definitions: $d, project: $p) {
  __typename ... on Error { message } ... on Plan { changes { name } behind { dependent } warnings }
} }"""
APPLY = """mutation($d: [DefinitionInput!]!, $p: String!, $label: String) {
  apply(definitions: $d, project: $p, label: $label) {
    __typename ... on InvalidInput { problems { path message } } ... on ApplyPayload { versions { reference } }
  }
}"""
REGISTRY = """query($p: String!) {
  entities(project: $p) { edges { node {
    name description owner tags { key value } definition joinKeys { name valueType }
  } } }
  dataSources(project: $p) { edges { node {
    name description owner tags { key value } definition uris columns { name dataType } eventTimestampColumn
    createdTimestampColumn
  } } }
  featureViews(project: $p) { edges { node {
    name description owner tags { key value } definition schedule since entities { name }
    latestVersion {
      reference state ttlSeconds delaySeconds changeNote dataFingerprint
      features { name description owner tags { key value } valueType }
      validations { name description check parameters severity feature { name } }
      transformation { __typename description fingerprint outputs { name valueType } }
      inputs { ... on DataSource { name } ... on FeatureViewVersion { reference } }
    }
  } } }
  featureServices(project: $p) { edges { node {
    reference name description owner tags { key value } definition ready
    features { name feature { reference } keys { joinKey requestColumn } }
    requestColumns { name valueType entity { name } }
  } } }
}"""


async def files_of(client: Client, project: str, **asked: Json) -> list[Json]:
    found = (await client.ask(FILES, p=project, first=200, **asked))["definitionFiles"]
    return [edge["node"] for edge in found["edges"]]


def texts(files: list[Json]) -> Mapping[str, str]:
    return {file["path"]: file["text"] for file in files}


def definitions(files: list[Json]) -> list[Json]:
    found = find_in_yaml([(file["path"], file["text"]) for file in files])
    assert found.problems == ()
    return [{"kind": one.kind.value, "spec": one.spec} for _, one in found.definitions]


async def apply(client: Client, project: str, given: list[Json], label: str | None = None) -> list[str]:
    """References of the versions that were made."""
    answer = (await client.ask(APPLY, d=given, p=project, label=label))["apply"]
    assert answer["__typename"] == "ApplyPayload", answer
    return [version["reference"] for version in answer["versions"]]


async def another_project(door: Door) -> tuple[Client, str]:
    project = await door.project()
    return await door.client(**{project.name: Role.EDITOR}), project.name


UNCHANGED: Json = {"plan": {"__typename": "Plan", "changes": [], "behind": [], "warnings": []}}


@pytest.fixture(scope="module")
async def whole(door: Door) -> Place:
    """The whole example, applied; nobody changes it."""
    project = await door.project()
    editor = await door.client(**{project.name: Role.EDITOR})
    whole = Place(door=door, project=project, viewer=editor, editor=editor, stranger=editor, nobody=editor)
    await apply(editor, project.name, await whole_example(whole))
    return whole


async def test_the_whole_example_comes_back_and_makes_an_equal_registry(whole: Place) -> None:
    files = await files_of(whole.viewer, whole.name)

    assert [file["path"] for file in files] == [
        "entities/aircraft.yaml",
        "entities/airport.yaml",
        "data_sources/flights.yaml",
        "data_sources/planes.yaml",
        "data_sources/weather.yaml",
        "feature_views/aircraft_activity.yaml",
        "feature_views/aircraft_delays.yaml",
        "feature_views/aircraft_position.yaml",
        "feature_views/aircraft_profile.yaml",
        "feature_views/airport_weather.yaml",
        "feature_views/delay_risk.yaml",
        "feature_services/delay_model.yaml",
    ]
    assert sorted(definitions(files), key=str) == sorted(await whole_example(whole), key=str)
    assert await whole.editor.ask(PLAN, d=definitions(files), p=whole.name) == UNCHANGED

    client, project = await another_project(whole.door)
    await apply(client, project, definitions(files))

    assert texts(await files_of(client, project)) == texts(files)
    assert await client.ask(REGISTRY, p=project) == await whole.viewer.ask(REGISTRY, p=whole.name)


DEMO: Mapping[str, Columns] = {
    "flights": FLIGHTS_COLUMNS | {"arr_delay": "INTEGER", "dep_delay": "INTEGER"},
    "planes": PLANES_COLUMNS | {"model": "VARCHAR", "engines": "INTEGER"},
    "weather": WEATHER_COLUMNS | {"temp": "DOUBLE", "precip": "DOUBLE", "pressure": "DOUBLE"},
}
"""The columns that its views read."""


async def test_the_demo_comes_back_after_each_of_its_steps(place: Place) -> None:
    files = await put_files(place.door, place.name, DEMO)

    exported: list[Json] = []
    for step in steps():
        text = "\n---\n".join(path.read_text() for path in sorted(step.glob("*.yaml")))
        await apply(place.editor, place.name, as_input(text.replace("s3://demo/", files)))
        exported = definitions(await files_of(place.viewer, place.name))
        assert await place.editor.ask(PLAN, d=exported, p=place.name) == UNCHANGED

    client, project = await another_project(place.door)
    await apply(client, project, exported)
    assert definitions(await files_of(client, project)) == exported


async def test_a_comment_tells_what_a_reference_without_a_number_is_pinned_to(whole: Place) -> None:
    found = texts(await files_of(whole.viewer, whole.name))

    assert found["feature_services/delay_model.yaml"] == (
        "kind: FeatureService\n"
        "name: delay_model\n"
        "features:\n"
        "  - aircraft_delays  # pinned to aircraft_delays@1\n"
        "  - aircraft_activity@1:flights_24h\n"
        "  - delay_risk:risk  # pinned to delay_risk@1\n"
        "  - {view: airport_weather, as: origin_weather, keys: {airport: origin}}  # pinned to airport_weather@1\n"
        "  - {view: airport_weather, as: dest_weather, keys: {airport: dest}}  # pinned to airport_weather@1\n"
    )
    assert "  views:\n    - aircraft_delays  # pinned to aircraft_delays@1\n" in found["feature_views/delay_risk.yaml"]


async def test_pages_follow_each_other_and_belong_to_one_revision(whole: Place) -> None:
    everything = await files_of(whole.viewer, whole.name)
    walked: list[Json] = []
    page: Json = {"pageInfo": {"endCursor": None, "hasNextPage": True}}
    while page["pageInfo"]["hasNextPage"]:
        asked = {"first": 5, "after": page["pageInfo"]["endCursor"]}
        page = (await whole.viewer.ask(FILES, p=whole.name, **asked))["definitionFiles"]
        walked += [edge["node"] for edge in page["edges"]]

    assert walked == everything
    assert (page["totalCount"], {file["revision"] for file in walked}) == (12, {12})
    nothing = (await whole.viewer.ask(FILES, p=whole.name, first=0))["definitionFiles"]
    assert (nothing["edges"], nothing["pageInfo"]["hasNextPage"]) == ([], True)


async def test_the_first_line_tells_editors_where_the_schema_is(whole: Place) -> None:
    (file, *_) = await files_of(whole.viewer, whole.name, schema="https://x.example/definitions.schema.json")
    refused = await whole.viewer.refusal(FILES, p=whole.name, schema="a\nkind: Entity")

    assert file["text"].startswith(
        "# yaml-language-server: $schema=https://x.example/definitions.schema.json\nkind: Entity\nname: aircraft\n"
    )
    assert (refused["extensions"]["code"], refused["extensions"]["problems"][0]["path"]) == ("INVALID_INPUT", "schema")


PUSHED = AIRCRAFT + POSITION + "kind: FeatureService\nname: model\nfeatures: ['aircraft_position@1:altitude_ft']\n"


async def test_numbers_that_another_project_does_not_have_can_be_left_out(place: Place) -> None:
    await apply(place.editor, place.name, as_input(PUSHED))
    await apply(place.editor, place.name, as_input(PUSHED.replace("15m", "5m").replace("@1", "@2")))
    client, project = await another_project(place.door)

    files, unpinned = [await files_of(place.viewer, place.name, unpinned=way) for way in (False, True)]

    assert texts(files)["feature_services/model.yaml"].endswith("features: [aircraft_position@2:altitude_ft]\n")
    assert texts(unpinned)["feature_services/model.yaml"].endswith("features: [aircraft_position:altitude_ft]\n")
    assert await apply(client, project, definitions(unpinned)) == ["aircraft_position@1"]


async def test_a_pin_that_moved_on_while_its_entry_stands_is_told(place: Place) -> None:
    """As where a draft is superseded."""
    made = "{source: flights, every: 1h, aggregations: [{feature: n, function: COUNT, window: 24h}]}"
    view = f"kind: FeatureView\nname: v\nentities: [aircraft]\ntransformation: {made}\n---\n"
    service = "kind: FeatureService\nname: model\nfeatures: ['v@1:n']\n"
    files = await put_files(place.door, place.name, {"flights": FLIGHTS_COLUMNS})
    given = (AIRCRAFT + FLIGHTS + view + service).replace("s3://demo/", files)
    await apply(place.editor, place.name, as_input(given))
    await apply(place.editor, place.name, as_input(given.replace("24h", "48h")))

    found = texts(await files_of(place.viewer, place.name))

    assert found["feature_services/model.yaml"].endswith("  - v@1:n  # pinned to v@2\n")


async def test_a_label_gives_what_was_last_applied_under_it(place: Place) -> None:
    await apply(place.editor, place.name, as_input(PUSHED), "everything")
    mine = POSITION + "kind: FeatureService\nname: model\nfeatures: [aircraft_position]\n"
    await apply(place.editor, place.name, as_input(mine), "mine")

    found = [
        (await place.viewer.ask(FILES, p=place.name, label=label))["definitionFiles"]
        for label in ("mine", "everything")
    ]

    assert [[edge["node"]["name"] for edge in page["edges"]] for page in found] == [
        ["aircraft_position", "model"],
        ["aircraft"],
    ]
    assert [page["totalCount"] for page in found] == [2, 1]

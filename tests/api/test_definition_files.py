"""The registry as YAML files: where they came from they change nothing, and elsewhere they make an equal registry."""

from collections.abc import Mapping

import duckdb

from graphql_api.definitions.documents import find_in_yaml
from graphql_api.domain.enums import Role
from graphql_api.examples.dataset import LAST_DAY, dataset
from graphql_api.examples.steps import steps
from tests.api.client import Client, Json
from tests.api.conftest import Door, Place
from tests.api.sources import as_input, put_files, whole_example
from tests.definitions.example import ACTIVITY, DELAYS, RISK

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


async def test_the_whole_example_comes_back_and_makes_an_equal_registry(place: Place) -> None:
    given = await whole_example(place)
    await apply(place.editor, place.name, given)

    files = await files_of(place.viewer, place.name)

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
    assert sorted(definitions(files), key=str) == sorted(given, key=str)
    assert await place.editor.ask(PLAN, d=definitions(files), p=place.name) == UNCHANGED

    client, project = await another_project(place.door)
    await apply(client, project, definitions(files))

    assert texts(await files_of(client, project)) == texts(files)
    assert await client.ask(REGISTRY, p=project) == await place.viewer.ask(REGISTRY, p=place.name)


async def test_the_demo_comes_back_after_each_of_its_steps(place: Place) -> None:
    with dataset(LAST_DAY) as data:
        tables = {"flights": data.flights(1), "weather": data.weather(), "planes": data.planes()}
        sources = {name: columns(table) for name, table in tables.items()}
    files = await put_files(place.door, place.name, sources)

    exported: list[Json] = []
    for step in steps():
        text = "\n---\n".join(path.read_text() for path in sorted(step.glob("*.yaml")))
        await apply(place.editor, place.name, as_input(text.replace("s3://demo/", files)))
        exported = definitions(await files_of(place.viewer, place.name))
        assert await place.editor.ask(PLAN, d=exported, p=place.name) == UNCHANGED

    client, project = await another_project(place.door)
    await apply(client, project, exported)
    assert definitions(await files_of(client, project)) == exported


def columns(table: duckdb.DuckDBPyRelation) -> Mapping[str, str]:
    return {name: str(kind) for name, kind in zip(table.columns, table.types, strict=True)}


async def test_a_comment_tells_what_a_reference_without_a_number_is_pinned_to(place: Place) -> None:
    await apply(place.editor, place.name, await whole_example(place))

    found = texts(await files_of(place.viewer, place.name))

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
    await apply(place.editor, place.name, as_input(ACTIVITY.replace("30d", "20d")))
    found = texts(await files_of(place.viewer, place.name))
    assert (
        "  - aircraft_activity@1:flights_24h  # pinned to aircraft_activity@2\n"
        in (found["feature_services/delay_model.yaml"])
    ), "a draft's pins move to its successor, while the entry stands"
    assert "  views:\n    - aircraft_delays  # pinned to aircraft_delays@1\n" in found["feature_views/delay_risk.yaml"]


async def test_numbers_that_another_project_does_not_have_can_be_left_out(place: Place) -> None:
    await apply(place.editor, place.name, await whole_example(place))
    await apply(place.editor, place.name, as_input(ACTIVITY.replace("30d", "20d")))
    moved = as_input(RISK.replace("[aircraft_delays]", "[aircraft_delays@1]"))
    model = {"name": "m", "features": ["aircraft_activity@2:flights_24h", {"view": "delay_risk@1", "as": "r"}]}
    await apply(place.editor, place.name, [*moved, {"kind": "FEATURE_SERVICE", "spec": model}])
    client, project = await another_project(place.door)

    unpinned = await files_of(place.viewer, place.name, unpinned=True)

    assert texts(unpinned)["feature_services/m.yaml"].split("\n")[3:5] == [
        "  - aircraft_activity:flights_24h",
        "  - {view: delay_risk, as: r}",
    ]
    assert "views: [aircraft_delays]\n" in texts(unpinned)["feature_views/delay_risk.yaml"]
    assert len(await apply(client, project, definitions(unpinned))) == 6


async def test_pages_follow_each_other_and_belong_to_one_revision(place: Place) -> None:
    await apply(place.editor, place.name, await whole_example(place))
    everything = await files_of(place.viewer, place.name)
    walked: list[Json] = []
    after: str | None = None
    while True:
        page = (await place.viewer.ask(FILES, p=place.name, first=5, after=after))["definitionFiles"]
        walked += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert walked == everything
    assert (page["totalCount"], {file["revision"] for file in walked}) == (12, {12})
    nothing = (await place.viewer.ask(FILES, p=place.name, first=0))["definitionFiles"]
    assert (nothing["edges"], nothing["pageInfo"]["hasNextPage"]) == ([], True)


async def test_a_label_gives_what_was_last_applied_under_it(place: Place) -> None:
    given = await whole_example(place)
    await apply(place.editor, place.name, given, "everything")
    service = [one for one in given if one["kind"] == "FEATURE_SERVICE"]
    changed = [{**one, "spec": {**one["spec"], "features": ["aircraft_profile"]}} for one in service]
    await apply(place.editor, place.name, [*changed, *as_input(DELAYS.replace("s3://demo/", "s3://x/"))], "mine")

    mine = await place.viewer.ask(FILES, p=place.name, label="mine")
    others = await place.viewer.ask(FILES, p=place.name, label="everything")

    assert [edge["node"]["name"] for edge in mine["definitionFiles"]["edges"]] == ["aircraft_delays", "delay_model"]
    assert (mine["definitionFiles"]["totalCount"], others["definitionFiles"]["totalCount"]) == (2, 10)


async def test_the_first_line_tells_editors_where_the_schema_is(place: Place) -> None:
    await apply(place.editor, place.name, await whole_example(place))

    (file, *_) = await files_of(place.viewer, place.name, schema="https://x.example/definitions.schema.json")
    refused = await place.viewer.refusal(FILES, p=place.name, schema="a\nkind: Entity")

    assert file["text"].startswith(
        "# yaml-language-server: $schema=https://x.example/definitions.schema.json\nkind: Entity\nname: aircraft\n"
    )
    assert (refused["extensions"]["code"], refused["extensions"]["problems"][0]["path"]) == ("INVALID_INPUT", "schema")

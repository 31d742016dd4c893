"""Pages of lists: bounds, cursors that hold under inserts, and one command a list however many parents it has."""

import base64

import pytest

from graphql_api.documents.cataloguing import rebuild_catalog
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_views import FeatureViewDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import Role
from tests.api.client import Client, Json
from tests.api.commands import COMMANDS
from tests.api.conftest import Place
from tests.api.registry import FEATURES, a_registry, a_run
from tests.factories import a_copy, a_service, a_version, a_view, an_entity, an_entry
from tests.registries import a_large_registry

NAMES = """query($p: String!, $first: Int, $after: String) {
  entities(project: $p, first: $first, after: $after) {
    totalCount
    edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


async def entities(project: ProjectDocument, *names: str) -> list[EntityDocument]:
    made = [await an_entity(project, name).insert() for name in names]
    await rebuild_catalog(project.id)
    return made


async def page(
    client: Client, project: str, first: int | None = None, after: str | None = None
) -> tuple[list[str], Json]:
    """The names on a page, and what surrounds them."""
    found = (await client.ask(NAMES, p=project, first=first, after=after))["entities"]
    return [edge["node"]["name"] for edge in found["edges"]], {**found["pageInfo"], "totalCount": found["totalCount"]}


async def test_a_list_comes_in_pages_by_name(place: Place) -> None:
    await entities(place.project, "c", "a", "e", "b", "d")

    first, info = await page(place.viewer, place.name, 2)
    second, after_first = await page(place.viewer, place.name, 2, info["endCursor"])
    third, after_second = await page(place.viewer, place.name, 2, after_first["endCursor"])

    assert [first, second, third] == [["a", "b"], ["c", "d"], ["e"]]
    assert [one["hasNextPage"] for one in (info, after_first, after_second)] == [True, True, False]
    assert [one["hasPreviousPage"] for one in (info, after_first, after_second)] == [False, True, True]
    assert info["totalCount"] == 5


async def test_a_cursor_holds_whatever_comes_and_goes_before_it(place: Place) -> None:
    one, *_ = await entities(place.project, "b", "d", "f")
    _, info = await page(place.viewer, place.name, 2)

    await entities(place.project, "a", "c")
    await one.delete()
    await rebuild_catalog(place.project.id)

    assert (await page(place.viewer, place.name, 2, info["endCursor"]))[0] == ["f"]


async def test_an_empty_page_has_no_cursors(place: Place) -> None:
    names, info = await page(place.viewer, place.name)

    assert (names, info["startCursor"], info["endCursor"], info["totalCount"]) == ([], None, None, 0)


async def test_first_0_is_for_the_total_alone(place: Place) -> None:
    await entities(place.project, "a", "b")

    names, info = await page(place.viewer, place.name, 0)

    assert (names, info["totalCount"], info["hasNextPage"]) == ([], 2, True)


@pytest.mark.parametrize("first", [-1, 201, 2**31 - 1])
async def test_first_is_from_0_to_200(place: Place, first: int) -> None:
    error = await place.viewer.refusal(NAMES, p=place.name, first=first)

    assert (error["extensions"]["code"], error["extensions"]["problems"][0]["path"]) == ("INVALID_INPUT", "first")


@pytest.mark.parametrize("after", ["", "x", "!!", "WyJ4Il0", base64.b64encode(b'["entity",1]').decode(), "é", "\0"])
async def test_what_is_no_cursor_is_refused(place: Place, after: str) -> None:
    assert await place.viewer.code(NAMES, p=place.name, after=after) == "INVALID_INPUT"


async def test_the_cursor_of_another_list_is_refused(place: Place) -> None:
    await a_registry(place.project)
    views = "query($p: String!, $after: String) { featureViews(project: $p, after: $after) { edges { cursor } } }"
    cursor = (await place.viewer.ask(views, p=place.name))["featureViews"]["edges"][0]["cursor"]

    assert await place.viewer.code(NAMES, p=place.name, after=cursor) == "INVALID_INPUT"


async def test_a_bad_cursor_fails_its_own_list_alone(place: Place) -> None:
    await a_registry(place.project)

    answer = await place.viewer.answer(
        """query($p: String!) { entities(project: $p) { edges { node {
          good: featureViews { edges { node { name } } }
          bad: featureViews(after: "x") { edges { node { name } } }
        } } } }""",
        p=place.name,
    )

    assert [error["path"][-1] for error in answer["errors"]] == ["bad"]


async def test_nothing_is_counted_unless_the_total_is_asked_for(place: Place) -> None:
    await entities(place.project, "a")
    query = "query($p: String!) { entities(project: $p) { edges { node { name } } } }"

    await place.viewer.ask("{ viewer { name } }")  # from here on the server knows the token
    with COMMANDS.counted() as uncounted:
        await place.viewer.ask(query, p=place.name)
    with COMMANDS.counted() as counted:
        await place.viewer.ask(query.replace("edges", "totalCount edges"), p=place.name)

    assert [command.split()[1] for command in uncounted] == ["projects", "catalog", "entities"]
    assert [command.split()[1] for command in counted] == ["projects", "catalog", "entities", "catalog"]


DEEP = """query($p: String!) {
  entities(project: $p) { totalCount edges { node { name
    featureViews { totalCount edges { node { name
      project { name }
      entities { name }
      currentVersion { reference
        features { name usedBy { totalCount edges { node { reference } } } history { edges { node { reference } } } }
        inputs { id }
        validations { name results { edges { node { passed } } } }
        usedBy { edges { node { reference ready features { name feature { reference } } } } }
        coverage { start }
        freshness { breached }
        latestMaterialization { id validationResults { passed materialization { id } } }
        materializations { totalCount edges { node { id version { reference } } } }
        featureView { name }
      }
      latestVersion { number }
      versions { edges { node { number } } }
    } } }
  } } }
}"""


async def many(project: ProjectDocument, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        entity = await an_entity(project, f"entity_{number}").insert()
        view = a_view(project, f"view_{number}", entities=[entity])
        version = a_version(view, entities=[entity], features=FEATURES)
        for document in (view, version, a_copy(version), a_run(version)):
            await document.insert()
        await a_service(project, [an_entry(version)], f"service_{number}").insert()
    await rebuild_catalog(project.id)


async def test_more_parents_ask_no_more_commands(place: Place) -> None:
    other = await place.door.project()
    client = await place.door.client(**{place.name: Role.VIEWER, other.name: Role.VIEWER})
    await many(place.project, 2)
    await many(other, 12)

    await client.ask("{ viewer { name } }")  # from here on the server knows the token
    with COMMANDS.counted() as few:
        small = await client.ask(DEEP, p=place.name)
    with COMMANDS.counted() as lots:
        large = await client.ask(DEEP, p=other.name)

    assert [len(found["entities"]["edges"]) for found in (small, large)] == [2, 12]
    assert len(lots) == len(few)
    assert len(few) < 30


WIDE = """query($p: String!) {
  featureViews(project: $p, first: 200) { totalCount edges { node { name
    entities { name joinKeys { name } }
    currentVersion { ...Version } latestVersion { ...Version }
    versions(first: 5) { totalCount edges { node { ...Version } } }
    diff(from: 1, to: 2) { changes { path } }
  } } }
}
fragment Version on FeatureViewVersion { reference state
  features { name }
  inputs { __typename ... on DataSource { name } ... on FeatureViewVersion { reference } }
  transformation { fingerprint inputs { id } ... on SqlTransformation { sql } }
  validations { name results(first: 2) { edges { node { passed materialization { id } } } } }
  latestMaterialization { state failure { code } validationResults { passed } }
  coverage { start } freshness { breached }
  usedBy(first: 5) { totalCount edges { node { reference ready features { name } } } }
  derivedVersions(first: 5) { edges { node { reference } } }
}"""


async def test_200_views_with_all_that_hangs_from_them_ask_as_few_commands_as_20(place: Place) -> None:
    other = await place.door.project()
    client = await place.door.client(**{place.name: Role.VIEWER, other.name: Role.VIEWER})
    await a_large_registry(place.project, 20, features=2)
    await a_large_registry(other, 200, features=2)

    await client.ask("{ viewer { name } }")  # from here on the server knows the token
    with COMMANDS.counted() as few:
        small = await client.ask(WIDE, p=place.name)
    with COMMANDS.counted() as many:
        large = await client.ask(WIDE, p=other.name)

    assert [len(found["featureViews"]["edges"]) for found in (small, large)] == [20, 200]
    assert sorted(many) == sorted(few)
    assert len(few) < 40, few


async def test_lists_within_lists_are_bounded_together(place: Place) -> None:
    await many(place.project, 3)
    nested = "featureViews(first: 200) { edges { node { name } } }"
    aliases = " ".join(f"a{number}: {nested.replace('200', str(200 - number))}" for number in range(29))
    query = f"query($p: String!) {{ entities(project: $p) {{ edges {{ node {{ {aliases} }} }} }} }}"

    allowed = await place.viewer.answer(query, p=place.name)
    await many(place.project, 15, start=3)
    refused = await place.viewer.answer(query, p=place.name)

    assert "errors" not in allowed
    assert {error["extensions"]["code"] for error in refused["errors"]} == {"LIMIT_EXCEEDED"}


async def test_nested_lists_are_paged_by_their_own_parent(place: Place) -> None:
    (entity,) = await entities(place.project, "aircraft")
    for name in ("v3", "v1", "v2"):
        await a_view(place.project, name, entities=[entity]).insert()
    await rebuild_catalog(place.project.id)
    query = """query($p: String!, $after: String) { entity(name: "aircraft", project: $p) {
      featureViews(first: 2, after: $after) { totalCount edges { node { name } } pageInfo { endCursor hasNextPage } }
    } }"""

    first = (await place.viewer.ask(query, p=place.name))["entity"]["featureViews"]
    cursor = first["pageInfo"]["endCursor"]
    second = (await place.viewer.ask(query, p=place.name, after=cursor))["entity"]["featureViews"]

    assert [[edge["node"]["name"] for edge in one["edges"]] for one in (first, second)] == [["v1", "v2"], ["v3"]]
    assert [one["totalCount"] for one in (first, second)] == [3, 3]
    assert [one["pageInfo"]["hasNextPage"] for one in (first, second)] == [True, False]


async def test_views_are_ordered_by_when_they_were_changed(place: Place) -> None:
    views = [await a_view(place.project, name).insert() for name in ("a", "b", "c")]
    collection = place.door.runtime.database["feature_views"]
    await collection.update_many({"project_id": place.project.id}, {"$set": {"updated_at": views[0].updated_at}})
    await rebuild_catalog(place.project.id)
    query = """query($p: String!, $after: String, $d: OrderDirection!) {
      featureViews(project: $p, first: 1, after: $after, orderBy: {field: UPDATED_AT, direction: $d}) {
        edges { node { name } } pageInfo { endCursor hasNextPage } } }"""

    async def walk(direction: str) -> list[str]:
        names: list[str] = []
        after: str | None = None
        while True:
            found = (await place.viewer.ask(query, p=place.name, after=after, d=direction))["featureViews"]
            names += [edge["node"]["name"] for edge in found["edges"]]
            if not found["pageInfo"]["hasNextPage"]:
                return names
            after = found["pageInfo"]["endCursor"]

    assert (await walk("ASC"), await walk("DESC")) == (["a", "b", "c"], ["c", "b", "a"])
    assert await FeatureViewDocument.find({"project_id": place.project.id}).count() == 3

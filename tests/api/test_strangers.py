"""Nothing of one project is reachable from another: the whole schema is walked by who has no role there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from graphql import GraphQLObjectType

from graphql_api.domain.enums import Role
from graphql_api.domain.global_ids import global_id, parse
from graphql_api.doors.graphql import core_schema
from resolvers.nodes import NODES
from tests.api.client import Client, Json
from tests.api.conftest import Door
from tests.api.registry import Registry, a_dataset, a_registry, other_transformations
from tests.api.walking import Known, of_node, operations, texts

MARK = "secret_"
REFUSED = {"NOT_FOUND", "FORBIDDEN", "INVALID_INPUT"}
OWN = {"viewer", "projects", "tokens"}
"""They answer everyone, with what is theirs."""


@dataclass(frozen=True)
class World:
    """Two projects, and who knows one each: `owner` everything that is secret, `stranger` nothing of it."""

    door: Door
    project: Any
    own: str
    registry: Registry
    further: list[str]
    """Ids of what lists of one item do not lead to."""
    owner: Client
    stranger: Client

    def known(self, id: str, text: str = "") -> Known:
        return Known(self.project.name, id, text)

    async def stored(self) -> Json:
        """All that the database holds of the secret project."""
        database, project_id = self.door.runtime.database, self.project.id
        found = {"projects": await database["projects"].find({"_id": project_id}).to_list()}
        for name in sorted(await database.list_collection_names()):
            if name != "projects":
                found[name] = await database[name].find({"project_id": project_id}).sort("_id").to_list()
        return found


@pytest.fixture
async def world(door: Door) -> World:
    project, own = await door.project(), await door.project()
    project.name = f"{MARK}{project.name}"
    project.description = f"{MARK}description"
    await project.save()
    registry = await a_registry(project, MARK)
    await a_dataset(registry)
    further = [global_id(name, id) for name, id in (await other_transformations(registry)).items()]
    await a_registry(own)
    owner = Client(door.http, await door.token(f"{MARK}owner", **{project.name: Role.ADMIN}))
    stranger = Client(door.http, await door.token("stranger", **{own.name: Role.ADMIN}))
    return World(door, project, own.name, registry, further, owner, stranger)


async def harvest(client: Client, known: Known, further: list[str]) -> tuple[set[str], set[str]]:
    """Every id that is found from the project on, through whatever leads from object to object, and every text."""
    ids = set(further)
    told: set[str] = set()
    waiting = [document for _, document in operations("Query", [known])]
    waiting += [of_node(Known(known.project, id, known.text), _type_of(id)) for id in further]
    while waiting:
        document = waiting.pop()
        answer = await client.answer(document)
        assert all("code" in error.get("extensions", {}) for error in answer.get("errors", ())), (document, answer)
        found = set(texts(answer.get("data")))
        new = {text for text in found if (parsed := parse(text)) and parsed.type_name in NODES} - ids
        waiting += [of_node(Known(known.project, id, known.text), _type_of(id)) for id in new]
        ids |= new
        told |= found
    return ids, told


def _type_of(id: str) -> str:
    found = parse(id)
    assert found is not None
    return found.type_name


@dataclass(frozen=True)
class Secrets:
    ids: frozenset[str]
    texts: frozenset[str]

    def leaked(self, document: str, answer: object) -> set[str]:
        """Secrets that an answer holds and that were not sent."""
        heard = msgspec.json.encode(answer).decode()
        return {text for text in self.texts if text in heard and text not in document}


@pytest.fixture
async def secrets(world: World) -> Secrets:
    first = world.known(global_id("Project", world.project.id), f"{MARK}aircraft_delays@1")
    ids, told = await harvest(world.owner, first, world.further)
    assert {_type_of(id) for id in ids} == set(NODES)
    return Secrets(frozenset(ids), frozenset({*ids, *(text for text in told if MARK in text)}))


def references() -> list[str]:
    delays = f"{MARK}aircraft_delays"
    return [delays, f"{delays}@1", f"{delays}:flights_7d", f"{MARK}delay_model", f"{MARK}flights", f"{MARK}aircraft"]


async def test_no_field_tells_a_stranger_anything(world: World, secrets: Secrets) -> None:
    project = global_id("Project", world.project.id)
    known = [
        *(world.known(project, text) for text in references()),
        *(world.known(id, references()[1]) for id in secrets.ids),
    ]
    asked: set[str] = set()
    for name, document in operations("Query", known, depth=0):
        answer = await world.stranger.answer(document)
        assert secrets.leaked(document, answer) == set(), document
        if name not in OWN:
            assert _is_refused(answer, name), (document, answer)
        asked.add(name)

    root = core_schema().query_type
    assert isinstance(root, GraphQLObjectType)
    assert asked == set(root.fields)


def _is_refused(answer: Json, name: str) -> bool:
    if "errors" in answer:
        return all(error.get("extensions", {}).get("code") in REFUSED for error in answer["errors"])
    found = answer["data"][name]
    return found is None or found.get("__typename") in ("InvalidInput", "NotFound")


async def test_every_id_is_an_id_of_nothing_to_a_stranger(world: World, secrets: Secrets) -> None:
    for id in secrets.ids:
        document = of_node(world.known(id), _type_of(id))

        assert (await world.owner.answer(document))["data"]["node"] is not None
        assert await world.stranger.answer(document) == {"data": {"node": None}}


async def test_no_edge_leads_from_a_strangers_own_objects_to_others(world: World, secrets: Secrets) -> None:
    """Where a field takes an id, it is one of the other project's."""
    for id in (global_id("Materialization", world.registry.run.id), global_id("Project", world.project.id)):
        ids, told = await harvest(world.stranger, Known(world.own, id, "aircraft_delays@1"), [])

        assert len(ids) > 10
        assert ids & secrets.ids == set()
        assert {text for text in told if text in secrets.texts or MARK in text} == set()


async def test_no_mutation_of_a_stranger_does_or_tells_anything(world: World, secrets: Secrets) -> None:
    before = await world.stored()
    known = [world.known(id, text) for id in secrets.ids for text in references()[1:2]]
    known += [world.known(next(iter(secrets.ids)), text) for text in references()]
    for name, document in operations("Mutation", known):
        answer = await world.stranger.answer(document)
        assert secrets.leaked(document, answer) == set(), document
        if "errors" in answer:
            assert _is_refused(answer, name), (document, answer)
        else:
            assert not answer["data"][name]["__typename"].endswith("Payload"), (document, answer)

    assert await world.stored() == before


@asynccontextmanager
async def _heard(client: Client, document: str) -> AsyncGenerator[Json]:
    async with client.socket() as socket:
        yield await socket.outcome(document)


async def test_no_subscription_begins_for_a_stranger(world: World, secrets: Secrets) -> None:
    run = next(id for id in secrets.ids if _type_of(id) == "Materialization")
    for _, document in operations("Subscription", [world.known(run, text) for text in references()], depth=0):
        async with _heard(world.stranger, document) as message:
            assert message["type"] == "error", (document, message)
            assert message["payload"][0].get("extensions", {}).get("code") in REFUSED, (document, message)
            assert secrets.leaked(document, message) == set()


async def test_search_in_ones_own_project_finds_nothing_of_others(world: World, secrets: Secrets) -> None:
    for text in (MARK, "aircraft", "delays"):
        for _, document in operations("Query", [Known(world.own, "x", text)], depth=0):
            answer = await world.stranger.answer(document)
            assert secrets.leaked(document, answer) == set(), document

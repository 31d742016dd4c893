"""Deletion on a real MongoDB: what is in use stays, and what goes, goes whole."""

import asyncio

import pytest

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.documents.removals import DataRemovalDocument
from graphql_api.documents.tombstones import TombstoneDocument
from graphql_api.domain.enums import ChangeKind, DefinitionKind, Role, RunState
from graphql_api.domain.global_ids import global_id
from graphql_api.errors import BlockedByDependents, Conflict, Forbidden, NotFound
from tests.definitions.example import DELAY_MODEL, DELAYS, EXAMPLE, FLIGHTS, GROUND
from tests.definitions.world import definitions_of
from tests.services.registering import ANN, Registry

ENTITY, SOURCE = DefinitionKind.ENTITY, DefinitionKind.DATA_SOURCE
VIEW, SERVICE = DefinitionKind.FEATURE_VIEW, DefinitionKind.FEATURE_SERVICE
SMALL_MODEL = "kind: FeatureService\nname: small\nfeatures: [aircraft_delays]\n---\n"


async def delete(registry: Registry, kind: DefinitionKind, name: str) -> None:
    await registry.deleting.delete(ANN, "default", kind, name)


async def held_by(registry: Registry, kind: DefinitionKind, name: str) -> tuple[str, ...]:
    with pytest.raises(BlockedByDependents) as refused:
        await delete(registry, kind, name)
    return refused.value.dependents


@pytest.mark.parametrize(
    ("kind", "name", "dependents"),
    [
        (ENTITY, "aircraft", ("aircraft_delays@1", "aircraft_profile@1", "delay_model@1")),
        (ENTITY, "airport", ("airport_weather@1", "delay_model@1")),
        (SOURCE, "flights", ("aircraft_delays@1", "delay_model@1")),
        (VIEW, "aircraft_delays", ("delay_model@1",)),
    ],
)
async def test_what_is_in_use_is_refused_and_all_are_named_also_through_chains(
    registry: Registry, kind: DefinitionKind, name: str, dependents: tuple[str, ...]
) -> None:
    await registry.apply(EXAMPLE)
    before, revision = await registry.counts(), await registry.revision()

    assert await held_by(registry, kind, name) == dependents
    assert (await registry.counts(), await registry.revision()) == (before, revision)


async def test_everything_can_be_deleted_from_the_end_of_the_chain_on(registry: Registry) -> None:
    await registry.apply(EXAMPLE)

    for kind, name in (
        (SERVICE, "delay_model"),
        (VIEW, "aircraft_delays"),
        (VIEW, "airport_weather"),
        (VIEW, "aircraft_profile"),
        (SOURCE, "flights"),
        (SOURCE, "weather"),
        (SOURCE, "planes"),
        (ENTITY, "aircraft"),
        (ENTITY, "airport"),
    ):
        await delete(registry, kind, name)

    assert await registry.counts() == [0, 0, 0, 0, 0, 0, 18]
    assert await registry.revision() == 18
    events = await RegistryEventDocument.find_all().sort("sequence").to_list()
    assert [event.sequence for event in events] == list(range(1, 19))
    assert [(event.name, event.change, event.actor) for event in events[9:11]] == [
        ("delay_model", ChangeKind.REMOVED, "ann"),
        ("aircraft_delays", ChangeKind.REMOVED, "ann"),
    ]


async def test_the_data_of_a_view_is_marked_as_it_goes_with_the_runs_that_wrote_it(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS, materialize=True)
    await collection_of(MaterializationDocument).update_many({}, {"$set": {"state": RunState.SUCCEEDED}})
    run = await MaterializationDocument.find_one()
    copy = await DataCopyDocument.find_one()
    assert run is not None
    assert copy is not None

    await delete(registry, VIEW, "aircraft_delays")

    marks = await DataRemovalDocument.find_all().to_list()
    assert [(mark.id, mark.runs) for mark in marks] == [(copy.id, (run.id,))]
    assert [await kind.count() for kind in (DataCopyDocument, MaterializationDocument)] == [0, 0]


async def test_a_run_in_progress_keeps_its_view_and_is_named(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS, materialize=True)
    run = await MaterializationDocument.find_one()
    assert run is not None

    assert await held_by(registry, VIEW, "aircraft_delays") == (global_id("Materialization", run.id),)
    await registry.queue.cancel(run, by="ann")
    await delete(registry, VIEW, "aircraft_delays")


async def test_one_version_of_a_service_may_go_alone(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS + SMALL_MODEL)
    await registry.apply(SMALL_MODEL.replace("aircraft_delays", '"aircraft_delays:flights_7d"'))

    await delete(registry, SERVICE, "small@1")

    assert [one.reference for one in await FeatureServiceDocument.find_all().to_list()] == ["small@2"]
    last = await RegistryEventDocument.find_all().sort("-sequence").first_or_none()
    assert last is not None
    assert (last.name, last.change) == ("small", ChangeKind.CHANGED)


async def test_numbers_are_not_used_again_not_even_under_a_name_that_was_deleted(registry: Registry) -> None:
    narrow = SMALL_MODEL.replace("aircraft_delays", '"aircraft_delays:flights_7d"')
    await registry.apply(GROUND + DELAYS + SMALL_MODEL)
    await registry.apply(narrow)
    await delete(registry, SERVICE, "small@2")
    await registry.apply(narrow)
    assert [one.reference for one in await FeatureServiceDocument.find_all().sort("number").to_list()] == [
        "small@1",
        "small@3",
    ]

    await delete(registry, SERVICE, "small")
    await delete(registry, VIEW, "aircraft_delays")
    made = await registry.apply(DELAYS + SMALL_MODEL)

    assert made == ["aircraft_delays@2"]
    (service,) = await FeatureServiceDocument.find_all().to_list()
    assert (service.reference, service.entries[0].reference) == ("small@4", "aircraft_delays@2")
    await delete(registry, SERVICE, "small")
    await delete(registry, VIEW, "aircraft_delays")
    stones = await TombstoneDocument.find_all().sort("name").to_list()
    assert [(stone.kind, stone.name, stone.last_number) for stone in stones] == [
        (VIEW, "aircraft_delays", 2),
        (SERVICE, "small", 4),
    ]


async def test_an_archived_version_of_another_view_holds_nothing(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS)
    other = FLIGHTS.replace("name: flights", "name: landings")
    await registry.apply(other + DELAYS.replace("[flights]", "[landings]").replace("FROM flights", "FROM landings"))

    await delete(registry, SOURCE, "flights")

    assert await held_by(registry, SOURCE, "landings") == ("aircraft_delays@2",)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (VIEW, "nothing"),
        (VIEW, "aircraft_delays@1"),
        (VIEW, "aircraft_delays:flights_7d"),
        (SERVICE, "delay_model@2"),
        (SOURCE, "aircraft_delays"),
        (ENTITY, "?"),
    ],
)
async def test_what_is_not_there_cannot_be_deleted(registry: Registry, kind: DefinitionKind, name: str) -> None:
    await registry.apply(EXAMPLE)

    with pytest.raises(NotFound):
        await delete(registry, kind, name)


async def test_only_admins_of_the_project_delete(registry: Registry) -> None:
    await registry.apply(GROUND)
    editor = Viewer(name="bob", roles={str(registry.project.id): Role.EDITOR})

    with pytest.raises(Forbidden):
        await registry.deleting.delete(editor, "default", SOURCE, "flights")


async def test_of_an_apply_and_a_delete_that_race_either_order_holds(registry: Registry) -> None:
    for _ in range(4):
        await registry.apply(GROUND + DELAYS)

        applied, deleted = await asyncio.gather(
            registry.apply(SMALL_MODEL), delete(registry, VIEW, "aircraft_delays"), return_exceptions=True
        )

        pinned = {
            entry.version_id for one in await FeatureServiceDocument.find_all().to_list() for entry in one.entries
        }
        held = {version.id for version in await FeatureViewVersionDocument.find_all().to_list()}
        assert pinned <= held
        assert isinstance(applied, Exception) != isinstance(deleted, BlockedByDependents)
        if held:
            await delete(registry, SERVICE, "small")
            await delete(registry, VIEW, "aircraft_delays")
    sequences = [sequence for sequence, _ in await registry.events()]
    assert sequences == list(range(1, len(sequences) + 1))


async def test_of_a_start_and_a_delete_that_race_no_run_is_left_without_its_view(registry: Registry) -> None:
    for _ in range(6):
        applied = await registry.plans.apply(ANN, "default", definitions_of(GROUND + DELAYS))
        (version,) = applied.unmaterialized

        started, deleted = await asyncio.gather(
            registry.runs.start_version(ANN, registry.project, version),
            delete(registry, VIEW, "aircraft_delays"),
            return_exceptions=True,
        )

        assert isinstance(started, NotFound | Conflict) != isinstance(deleted, BlockedByDependents), (started, deleted)
        assert await MaterializationDocument.count() == isinstance(deleted, BlockedByDependents)
        if not isinstance(started, BaseException):
            await registry.queue.cancel(started, by="ann")
            await delete(registry, VIEW, "aircraft_delays")


async def test_a_service_cannot_pin_what_was_deleted(registry: Registry) -> None:
    await registry.apply(EXAMPLE)
    await delete(registry, SERVICE, "delay_model")
    again = await registry.plans.plan(ANN, "default", definitions_of(DELAY_MODEL))

    assert [change.creates_version for change in again.changes] == ["delay_model@2"]

"""The example of the specification, applied as it stands."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.definitions.documents import Definition
from graphql_api.definitions.plan import Behind, Change, Plan, PlannedChange
from graphql_api.definitions.planning import make_plan
from graphql_api.domain.enums import ChangeKind, DefinitionKind, VersionState
from tests.definitions.example import DELAYS, WHOLE
from tests.definitions.world import World, definitions_of


async def test_it_is_planned_in_one_go() -> None:
    plan = await World().plan(WHOLE)

    assert [(change.kind, change.name, change.creates_version) for change in plan.changes] == [
        (DefinitionKind.ENTITY, "aircraft", None),
        (DefinitionKind.ENTITY, "airport", None),
        (DefinitionKind.DATA_SOURCE, "flights", None),
        (DefinitionKind.DATA_SOURCE, "planes", None),
        (DefinitionKind.DATA_SOURCE, "weather", None),
        (DefinitionKind.FEATURE_VIEW, "aircraft_activity", "aircraft_activity@1"),
        (DefinitionKind.FEATURE_VIEW, "aircraft_delays", "aircraft_delays@1"),
        (DefinitionKind.FEATURE_VIEW, "aircraft_position", "aircraft_position@1"),
        (DefinitionKind.FEATURE_VIEW, "aircraft_profile", "aircraft_profile@1"),
        (DefinitionKind.FEATURE_VIEW, "airport_weather", "airport_weather@1"),
        (DefinitionKind.FEATURE_VIEW, "delay_risk", "delay_risk@1"),
        (DefinitionKind.FEATURE_SERVICE, "delay_model", "delay_model@1"),
    ]
    assert (plan.behind, plan.warnings) == ((), ())


async def test_applied_again_it_changes_nothing() -> None:
    world = World()
    await world.apply(WHOLE)

    again = await world.planned(WHOLE)
    assert (again.plan.changes, again.made, again.writes.new, again.writes.changed) == ((), (), {}, {})


async def test_what_needs_a_run_and_what_does_not() -> None:
    world = World()
    planned = await world.apply(WHOLE)

    assert sorted(world.registry.versions[id].reference for id in planned.wanting) == [
        "aircraft_activity@1",
        "aircraft_delays@1",
        "aircraft_profile@1",
        "airport_weather@1",
    ]
    states = {version.reference: version.state for version in world.registry.versions.values()}
    assert [reference for reference, state in states.items() if state is VersionState.PUBLISHED] == [
        "aircraft_position@1"
    ]
    assert {copy.layout for copy in world.registry.copies} == {
        ("flights_24h", "mean_air_time_30d", "late_24h"),
        ("mean_dep_delay_7d", "flights_7d"),
        ("altitude_ft", "ground_speed_kn"),
        ("manufacturer", "seats", "built"),
        ("wind_speed", "visib"),
    }


async def test_its_service_asks_for_join_keys_and_then_for_the_values_that_its_expressions_use() -> None:
    world = World()
    await world.apply(WHOLE)
    service = world.service("delay_model")

    aircraft, airport = world.registry.entities["aircraft"].id, world.registry.entities["airport"].id
    assert [(column.name, column.value_type, column.entity_id) for column in service.request_columns] == [
        ("tailnum", "STRING", aircraft),
        ("origin", "STRING", airport),
        ("dest", "STRING", airport),
        ("sched_hour", "INT64", None),
    ]
    assert [column for entry in service.entries for column in entry.columns] == [
        "mean_dep_delay_7d",
        "flights_7d",
        "flights_24h",
        "risk",
        "origin_weather_wind_speed",
        "origin_weather_visib",
        "dest_weather_wind_speed",
        "dest_weather_visib",
    ]


async def test_a_change_names_its_dependents_through_chains_and_leaves_them_behind() -> None:
    world = World()
    await world.apply(WHOLE)
    for reference in ("aircraft_delays@1", "airport_weather@1", "aircraft_activity@1"):
        world.cover(reference)
        world.publish(reference)
    await world.apply(WHOLE)
    plan = await world.plan(WHOLE.replace("ttl: 30d", "ttl: 20d").replace("publish: auto", "publish: manual"))

    assert plan.changes == (
        PlannedChange(
            ChangeKind.CHANGED,
            DefinitionKind.FEATURE_VIEW,
            "aircraft_delays",
            (
                Change(ChangeKind.CHANGED, "publish", "auto", "manual"),
                Change(ChangeKind.CHANGED, "ttl", "30d", "20d"),
            ),
            ("delay_model@1", "delay_risk@1"),
            "aircraft_delays@2",
        ),
    )
    assert plan.behind == (
        Behind("delay_model", "aircraft_delays@1", "aircraft_delays@2"),
        Behind("delay_risk", "aircraft_delays@1", "aircraft_delays@2"),
    )


async def test_repin_moves_views_and_services_together() -> None:
    world = World()
    await world.apply(WHOLE)
    world.cover("aircraft_delays@1")
    world.publish("aircraft_delays@1")
    await world.apply(WHOLE)
    await world.apply(DELAYS.replace("delay: 1h", "delay: 2h"))

    plan = (await world.apply(WHOLE.replace("delay: 1h", "delay: 2h"), repin=True)).plan

    assert [(change.name, change.creates_version, change.changes) for change in plan.changes] == [
        (
            "delay_risk",
            "delay_risk@2",
            (
                Change(
                    ChangeKind.CHANGED,
                    "transformation.views.aircraft_delays",
                    "aircraft_delays@1",
                    "aircraft_delays@2",
                ),
            ),
        ),
        (
            "delay_model",
            "delay_model@2",
            (
                Change(ChangeKind.CHANGED, "features[0]", "aircraft_delays@1", "aircraft_delays@2"),
                Change(ChangeKind.CHANGED, "features[2]", "delay_risk@1", "delay_risk@2"),
            ),
        ),
    ]
    assert (await world.plan(WHOLE.replace("delay: 1h", "delay: 2h"), repin=True)).changes == ()


DEFINITIONS = definitions_of(WHOLE)


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(len(DEFINITIONS))))
def test_the_order_of_documents_never_changes_the_plan(order: list[int]) -> None:
    world = World()

    async def plan_of(definitions: list[Definition]) -> Plan:
        return (await make_plan(definitions, world.registry, world.answers, author="ann")).plan

    shuffled = asyncio.run(plan_of([DEFINITIONS[index] for index in order]))
    assert shuffled == asyncio.run(plan_of(DEFINITIONS))

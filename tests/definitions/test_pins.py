"""A service's pins: resolved once, kept by entry, moved only when asked or when a draft is superseded."""

import pytest

from graphql_api.definitions.plan import Behind, Change
from graphql_api.domain.enums import ChangeKind, VersionState
from tests.definitions.example import AIRPORT_WEATHER, DELAY_MODEL, DELAYS, EXAMPLE
from tests.definitions.world import World

NEXT = DELAYS.replace("delay: 1h", "delay: 2h")
SERVICE = "kind: FeatureService\nname: s\nfeatures: [aircraft_delays, {view: airport_weather, as: origin}]\n"


@pytest.fixture
async def world() -> World:
    """The example, all of it published, and a further version of the delays."""
    world = World()
    await world.apply(EXAMPLE)
    for reference in ("aircraft_delays@1", "airport_weather@1", "aircraft_profile@1"):
        world.cover(reference)
        world.publish(reference)
    await world.apply(NEXT)
    return world


def pins(world: World, name: str = "delay_model") -> list[str]:
    return [entry.reference for entry in world.service(name).entries]


async def test_names_keys_and_request_columns_of_a_service(world: World) -> None:
    service = world.service("delay_model")

    assert [(entry.reference, entry.alias, entry.columns) for entry in service.entries] == [
        ("aircraft_delays@1", None, ("mean_dep_delay_7d", "flights_7d")),
        ("aircraft_profile@1", None, ("seats",)),
        ("airport_weather@1", "origin_weather", ("origin_weather_wind_speed", "origin_weather_visib")),
        ("airport_weather@1", "dest_weather", ("dest_weather_wind_speed", "dest_weather_visib")),
    ]
    assert [(key.join_key, key.request_column) for entry in service.entries for key in entry.keys] == [
        ("tailnum", "tailnum"),
        ("tailnum", "tailnum"),
        ("airport", "origin"),
        ("airport", "dest"),
    ]
    aircraft, airport = world.registry.entities["aircraft"].id, world.registry.entities["airport"].id
    assert [(column.name, column.value_type, column.entity_id) for column in service.request_columns] == [
        ("tailnum", "STRING", aircraft),
        ("origin", "STRING", airport),
        ("dest", "STRING", airport),
    ]


async def test_a_service_stays_where_it_is_and_is_listed_as_behind(world: World) -> None:
    plan = await world.plan(DELAY_MODEL)

    assert plan.changes == ()
    assert plan.behind == (Behind("delay_model", "aircraft_delays@1", "aircraft_delays@2"),)


async def test_what_this_very_plan_makes_counts_as_newest(world: World) -> None:
    world.cover("aircraft_delays@2")
    world.publish("aircraft_delays@2")
    plan = await world.plan(DELAYS.replace("delay: 1h", "delay: 3h") + DELAY_MODEL)

    assert [change.name for change in plan.changes] == ["aircraft_delays"]
    assert plan.changes[0].dependents == ("delay_model@1",)
    assert plan.behind == (Behind("delay_model", "aircraft_delays@1", "aircraft_delays@3"),)


async def test_an_entry_that_stands_keeps_its_pin_whatever_else_changes(world: World) -> None:
    await world.apply(DELAY_MODEL.replace("  - {view: airport_weather, as: dest_weather, keys: {airport: dest}}\n", ""))

    assert world.service("delay_model").number == 2
    assert pins(world) == ["aircraft_delays@1", "aircraft_profile@1", "airport_weather@1"]


async def test_a_new_entry_takes_the_newest_version_draft_or_not(world: World) -> None:
    await world.apply(SERVICE)

    assert world.version("aircraft_delays@2").state is VersionState.DRAFT
    assert pins(world, "s") == ["aircraft_delays@2", "airport_weather@1"]


async def test_an_explicit_version_moves_a_pin(world: World) -> None:
    plan = (await world.apply(DELAY_MODEL.replace("- aircraft_delays\n", '- "aircraft_delays@2"\n'))).plan

    assert pins(world)[0] == "aircraft_delays@2"
    assert plan.behind == ()


async def test_repin_moves_the_pins_of_entries_without_a_version(world: World) -> None:
    plan = (await world.apply(DELAY_MODEL, repin=True)).plan

    assert pins(world) == ["aircraft_delays@2", "aircraft_profile@1", "airport_weather@1", "airport_weather@1"]
    assert [(change.name, change.creates_version, change.changes) for change in plan.changes] == [
        (
            "delay_model",
            "delay_model@2",
            (Change(ChangeKind.CHANGED, "features[0]", "aircraft_delays@1", "aircraft_delays@2"),),
        )
    ]
    assert (await world.plan(DELAY_MODEL, repin=True)).changes == ()


async def test_the_same_entry_written_otherwise_keeps_its_pin(world: World) -> None:
    text = DELAY_MODEL.replace("- aircraft_delays\n", "- {view: aircraft_delays}\n").replace(
        '"aircraft_profile@1:seats"', "{view: aircraft_profile@1, features: [seats]}"
    )
    plan = (await world.apply(text)).plan

    assert [(change.creates_version, [one.path for one in change.changes]) for change in plan.changes] == [
        (None, ["features"])
    ]
    assert pins(world)[:2] == ["aircraft_delays@1", "aircraft_profile@1"]
    assert (await world.plan(text)).changes == ()


async def test_pins_of_a_superseded_draft_move_to_its_successor(world: World) -> None:
    await world.apply(SERVICE)
    plan = (await world.apply(DELAYS.replace("delay: 1h", "delay: 3h"))).plan

    assert [(change.name, change.creates_version, change.changes[-1]) for change in plan.changes] == [
        (
            "aircraft_delays",
            "aircraft_delays@3",
            Change(ChangeKind.CHANGED, "versions.2.state", VersionState.DRAFT, VersionState.ARCHIVED),
        ),
        ("s", "s@2", Change(ChangeKind.CHANGED, "features[0]", "aircraft_delays@2", "aircraft_delays@3")),
    ]
    assert pins(world, "s") == ["aircraft_delays@3", "airport_weather@1"]
    assert (await world.plan(SERVICE)).changes == ()


async def test_an_explicit_pin_of_a_superseded_draft_moves_too_and_stays_moved(world: World) -> None:
    service = 'kind: FeatureService\nname: s\nfeatures: ["aircraft_delays@2"]'
    await world.apply(service)
    await world.apply(DELAYS.replace("delay: 1h", "delay: 3h"))

    assert pins(world, "s") == ["aircraft_delays@3"]
    assert (await world.plan(service)).changes == ()
    assert (await world.plan(service, repin=True)).changes == ()


async def test_a_successor_that_lacks_a_pinned_feature_is_refused(world: World) -> None:
    await world.apply('kind: FeatureService\nname: s\nfeatures: ["aircraft_delays:flights_7d"]')
    text = DELAYS.replace(
        '  - {name: flights_7d,        type: INT64,   description: "Departures in the last seven days."}\n', ""
    ).replace(",\n           count(*)         OVER w     AS flights_7d", "")

    assert [(problem.path, problem.message) for problem in await world.problems(text)] == [
        ("definitions[0]", "aircraft_delays@3 has no feature 'flights_7d'.")
    ]


async def test_a_draft_that_is_superseded_here_cannot_be_pinned_anew(world: World) -> None:
    text = DELAYS.replace("delay: 1h", "delay: 3h") + 'kind: FeatureService\nname: s\nfeatures: ["aircraft_delays@2"]'

    assert [(problem.path, problem.message, problem.hint) for problem in await world.problems(text)] == [
        (
            "definitions[1].features[0]",
            "aircraft_delays@2 is a draft that aircraft_delays@3 takes the place of in this plan.",
            "Write aircraft_delays@3.",
        )
    ]


async def test_an_archived_version_cannot_be_pinned_anew(world: World) -> None:
    await world.apply(DELAYS.replace("delay: 1h", "delay: 3h"))

    problems = await world.problems('kind: FeatureService\nname: s\nfeatures: ["aircraft_delays@2"]')
    assert [(problem.message, problem.hint) for problem in problems] == [
        ("aircraft_delays@2 is ARCHIVED: what is new may not use it.", "Write aircraft_delays@3.")
    ]


async def test_the_order_of_the_list_is_the_order_of_columns(world: World) -> None:
    first, second = "  - aircraft_delays\n", '  - "aircraft_profile@1:seats"\n'
    await world.apply(DELAY_MODEL.replace(first + second, second + first))

    assert pins(world)[:2] == ["aircraft_profile@1", "aircraft_delays@1"]
    assert world.service("delay_model").number == 2


async def test_a_description_of_a_service_changes_in_place(world: World) -> None:
    plan = (await world.apply(DELAY_MODEL.replace("name: delay_model", "name: delay_model\ndescription: D."))).plan

    assert [(change.creates_version, [one.path for one in change.changes]) for change in plan.changes] == [
        (None, ["description"])
    ]
    assert (world.service("delay_model").number, world.service("delay_model").description) == (1, "D.")


async def test_what_a_caller_misses_is_breaking(world: World) -> None:
    fewer = DELAY_MODEL.replace("  - aircraft_delays\n", '  - "aircraft_delays:flights_7d"\n')
    more = DELAY_MODEL.replace("  - aircraft_delays\n", "  - aircraft_delays\n  - {view: airport_weather, as: here}\n")
    harmless = DELAY_MODEL.replace('@1:seats"', '@1:seats"\n  - "aircraft_profile:built"')

    for text, breaks in ((fewer, True), (more, True), (harmless, False)):
        assert [change.breaking for change in (await world.plan(text)).changes[0].changes] == [breaks]


async def test_an_entity_may_come_twice_under_other_keys() -> None:
    world = World()
    await world.apply(
        EXAMPLE.replace(DELAY_MODEL, "")
        + AIRPORT_WEATHER.replace("airport_weather", "routes")
        .replace("[airport]", "[{entity: airport, keys: {airport: origin}}, {entity: airport, keys: {airport: dest}}]")
        .replace("origin AS airport", "origin, 'x' AS dest")
    )

    assert [key.name for key in world.version("routes@1").keys] == ["origin", "dest"]

"""SQL over views: what a view shows, which inputs there may be, and in which order all is planned."""

import pytest

from graphql_api.definitions.plan import Behind
from graphql_api.documents.feature_views import SqlTransformationPart
from graphql_api.domain.enums import VersionState
from graphql_api.errors import Problem
from tests.definitions.example import (
    ACTIVITY,
    AIRPORT_WEATHER,
    DELAYS,
    GROUND,
    POSITION,
    PROFILE,
    RISK,
    WEATHER,
)
from tests.definitions.world import World

PATH = "definitions[0].transformation"


def a_view(
    name: str, sources: str, sql: str, *, features: str = "[{name: n, type: INT64}]", entity: str = "aircraft"
) -> str:
    return (
        f"kind: FeatureView\nname: {name}\nentities: [{entity}]\nfeatures: {features}\n"
        f"transformation: {{sources: {sources}, sql: '{sql}'}}\n---\n"
    )


BUSY = a_view(
    "busy",
    "[aircraft_delays, aircraft_profile]",
    "SELECT tailnum, event_timestamp, created_timestamp, flights_7d * seats AS n "
    "FROM aircraft_delays JOIN aircraft_profile USING (tailnum)",
)


def over(view: str, *, name: str = "top", column: str = "n") -> str:
    return a_view(name, f"[{view}]", f"SELECT tailnum, event_timestamp, created_timestamp, {column} AS n FROM {view}")


@pytest.fixture
async def world() -> World:
    world = World()
    await world.apply(GROUND + DELAYS + AIRPORT_WEATHER + PROFILE + ACTIVITY + POSITION)
    return world


async def test_a_view_shows_keys_times_and_features_and_a_static_one_no_times(world: World) -> None:
    await world.apply(BUSY)
    made = world.version("busy@1").transformation

    assert isinstance(made, SqlTransformationPart)
    assert made.sources == ()
    assert [
        (pin.written, pin.reference, pin.is_static, pin.has_created, [one.name for one in pin.keys])
        for pin in made.views
    ] == [
        ("aircraft_delays", "aircraft_delays@1", False, True, ["tailnum"]),
        ("aircraft_profile", "aircraft_profile@1", True, False, ["tailnum"]),
    ]
    assert (world.version("busy@1").is_static, made.has_created) == (False, True)
    shown = await world.problems(a_view("x", "[aircraft_profile]", "SELECT *, 1 AS n FROM aircraft_profile"))
    assert [problem.message for problem in shown] == [
        "The SQL gives 'manufacturer', 'seats', 'built', which are no features of the view."
    ]


async def test_over_static_views_alone_it_is_static_itself(world: World) -> None:
    await world.apply(
        a_view("big", "[aircraft_profile]", "SELECT tailnum, seats AS n FROM aircraft_profile WHERE seats > 100")
    )

    assert world.version("big@1").is_static


async def test_views_and_data_sources_go_together_as_all_kinds_of_stored_views_do(world: World) -> None:
    await world.apply(
        a_view(
            "mixed",
            "[flights, aircraft_activity, aircraft_position]",
            "SELECT f.tailnum, f.departed_at AS event_timestamp, f.recorded_at AS created_timestamp, "
            "a.late_24h + p.altitude_ft AS n FROM flights f JOIN aircraft_activity a USING (tailnum) "
            "JOIN aircraft_position p USING (tailnum)",
        )
    )

    made = world.version("mixed@1").transformation
    assert [source.name for source in made.sources] == ["flights"]
    assert [(pin.name, pin.has_created) for pin in made.views] == [
        ("aircraft_activity", False),
        ("aircraft_position", True),
    ]


async def test_corrections_of_a_view_that_would_leak_are_warned_of(world: World) -> None:
    leaky = [
        a_view(f"top_{view}", f"[{view}]", f"SELECT tailnum, event_timestamp, {column} AS n FROM {view}")
        for view, column in (
            ("aircraft_delays", "flights_7d"),
            ("aircraft_activity", "late_24h"),
            ("aircraft_position", "altitude_ft"),
        )
    ]

    assert (await world.plan("".join(leaky))).warnings == tuple(
        f"top_{view}: the view {view}@1 says when a row became known (created_timestamp), but the SQL gives no "
        "created_timestamp: corrections will leak into the time before they were made."
        for view in ("aircraft_delays", "aircraft_position")
    )


async def test_a_name_that_a_data_source_has_too_means_the_data_source() -> None:
    text = AIRPORT_WEATHER.replace("name: airport_weather", "name: weather")
    world = World()
    await world.apply(GROUND + text)

    made = world.version("weather@1").transformation
    assert ([source.name for source in made.sources], made.views) == (["weather"], ())
    numbered = a_view(
        "later",
        "['weather@1']".replace("'", '"'),
        "SELECT airport, event_timestamp, visib::BIGINT AS n FROM weather",
        entity="airport",
    )
    await world.apply(numbered)
    made = world.version("later@1").transformation
    assert (made.sources, [pin.reference for pin in made.views]) == ((), ["weather@1"])


async def test_an_entry_that_was_pinned_to_a_view_goes_on_to_mean_it(world: World) -> None:
    text = over("aircraft_delays", column="flights_7d")
    await world.apply(text)
    await world.apply(WEATHER.replace("name: weather", "name: aircraft_delays"))

    assert (await world.plan(text)).changes == ()


async def test_in_one_apply_each_is_planned_after_what_it_is_built_on() -> None:
    text = over("busy") + RISK + BUSY + PROFILE + DELAYS + GROUND
    world = World()
    plan = (await world.apply(text)).plan

    assert [change.creates_version for change in plan.changes if change.creates_version] == [
        "aircraft_delays@1",
        "aircraft_profile@1",
        "busy@1",
        "delay_risk@1",
        "top@1",
    ]
    assert (await world.plan(text)).changes == ()


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        (over("top"), "top → top"),
        (over("b", name="a") + over("a", name="b"), "a → b → a"),
        (over("b", name="a") + over("c", name="b") + over("b", name="c"), "b → c → b"),
        (over("c", name="b") + over("a", name="c") + over("b", name="a"), "a → b → c → a"),
    ],
)
async def test_a_circle_is_refused_by_naming_it(world: World, text: str, circle: str) -> None:
    (problem,) = await world.problems(text)

    assert (problem.message, problem.hint) == (
        f"Views would be built on each other in a circle: {circle}.",
        "A view is built on others, and never on itself: leave one of these inputs out.",
    )


async def test_a_circle_through_views_that_stand_is_seen_too(world: World) -> None:
    await world.apply(BUSY)
    await world.apply(over("busy"))

    assert await world.problems(
        DELAYS.replace("sources: [flights]", "sources: [flights, top]").replace("ttl: 30d", "ttl: 20d")
    ) == [
        Problem(
            f"{PATH}.sources[1]",
            "Views would be built on each other in a circle: aircraft_delays → top → busy → aircraft_delays.",
            "A view is built on others, and never on itself: leave one of these inputs out.",
        )
    ]


BROKEN = {
    "an on-demand view": (
        over("delay_risk") + RISK,
        Problem(
            f"{PATH}.sources[0]",
            "delay_risk is an on-demand view: it holds no rows and is no source.",
            "Name the views that it is made from.",
        ),
    ),
    "a view that is not there": (
        over("aircraft_delay"),
        Problem(
            f"{PATH}.sources[0]",
            "There is no data source and no view 'aircraft_delay'.",
            "Did you mean 'aircraft_delays'?",
        ),
    ),
    "a version that is not there": (
        over("aircraft_delays").replace("[aircraft_delays]", '["aircraft_delays@7"]'),
        Problem(f"{PATH}.sources[0]", "There is no version aircraft_delays@7.", "The newest is aircraft_delays@1."),
    ),
    "one feature": (
        over("aircraft_delays").replace("[aircraft_delays]", '["aircraft_delays:flights_7d"]'),
        Problem(
            f"{PATH}.sources[0]",
            "'aircraft_delays:flights_7d' names a feature: an input is a whole.",
            "Write aircraft_delays.",
        ),
    ),
    "two versions of one view": (
        over("aircraft_delays", column="flights_7d").replace(
            "[aircraft_delays]", '[aircraft_delays, "aircraft_delays@1"]'
        ),
        Problem(f"{PATH}.sources[1]", "'aircraft_delays' comes twice, and both would be called so.", "Leave one out."),
    ),
    "a feature that the view has not": (
        over("aircraft_delays", column="flights_8d"),
        Problem(
            f"{PATH}.sql", "Line 1, column 53: There is no column 'flights_8d' here.", "Did you mean 'flights_7d'?"
        ),
    ),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_broken_is_refused(world: World, what: str) -> None:
    text, problem = BROKEN[what]

    assert await world.problems(text) == [problem]


async def test_a_pin_stays_is_listed_as_behind_and_moves_when_asked(world: World) -> None:
    await world.apply(BUSY)
    for reference in ("aircraft_delays@1", "busy@1"):
        world.cover(reference)
        world.publish(reference)
    await world.apply(DELAYS.replace("delay: 1h", "delay: 2h"))

    stays = await world.plan(BUSY)
    assert (stays.changes, stays.behind) == ((), (Behind("busy", "aircraft_delays@1", "aircraft_delays@2"),))
    explicit = BUSY.replace("[aircraft_delays,", '["aircraft_delays@2",')
    for plan in (await world.plan(BUSY, repin=True), await world.plan(explicit)):
        assert ([change.creates_version for change in plan.changes], plan.behind) == (["busy@2"], ())


async def test_another_entry_may_change_beside_one_that_stands(world: World) -> None:
    await world.apply(BUSY)
    world.publish("aircraft_delays@1")
    await world.apply(DELAYS.replace("delay: 1h", "delay: 2h"))
    await world.apply(BUSY.replace("aircraft_profile]", "flights, aircraft_profile]"))

    assert [pin.reference for pin in world.version("busy@2").transformation.views] == [
        "aircraft_delays@1",
        "aircraft_profile@1",
    ]


async def test_versions_over_pins_that_share_their_data_share_theirs(world: World) -> None:
    await world.apply(BUSY)
    for reference in ("aircraft_delays@1", "busy@1"):
        world.cover(reference)
        world.publish(reference)
    await world.apply(DELAYS.replace("ttl: 30d", "ttl: 20d"))
    await world.apply(BUSY, repin=True)

    assert world.version("busy@2").transformation.views[0].reference == "aircraft_delays@2"
    assert world.version("busy@2").data_id == world.version("busy@1").data_id
    assert world.version("busy@2").state is VersionState.PUBLISHED

"""What pins a superseded draft moves to its successor in the same plan, through chains, and the plan lists it."""

import pytest

from graphql_api.definitions.plan import Change
from graphql_api.domain.enums import ChangeKind, VersionState
from graphql_api.errors import Problem
from tests.definitions.example import DELAYS, FLIGHTS, GROUND, PROFILE, RISK
from tests.definitions.test_views_as_sources import BUSY, over
from tests.definitions.world import FLIGHTS as FLIGHTS_COLUMNS
from tests.definitions.world import World

SERVICE = "kind: FeatureService\nname: model\nfeatures: [top, delay_risk]\n"
CHAIN = BUSY + over("busy") + RISK + SERVICE
NEXT = DELAYS.replace("delay: 1h", "delay: 2h")


@pytest.fixture
async def world() -> World:
    """Drafts through and through."""
    world = World()
    await world.apply(GROUND + DELAYS + PROFILE + CHAIN)
    return world


def pins(world: World, reference: str) -> list[str]:
    return [pin.reference for pin in world.version(reference).transformation.views]


async def test_the_next_version_of_a_draft_takes_its_dependents_along(world: World) -> None:
    plan = (await world.apply(NEXT)).plan

    assert [(change.name, change.creates_version, change.dependents) for change in plan.changes] == [
        ("aircraft_delays", "aircraft_delays@2", ("busy@1", "delay_risk@1", "model@1", "top@1")),
        ("busy", "busy@2", ("model@1", "top@1")),
        ("delay_risk", "delay_risk@2", ("model@1",)),
        ("top", "top@2", ("model@1",)),
        ("model", "model@2", ()),
    ]
    assert plan.changes[3].changes == (
        Change(ChangeKind.CHANGED, "transformation.sources.busy", "busy@1", "busy@2"),
        Change(ChangeKind.CHANGED, "versions.1.state", VersionState.DRAFT, VersionState.ARCHIVED),
    )
    assert plan.changes[4].changes == (
        Change(ChangeKind.CHANGED, "features[0]", "top@1", "top@2"),
        Change(ChangeKind.CHANGED, "features[1]", "delay_risk@1", "delay_risk@2"),
    )
    assert plan.warnings == tuple(
        f"{name}@1 is a draft, and {name}@2 takes its place."
        for name in ("aircraft_delays", "busy", "delay_risk", "top")
    )
    assert [pins(world, reference) for reference in ("busy@2", "top@2", "delay_risk@2")] == [
        ["aircraft_delays@2", "aircraft_profile@1"],
        ["busy@2"],
        ["aircraft_delays@2"],
    ]
    again = await world.plan(NEXT + CHAIN)
    assert (again.changes, again.behind) == ((), ())


async def test_a_published_version_is_not_superseded_and_takes_nothing_along(world: World) -> None:
    for reference in ("aircraft_delays@1", "delay_risk@1"):
        world.publish(reference)

    assert [change.name for change in (await world.plan(NEXT)).changes] == ["aircraft_delays"]


async def test_the_chain_ends_at_a_published_version(world: World) -> None:
    world.publish("busy@1")
    plan = (await world.apply(NEXT)).plan

    assert [change.creates_version for change in plan.changes] == [
        "aircraft_delays@2",
        "busy@2",
        "delay_risk@2",
        "model@2",
    ]
    assert (world.version("busy@1").state, pins(world, "top@1")) == (VersionState.PUBLISHED, ["busy@1"])


async def test_the_run_of_each_superseded_draft_is_cancelled_unless_its_data_goes_on(world: World) -> None:
    runs = {reference: world.run(reference) for reference in ("aircraft_delays@1", "busy@1")}
    ttl = await world.planned(DELAYS.replace("ttl: 30d", "ttl: 20d"))
    delay = await world.planned(NEXT)

    assert (ttl.cancelled, set(delay.cancelled)) == ((), {run.run_id for run in runs.values()})
    assert ttl.plan.warnings[:2] == (
        "aircraft_delays@1 is a draft, and aircraft_delays@2 takes its place. Its run goes on for the new one.",
        "busy@1 is a draft, and busy@2 takes its place. Its run goes on for the new one.",
    )
    assert delay.plan.warnings[:2] == (
        "aircraft_delays@1 is a draft, and aircraft_delays@2 takes its place. Its run is cancelled.",
        "busy@1 is a draft, and busy@2 takes its place. Its run is cancelled.",
    )


async def test_one_that_is_defined_beside_moves_with_what_it_says_now(world: World) -> None:
    await world.apply(BUSY.replace("flights_7d * seats", "flights_7d + seats") + NEXT)

    assert pins(world, "busy@2") == ["aircraft_delays@2", "aircraft_profile@1"]
    assert pins(world, "top@2") == ["busy@2"]


async def test_a_source_that_changes_moves_the_whole_chain(world: World) -> None:
    world.answers.files["s3://demo/elsewhere/*.parquet"] = dict(FLIGHTS_COLUMNS)
    plan = await world.plan(FLIGHTS.replace("s3://demo/flights/", "s3://demo/elsewhere/"))

    assert [(change.name, change.creates_version) for change in plan.changes] == [
        ("flights", None),
        ("aircraft_delays", "aircraft_delays@2"),
        ("busy", "busy@2"),
        ("delay_risk", "delay_risk@2"),
        ("top", "top@2"),
        ("model", "model@2"),
    ]
    assert plan.changes[0].dependents == ("aircraft_delays@1", "busy@1", "delay_risk@1", "model@1", "top@1")


async def test_a_successor_that_lacks_what_is_used_is_refused_where_it_is_defined(world: World) -> None:
    text = NEXT.replace(
        '  - {name: flights_7d,        type: INT64,   description: "Departures in the last seven days."}\n', ""
    ).replace(",\n           count(*)         OVER w     AS flights_7d", "")

    assert await world.problems(text) == [
        Problem(
            "definitions[0]",
            "busy could not read it any more. In its transformation.sql: Line 1, column 53: There is no column "
            "'flights_7d' here.",
            "Keep what it reads, or define busy anew in the same plan.",
        )
    ]


async def test_a_superseded_draft_cannot_be_pinned_anew(world: World) -> None:
    text = over("aircraft_delays", name="other", column="flights_7d").replace(
        "[aircraft_delays]", '["aircraft_delays@1"]'
    )

    assert await world.problems(text + NEXT) == [
        Problem(
            "definitions[0].transformation.sources[0]",
            "aircraft_delays@1 is a draft that aircraft_delays@2 takes the place of in this plan.",
            "Write aircraft_delays@2.",
        )
    ]

"""What makes a version, what changes in place, and which versions share their data."""

import pytest

from graphql_api.definitions.plan import Change
from graphql_api.documents.feature_views import SqlTransformationPart
from graphql_api.domain.enums import ChangeKind, DefinitionKind, VersionState
from tests.definitions.example import AIRCRAFT, DELAYS, EXAMPLE, FLIGHTS, GROUND, PROFILE
from tests.definitions.world import FLIGHTS as FLIGHTS_COLUMNS
from tests.definitions.world import World


@pytest.fixture
async def world() -> World:
    world = World()
    await world.apply(GROUND + DELAYS + PROFILE)
    return world


def edited(before: str, after: str) -> str:
    assert before in DELAYS
    return DELAYS.replace(before, after)


async def test_the_example_is_planned_as_it_is_written() -> None:
    plan = await World().plan(EXAMPLE)

    assert [(change.change, change.kind, change.name, change.creates_version) for change in plan.changes] == [
        (ChangeKind.ADDED, DefinitionKind.ENTITY, "aircraft", None),
        (ChangeKind.ADDED, DefinitionKind.ENTITY, "airport", None),
        (ChangeKind.ADDED, DefinitionKind.DATA_SOURCE, "flights", None),
        (ChangeKind.ADDED, DefinitionKind.DATA_SOURCE, "planes", None),
        (ChangeKind.ADDED, DefinitionKind.DATA_SOURCE, "weather", None),
        (ChangeKind.ADDED, DefinitionKind.FEATURE_VIEW, "aircraft_delays", "aircraft_delays@1"),
        (ChangeKind.ADDED, DefinitionKind.FEATURE_VIEW, "aircraft_profile", "aircraft_profile@1"),
        (ChangeKind.ADDED, DefinitionKind.FEATURE_VIEW, "airport_weather", "airport_weather@1"),
        (ChangeKind.ADDED, DefinitionKind.FEATURE_SERVICE, "delay_model", "delay_model@1"),
    ]
    assert (plan.behind, plan.warnings) == ((), ())


async def test_a_version_holds_what_its_definition_says(world: World) -> None:
    version = world.version("aircraft_delays@1")

    hour, day = 3_600_000_000, 86_400_000_000
    assert (version.ttl, version.delay, version.is_static) == (30 * day, hour, False)
    assert [(key.name, key.value_type) for key in version.keys] == [("tailnum", "STRING")]
    assert [(output.name, output.value_type) for output in version.transformation.outputs] == [
        ("tailnum", "STRING"),
        ("event_timestamp", "TIMESTAMP"),
        ("created_timestamp", "TIMESTAMP"),
        ("mean_dep_delay_7d", "FLOAT64"),
        ("flights_7d", "INT64"),
    ]
    assert isinstance(version.transformation, SqlTransformationPart)
    assert (version.transformation.has_created, version.transformation.lookback) == (True, 7 * day)
    source = version.transformation.sources[0]
    assert {column.name: column.data_type for column in source.columns} == FLIGHTS_COLUMNS
    assert (source.timezone, source.event_timestamp) == ("America/New_York", "departed_at")
    view = world.registry.views["aircraft_delays"]
    assert (view.schedule, view.since, view.freshness, view.current_version, view.latest_version) == (
        "15 * * * *",
        1_761_955_200_000_000,
        2 * hour,
        None,
        1,
    )
    assert world.version("aircraft_profile@1").is_static


@pytest.mark.parametrize(
    "text",
    [
        edited("name: aircraft_delays", "name:    aircraft_delays"),
        edited("delay: 1h\nsince: 2025-11-01\n", "since: 2025-11-01\ndelay: 1h\n"),
        edited("changeNote: First version.", "changeNote: Said otherwise."),
        edited("changeNote: First version.\n", ""),
    ],
)
async def test_the_same_written_otherwise_changes_nothing(world: World, text: str) -> None:
    assert (await world.plan(text)).changes == ()


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (edited("lately.", "of late."), ["description"]),
        (edited("publish: auto", "publish: auto\nowner: bob"), ["owner"]),
        (edited("publish: auto", "publish: auto\ntags: {a: b}"), ["tags"]),
        (edited("publish: auto", "publish: manual"), ["publish"]),
        (edited("since: 2025-11-01", "since: 2025-11-02"), ["since"]),
        (edited("15 * * * *", "25 * * * *"), ["schedule"]),
        (edited("freshness: 2h", "freshness: 3h"), ["freshness"]),
        (edited("freshness: 2h", "freshness: 2h\nreprocess: 2d"), ["reprocess"]),
        (edited("in the last seven days.", "in seven days."), ["features.flights_7d.description"]),
        (edited("ttl: 30d", "ttl: 720h"), ["ttl"]),
        (edited("entities: [aircraft]", "entities: [{entity: aircraft, keys: {tailnum: tailnum}}]"), ["entities"]),
        (edited("{min: -120, max: 2000}", "{max: 2000.0, min: -120}"), []),
    ],
)
async def test_what_changes_no_value_changes_in_place(world: World, text: str, paths: list[str]) -> None:
    plan = await world.plan(text)

    assert [(change.path, change.breaking) for planned in plan.changes for change in planned.changes] == [
        (path, path == "entities") for path in paths
    ]
    assert [planned.creates_version for planned in plan.changes] == [None] * len(plan.changes)


async def test_descriptions_of_features_change_in_the_latest_version(world: World) -> None:
    before = world.version("aircraft_delays@1")
    await world.apply(edited("in the last seven days.", "in seven days."))
    after = world.version("aircraft_delays@1")

    assert [feature.description for feature in after.features][1] == "Departures in seven days."
    assert [feature.id for feature in after.features] == [feature.id for feature in before.features]


SHARES = [
    edited("ttl: 30d", "ttl: 20d"),
    edited("ttl: 30d\n", ""),
    edited("severity: WARN", "severity: BLOCK"),
    edited("parameters: {min: 1}", "parameters: {min: 2}"),
    edited("name: enough_rows", "name: many_rows"),
]
ANEW = [
    edited("delay: 1h", "delay: 2h"),
    edited("lookback: 7d", "lookback: 8d"),
    edited("avg(dep_delay)", "median(dep_delay)"),
    edited("INT64", "FLOAT64"),
    edited("max: 2000", "max: 3000"),
    edited("severity: QUARANTINE", "severity: BLOCK"),
    edited(
        "severity: WARN", "severity: WARN}\n  - {name: n, check: NOT_NULL, feature: flights_7d, severity: QUARANTINE"
    ),
]


@pytest.mark.parametrize("text", SHARES)
async def test_versions_of_the_same_rows_share_their_data(world: World, text: str) -> None:
    await world.apply(text)

    first, second = world.version("aircraft_delays@1"), world.version("aircraft_delays@2")
    assert (second.data_id, second.data_fingerprint) == (first.data_id, first.data_fingerprint)


@pytest.mark.parametrize("text", ANEW)
async def test_what_changes_rows_makes_a_copy_of_its_own(world: World, text: str) -> None:
    await world.apply(text)

    first, second = world.version("aircraft_delays@1"), world.version("aircraft_delays@2")
    assert second.data_fingerprint != first.data_fingerprint
    assert second.data_id not in (first.data_id, 0)


async def test_a_way_back_finds_its_data_again(world: World) -> None:
    await world.apply(edited("delay: 1h", "delay: 2h"))
    await world.apply(DELAYS)

    assert world.version("aircraft_delays@3").data_id == world.version("aircraft_delays@1").data_id


async def test_a_removed_feature_is_breaking_and_an_added_one_is_not(world: World) -> None:
    text = edited("count(*)         OVER w     AS flights_7d", "count(*) OVER w AS flights").replace(
        "{name: flights_7d,   ", "{name: flights,   "
    )
    plan = await world.plan(text)

    assert [(change.kind, change.path, change.breaking) for change in plan.changes[0].changes] == [
        (ChangeKind.ADDED, "features.flights", False),
        (ChangeKind.REMOVED, "features.flights_7d", True),
        (ChangeKind.CHANGED, "transformation.sql", False),
        (ChangeKind.CHANGED, "versions.1.state", False),
    ]
    assert plan.changes[0].creates_version == "aircraft_delays@2"


async def test_a_draft_is_never_amended(world: World) -> None:
    run = world.run("aircraft_delays@1")
    planned = await world.apply(edited("delay: 1h", "delay: 2h"))

    assert planned.cancelled == (run.run_id,)
    assert world.version("aircraft_delays@1").state is VersionState.ARCHIVED
    assert world.version("aircraft_delays@2").state is VersionState.DRAFT


async def test_the_run_of_a_superseded_draft_goes_on_for_a_version_that_shares_its_data(world: World) -> None:
    world.run("aircraft_delays@1")
    planned = await world.apply(edited("ttl: 30d", "ttl: 20d"))

    assert (planned.cancelled, planned.wanting) == ((), ())
    assert world.version("aircraft_delays@1").state is VersionState.ARCHIVED


async def test_a_published_version_stays_when_the_next_comes(world: World) -> None:
    world.cover("aircraft_delays@1")
    world.publish("aircraft_delays@1")
    planned = await world.apply(edited("delay: 1h", "delay: 2h"))

    assert world.version("aircraft_delays@1").state is VersionState.PUBLISHED
    assert world.registry.views["aircraft_delays"].current_version == 1
    assert planned.wanting == (world.version("aircraft_delays@2").id,)


async def test_a_version_that_needs_no_run_is_published_at_once(world: World) -> None:
    world.cover("aircraft_delays@1")
    world.publish("aircraft_delays@1")
    planned = await world.apply(edited("ttl: 30d", "ttl: 20d"))

    assert world.version("aircraft_delays@2").state is VersionState.PUBLISHED
    assert world.registry.views["aircraft_delays"].current_version == 2
    assert (planned.wanting, planned.published) == ((), {"aircraft_delays": 2})
    assert planned.plan.changes[0].changes[-1] == Change(ChangeKind.CHANGED, "currentVersion", 1, 2)


async def test_a_version_that_is_published_by_hand_waits(world: World) -> None:
    world.cover("aircraft_delays@1")
    world.publish("aircraft_delays@1")
    manual = edited("ttl: 30d", "ttl: 20d").replace("publish: auto", "publish: manual")
    planned = await world.apply(manual)
    assert (world.version("aircraft_delays@2").state, planned.wanting) == (VersionState.DRAFT, ())

    await world.apply(manual.replace("publish: manual", "publish: auto"))
    assert world.version("aircraft_delays@2").state is VersionState.PUBLISHED


async def test_a_way_back_to_less_than_is_served_stays_a_draft(world: World) -> None:
    world.cover("aircraft_delays@1", end=50)
    world.publish("aircraft_delays@1")
    await world.apply(edited("delay: 1h", "delay: 2h").replace("since: 2025-11-01", "since: 1970-01-01"))
    world.cover("aircraft_delays@2", end=100)
    world.publish("aircraft_delays@2")
    planned = await world.apply(DELAYS.replace("since: 2025-11-01", "since: 1970-01-01"))

    assert world.version("aircraft_delays@3").state is VersionState.DRAFT
    assert planned.wanting == (world.version("aircraft_delays@3").id,)


async def test_the_join_keys_of_an_entity_in_use_cannot_change(world: World) -> None:
    problems = await world.problems(AIRCRAFT.replace("tailnum", "tail"))

    assert [(problem.path, problem.message, problem.hint) for problem in problems] == [
        (
            "definitions[0].joinKeys",
            "The join keys of aircraft cannot change: it is in use.",
            "Define another entity. It is used by aircraft_delays@1, aircraft_profile@1.",
        )
    ]
    plan = await world.plan(AIRCRAFT.replace("A plane, by", "An aeroplane, by"))
    assert [(change.name, change.dependents) for change in plan.changes] == [
        ("aircraft", ("aircraft_delays@1", "aircraft_profile@1"))
    ]


async def test_a_source_elsewhere_makes_new_versions_of_its_views(world: World) -> None:
    world.answers.files["s3://demo/elsewhere/*.parquet"] = FLIGHTS_COLUMNS
    plan = await world.plan(FLIGHTS.replace("s3://demo/flights/", "s3://demo/elsewhere/"))

    assert [(change.kind, change.name, change.dependents, change.creates_version) for change in plan.changes] == [
        (DefinitionKind.DATA_SOURCE, "flights", ("aircraft_delays@1",), None),
        (DefinitionKind.FEATURE_VIEW, "aircraft_delays", (), "aircraft_delays@2"),
    ]
    assert plan.changes[1].changes[0] == Change(
        ChangeKind.CHANGED,
        "transformation.sources.flights.uris",
        ["s3://demo/flights/*.parquet"],
        ["s3://demo/elsewhere/*.parquet"],
    )


async def test_a_new_column_changes_the_source_in_place(world: World) -> None:
    flights = world.answers.files["s3://demo/flights/*.parquet"]
    flights["cancelled"] = "BOOLEAN"
    plan = (await world.apply(FLIGHTS)).plan

    assert [(change.name, change.creates_version, change.changes) for change in plan.changes] == [
        ("flights", None, (Change(ChangeKind.ADDED, "columns.cancelled", None, "BOOLEAN"),))
    ]
    assert (await world.plan(GROUND + DELAYS + PROFILE)).changes == ()
    await world.apply(edited("ttl: 30d", "ttl: 20d"))
    assert world.version("aircraft_delays@2").data_id == world.version("aircraft_delays@1").data_id
    await world.apply(edited("avg(dep_delay)", "median(dep_delay)"))
    assert world.version("aircraft_delays@3").transformation.sources[0].columns[-1].name == "cancelled"


async def test_a_lost_column_that_no_view_uses_changes_the_source_in_place(world: World) -> None:
    del world.answers.files["s3://demo/flights/*.parquet"]["air_time"]
    plan = await world.plan(FLIGHTS)

    assert [(change.name, change.creates_version) for change in plan.changes] == [("flights", None)]
    assert plan.changes[0].changes == (Change(ChangeKind.REMOVED, "columns.air_time", "DOUBLE", None, breaking=True),)


async def test_a_retyped_column_that_a_view_uses_makes_its_next_version(world: World) -> None:
    world.answers.files["s3://demo/flights/*.parquet"]["dep_delay"] = "INTEGER"
    plan = await world.plan(FLIGHTS)

    assert [(change.name, change.creates_version) for change in plan.changes] == [
        ("flights", None),
        ("aircraft_delays", "aircraft_delays@2"),
    ]


async def test_a_lost_column_that_a_view_uses_is_refused_naming_the_view(world: World) -> None:
    del world.answers.files["s3://demo/flights/*.parquet"]["dep_delay"]

    assert [(problem.path, problem.message) for problem in await world.problems(FLIGHTS)] == [
        (
            "definitions[0]",
            "aircraft_delays could not read it any more. In its transformation.sql: "
            "Line 4, column 12: There is no column 'dep_delay' here.",
        )
    ]


async def test_the_time_of_a_source_is_in_use_whatever_the_sql_says(world: World) -> None:
    world.answers.files["s3://demo/flights/*.parquet"]["recorded_at"] = "TIMESTAMP WITH TIME ZONE"
    plan = await world.plan(FLIGHTS)

    assert [change.creates_version for change in plan.changes] == [None, "aircraft_delays@2"]


async def test_a_source_that_loses_its_time_is_refused_where_views_would_become_static(world: World) -> None:
    text = FLIGHTS.replace("eventTimestamp: departed_at\n", "").replace("createdTimestamp: recorded_at\n", "")

    assert [problem.message for problem in await world.problems(text)] == ["aircraft_delays would become static."]


async def test_corrections_that_would_leak_are_warned_of(world: World) -> None:
    text = edited("           max(recorded_at) OVER w     AS created_timestamp,\n", "")

    assert (await world.plan(text)).warnings == (
        "aircraft_delays: the source flights says when a row became known (recorded_at), but the SQL gives no "
        "created_timestamp: corrections will leak into the time before they were made.",
        "aircraft_delays@1 is a draft, and aircraft_delays@2 takes its place.",
    )


async def test_declared_columns_hold_and_no_file_is_needed() -> None:
    world = World()
    await world.apply(
        "kind: DataSource\nname: later\nfiles: s3://demo/later/*.parquet\neventTimestamp: at\ntimezone: Europe/Berlin\n"
        "columns: [{name: at, type: TIMESTAMP}, {name: n, type: INT64}, {name: d, type: 'DECIMAL(10, 2)'}]"
    )

    source = world.registry.sources["later"]
    assert source.declared
    assert [(column.name, column.data_type, column.value_type) for column in source.columns] == [
        ("at", "TIMESTAMP", "TIMESTAMP"),
        ("n", "BIGINT", "INT64"),
        ("d", "DECIMAL(10,2)", "FLOAT64"),
    ]

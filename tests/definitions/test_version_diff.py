"""What differs between two versions of a view, by path, and what of it breaks those who rely on the view."""

from graphql_api.definitions.plan import Change
from graphql_api.definitions.version_diff import version_diff
from graphql_api.domain.enums import ChangeKind
from tests.definitions.world import World

REGISTRY = """
kind: Entity
name: aircraft
joinKeys: [{name: tailnum, type: STRING}]
---
kind: DataSource
name: flights
files: s3://demo/flights/*.parquet
eventTimestamp: departed_at
---
kind: FeatureView
name: delays
entities: [aircraft]
transformation:
  sources: [flights]
  sql: SELECT tailnum, departed_at AS event_timestamp, dep_delay, air_time FROM flights
features: [{name: dep_delay, type: FLOAT64}, {name: air_time, type: FLOAT64}]
validations: [{name: plausible, feature: dep_delay, check: IN_RANGE, parameters: {min: -120}, severity: WARN}]
---
kind: FeatureView
name: risk
transformation:
  views: [delays]
  request: [{name: hour, type: INT64}]
  expressions: [{feature: risk, expression: dep_delay * hour}]
"""


def edited(*edits: tuple[str, str]) -> str:
    text = REGISTRY
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return text


async def differences(before: str, after: str, *edits: tuple[str, str]) -> list[Change]:
    world = World()
    await world.apply(REGISTRY)
    await world.apply(edited(*edits))
    return version_diff(world.version(before), world.version(after))


async def test_sql_schema_validations_ttl_and_delay_are_told_by_path() -> None:
    changes = await differences(
        "delays@1",
        "delays@2",
        ("dep_delay, air_time FROM", "dep_delay, dep_delay > 15 AS late FROM"),
        ("{name: air_time, type: FLOAT64}", "{name: late, type: BOOL}"),
        ("parameters: {min: -120}, severity: WARN", "parameters: {min: -60, max: 2000}, severity: BLOCK"),
        ("entities: [aircraft]\n", "entities: [aircraft]\nttl: 14d\ndelay: 1h\n"),
    )

    sql = "SELECT tailnum, departed_at AS event_timestamp, dep_delay, {} FROM flights"
    assert changes == [
        Change(ChangeKind.CHANGED, "delay", "0s", "1h"),
        Change(ChangeKind.REMOVED, "features.air_time", {"name": "air_time", "type": "FLOAT64"}, None, breaking=True),
        Change(ChangeKind.ADDED, "features.late", None, {"name": "late", "type": "BOOL"}),
        Change(ChangeKind.CHANGED, "transformation.sql", sql.format("air_time"), sql.format("dep_delay > 15 AS late")),
        Change(ChangeKind.ADDED, "ttl", None, "2w"),
        Change(ChangeKind.ADDED, "validations.plausible.parameters.max", None, 2000),
        Change(ChangeKind.CHANGED, "validations.plausible.parameters.min", -120, -60),
        Change(ChangeKind.CHANGED, "validations.plausible.severity", "WARN", "BLOCK"),
    ]


async def test_another_join_key_and_another_request_column_break_callers() -> None:
    key = await differences(
        "delays@1", "delays@2", ("entities: [aircraft]", "entities: [{entity: aircraft, keys: {tailnum: tail}}]"),
        ("SELECT tailnum,", "SELECT tailnum AS tail,"),
    )  # fmt: skip
    request = await differences(
        "risk@1", "risk@2", ("[{name: hour, type: INT64}]", "[{name: hour, type: INT64}, {name: day, type: INT64}]"),
        ("dep_delay * hour", "dep_delay * hour * day"),
    )  # fmt: skip

    assert [(change.path, change.breaking) for change in key] == [
        ("entities.aircraft.keys.tailnum", True),
        ("transformation.sql", False),
    ]
    assert [(change.kind, change.path, change.breaking) for change in request] == [
        (ChangeKind.CHANGED, "transformation.expressions.risk.expression", False),
        (ChangeKind.ADDED, "transformation.request.day", True),
    ]


async def test_a_source_elsewhere_and_a_pin_that_moved_are_told() -> None:
    world = World()
    world.answers.files["s3://demo/elsewhere/*.parquet"] = world.answers.files["s3://demo/flights/*.parquet"]
    await world.apply(REGISTRY)
    await world.apply(edited(("s3://demo/flights", "s3://demo/elsewhere")))

    moved = version_diff(world.version("delays@1"), world.version("delays@2"))
    pinned = version_diff(world.version("risk@1"), world.version("risk@2"))

    assert [(change.path, change.before, change.after) for change in moved] == [
        ("transformation.sources.flights.uris", ["s3://demo/flights/*.parquet"], ["s3://demo/elsewhere/*.parquet"])
    ]
    assert [(change.path, change.before, change.after) for change in pinned] == [
        ("transformation.views.delays.version", "delays@1", "delays@2")
    ]


async def test_a_version_differs_in_nothing_from_itself() -> None:
    world = World()
    await world.apply(REGISTRY)

    assert [version_diff(version, version) for version in world.registry.versions.values()] == [[], []]

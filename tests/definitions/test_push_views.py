"""Push views: nothing runs where rows are only pushed; a source of history must fit."""

import pytest

from graphql_api.documents.feature_views import PushTransformationPart
from graphql_api.domain.enums import VersionState
from graphql_api.errors import Problem
from tests.definitions.example import GROUND, POSITION
from tests.definitions.world import World

POSITIONS = """
kind: DataSource
name: positions
files: s3://demo/positions/*.parquet
eventTimestamp: at
---
"""
WITH_HISTORY = POSITION.replace("{push: {}}", "{push: {source: positions}}")
COLUMNS = {
    "tailnum": "VARCHAR",
    "at": "TIMESTAMP",
    "altitude_ft": "INTEGER",
    "ground_speed_kn": "FLOAT",
    "more": "BLOB",
}


@pytest.fixture
def world() -> World:
    world = World()
    world.answers.files["s3://demo/positions/*.parquet"] = dict(COLUMNS)
    return world


async def test_a_view_that_is_only_pushed_to_is_published_at_once_with_a_copy_of_its_own(world: World) -> None:
    planned = await world.apply(GROUND + POSITION)
    version = world.version("aircraft_position@1")

    assert isinstance(version.transformation, PushTransformationPart)
    assert (version.transformation.sources, version.state, planned.wanting) == ((), VersionState.PUBLISHED, ())
    assert (version.ttl, version.is_static) == (900_000_000, False)
    assert [(copy.id, copy.layout) for copy in world.registry.copies] == [
        (version.data_id, ("altitude_ft", "ground_speed_kn"))
    ]
    assert [column.name for column in version.transformation.outputs] == [
        "tailnum",
        "event_timestamp",
        "created_timestamp",
        "altitude_ft",
        "ground_speed_kn",
    ]


async def test_manual_publishing_leaves_it_a_draft(world: World) -> None:
    await world.apply(GROUND + POSITION.replace("ttl: 15m", "publish: manual"))

    assert world.version("aircraft_position@1").state is VersionState.DRAFT


async def test_one_with_history_waits_for_its_first_run(world: World) -> None:
    planned = await world.apply(GROUND + POSITIONS + WITH_HISTORY)
    version = world.version("aircraft_position@1")

    assert (version.state, planned.wanting) == (VersionState.DRAFT, (version.id,))
    assert [source.name for source in version.transformation.sources] == ["positions"]


async def test_a_further_feature_is_published_at_once_and_has_data_of_its_own(world: World) -> None:
    await world.apply(GROUND + POSITION)
    await world.apply(POSITION.replace("features: [", "features: [{name: heading, type: FLOAT64}, "))

    assert world.registry.views["aircraft_position"].current_version == 2
    assert world.version("aircraft_position@1").state is VersionState.PUBLISHED
    assert len(world.registry.copies) == 2


async def test_a_source_elsewhere_makes_the_next_version(world: World) -> None:
    await world.apply(GROUND + POSITIONS + WITH_HISTORY)
    world.answers.files["s3://demo/elsewhere/*.parquet"] = dict(COLUMNS)
    plan = await world.plan(POSITIONS.replace("demo/positions", "demo/elsewhere"))

    assert [change.creates_version for change in plan.changes] == [None, "aircraft_position@2"]


@pytest.mark.parametrize(("column", "is_used"), [("altitude_ft", True), ("more", False)])
async def test_a_retyped_column_counts_where_it_is_loaded(world: World, column: str, is_used: bool) -> None:
    await world.apply(GROUND + POSITIONS + WITH_HISTORY)
    world.answers.files["s3://demo/positions/*.parquet"][column] = "BIGINT"
    plan = await world.plan(POSITIONS)

    assert [change.creates_version for change in plan.changes] == ([None, "aircraft_position@2"] if is_used else [None])


async def test_what_nothing_runs_for_is_refused(world: World) -> None:
    text = POSITION.replace(
        "ttl: 15m",
        "ttl: 15m\ndelay: 1h\nsince: 2025-01-01\nschedule: '0 * * * *'\nreprocess: 1d\nfreshness: 1h\n"
        "validations: [{name: c, feature: altitude_ft, check: NOT_NULL, severity: WARN}]",
    )
    hint = "Leave it out, or name a source: push: {source: …}."

    assert await world.problems(GROUND + text) == [
        Problem("definitions[5].delay", "A pushed row is served at once: a push view has no delay.", "Leave it out."),
        *(
            Problem(f"definitions[5].{key}", f"Nothing is run where rows are only pushed: the view has no {key}.", hint)
            for key in ("since", "schedule", "reprocess", "validations")
        ),
    ]


async def test_a_source_that_does_not_fit_is_refused(world: World) -> None:
    columns = world.answers.files["s3://demo/positions/*.parquet"]
    columns["altitude_ft"] = "VARCHAR"
    del columns["tailnum"]

    assert await world.problems(GROUND + POSITIONS + WITH_HISTORY) == [
        Problem(
            "definitions[6].transformation.push.source",
            "The source positions has no column 'tailnum', which the view has.",
            "Known: altitude_ft, at, ground_speed_kn, more.",
        ),
        Problem(
            "definitions[6].transformation.push.source",
            "The column 'altitude_ft' of positions is VARCHAR, which is no INT64.",
            "Declare STRING, or write the files otherwise.",
        ),
    ]


async def test_features_need_types_and_the_push_a_mapping(world: World) -> None:
    text = POSITION.replace("{push: {}}", "{push: [], lookback: 1d}").replace(", type: INT64", "")

    assert await world.problems(GROUND + text) == [
        Problem("definitions[5].transformation.push", "This must be a mapping, not a list.", "Write push: {}."),
        Problem(
            "definitions[5].transformation.lookback", "There is no key 'lookback' here.", "Known: description, push."
        ),
        Problem(
            "definitions[5].features[0].type",
            "type is required.",
            "Known: BOOL, BOOL_LIST, FLOAT64, FLOAT64_LIST, INT64, INT64_LIST, STRING, STRING_LIST, TIMESTAMP.",
        ),
    ]

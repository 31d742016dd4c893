"""Aggregation views: what each function takes and gives, what the boundaries allow, what makes a version."""

import pytest

from graphql_api.definitions.plan import Change
from graphql_api.documents.feature_views import AggregationTransformationPart
from graphql_api.domain.enums import ChangeKind, VersionState
from graphql_api.errors import Problem
from tests.definitions.example import ACTIVITY, FLIGHTS, GROUND
from tests.definitions.world import World

HOUR = 3_600_000_000


def a_view(aggregations: str, *, more: str = "", **changes: str) -> str:
    keys = {"source": "flights", "every": "1h"} | changes
    head = ", ".join(f"{key}: {value}" for key, value in keys.items() if value)
    return (
        f"{GROUND}kind: FeatureView\nname: v\nentities: [aircraft]\n"
        f"transformation: {{{head}, aggregations: {aggregations}}}\n{more}"
    )


@pytest.fixture
async def world() -> World:
    world = World()
    await world.apply(GROUND + ACTIVITY)
    return world


async def test_a_version_holds_what_its_definition_says(world: World) -> None:
    version = world.version("aircraft_activity@1")
    made = version.transformation

    assert isinstance(made, AggregationTransformationPart)
    assert (made.every, made.offset, [source.name for source in made.sources]) == (HOUR, 0, ["flights"])
    assert [(one.feature, one.function, one.column, one.window, one.filter) for one in made.aggregations] == [
        ("flights_24h", "COUNT", None, 24 * HOUR, None),
        ("mean_air_time_30d", "MEAN", "air_time", 720 * HOUR, None),
        ("late_24h", "COUNT", None, 24 * HOUR, "dep_delay > 15"),
    ]
    assert [(output.name, output.value_type) for output in made.outputs] == [
        ("tailnum", "STRING"),
        ("event_timestamp", "TIMESTAMP"),
        ("created_timestamp", "TIMESTAMP"),
        ("flights_24h", "INT64"),
        ("mean_air_time_30d", "FLOAT64"),
        ("late_24h", "INT64"),
    ]
    assert (version.is_static, version.ttl, version.state) == (False, None, VersionState.DRAFT)


async def test_types_follow_from_functions_and_columns() -> None:
    world = World()
    world.answers.files["s3://demo/flights/*.parquet"] |= {"seats": "SMALLINT", "paid": "DECIMAL(10,2)"}
    functions = {
        "COUNT": "carrier",
        "COUNT_DISTINCT": "carrier",
        "MIN": "carrier",
        "MAX": "departed_at",
        "FIRST": "seats",
        "LAST": "paid",
        "MEAN": "seats",
        "STDDEV": "seats",
        "P95": "paid",
    }
    entries = [
        f"{{feature: f_{name.lower()}, function: {name}, column: {column}, window: 1h}}"
        for name, column in functions.items()
    ]
    sums = [f"{{feature: sum_{column}, function: SUM, column: {column}, window: 1h}}" for column in ("seats", "paid")]
    await world.apply(a_view(f"[{', '.join([*entries, *sums])}]"))

    assert {feature.name: feature.value_type.value for feature in world.version("v@1").features} == {
        "f_count": "INT64",
        "f_count_distinct": "INT64",
        "f_min": "STRING",
        "f_max": "TIMESTAMP",
        "f_first": "INT64",
        "f_last": "FLOAT64",
        "f_mean": "FLOAT64",
        "f_stddev": "FLOAT64",
        "f_p95": "FLOAT64",
        "sum_seats": "INT64",
        "sum_paid": "FLOAT64",
    }


BOUNDARIES = {
    "every of nothing": (
        a_view("[{feature: n, function: COUNT, window: 1h}]", every="0s"),
        [
            Problem(
                "definitions[5].transformation.every",
                "The boundaries must lie apart: every is longer than 0s.",
                "Such as every: 1h.",
            )
        ],
    ),
    "an offset as long as every": (
        a_view("[{feature: n, function: COUNT, window: 1h}]", offset="1h"),
        [
            Problem(
                "definitions[5].transformation.offset",
                "The offset must be shorter than every, which is 1h.",
                "It moves the boundaries within one step.",
            )
        ],
    ),
    "windows that are no multiples": (
        a_view("[{feature: n, function: COUNT, window: 90m}, {feature: m, function: COUNT, window: 0s}]"),
        [
            Problem(
                "definitions[5].transformation.aggregations[0].window",
                "The window is no multiple of every, which is 1h.",
                "The nearest longer one is 2h.",
            ),
            Problem(
                "definitions[5].transformation.aggregations[1].window",
                "No event lies in a window of 0s.",
                "Such as window: 24h.",
            ),
        ],
    ),
    "many things at once": (
        a_view(
            "[{feature: a, function: AVERAGE, window: 1h}, {feature: b, function: SUM, window: 1h}, "
            "{feature: b2, function: SUM, column: carier, window: 1h}, "
            "{feature: c, function: MEAN, column: carrier, window: 1h}, "
            "{feature: tailnum, function: COUNT, window: 1h}, "
            "{feature: d, function: COUNT, window: 1h, filter: dep_delay + 1}, "
            "{feature: d, function: COUNT, window: 1h}, "
            "{feature: e, function: COUNT, window: 1h, filter: dep_dely > 1}, {function: COUNT}]",
            more="ttl: 1d\nfeatures: [{name: c, type: INT64}, {name: d, type: FLOAT64}, {name: f, description: F.}]",
        ),
        [
            Problem(
                "definitions[5].transformation.aggregations[0].function",
                "'AVERAGE' is none of the words for function.",
                "Did you mean 'MEAN'?",
            ),
            Problem(
                "definitions[5].transformation.aggregations[1].column",
                "SUM needs the column that it looks at.",
                "Write column: …; COUNT alone may go without.",
            ),
            Problem(
                "definitions[5].transformation.aggregations[2].column",
                "The source flights has no column 'carier'.",
                "Did you mean 'carrier'?",
            ),
            Problem(
                "definitions[5].transformation.aggregations[3].column",
                "MEAN takes numbers, and 'carrier' is VARCHAR.",
                "Columns with numbers: dep_delay, air_time.",
            ),
            Problem(
                "definitions[5].transformation.aggregations[4].feature",
                "'tailnum' is a join key of the view.",
                "Give the feature another name.",
            ),
            Problem(
                "definitions[5].transformation.aggregations[5].filter",
                "The filter is DOUBLE, not BOOLEAN.",
                "Write a condition, which is true or false, such as dep_delay > 15.",
            ),
            Problem(
                "definitions[5].transformation.aggregations[6].feature",
                "The feature 'd' comes twice.",
                "Leave one out, or give it another name.",
            ),
            Problem(
                "definitions[5].transformation.aggregations[7].filter",
                "Line 1, column 1: There is no column 'dep_dely' here.",
                "Did you mean 'dep_delay'?",
            ),
            Problem(
                "definitions[5].transformation.aggregations[8].feature", "feature is required.", "Write feature: …"
            ),
            Problem(
                "definitions[5].transformation.aggregations[8].window", "window is required.", "Such as window: 24h."
            ),
            Problem(
                "definitions[5].ttl",
                "An aggregation view has no ttl: its windows say when an event is too old.",
                "Leave it out; freshness says when the pipeline is too old.",
            ),
            Problem(
                "definitions[5].features[1].type",
                "'d' is INT64 by its function, and not FLOAT64.",
                "Leave it out: the type follows.",
            ),
        ],
    ),
    "a source without a time": (
        a_view("[{feature: n, function: COUNT, window: 1h}]", source="planes"),
        [
            Problem(
                "definitions[5].transformation.source",
                "planes has no event timestamp, and an aggregation view needs the time of each row.",
                "Say eventTimestamp in the data source.",
            )
        ],
    ),
    "a source that is a view": (
        a_view("[{feature: n, function: COUNT, window: 1h}]", source="aircraft_activity") + "---" + ACTIVITY,
        [
            Problem(
                "definitions[5].transformation.source",
                "'aircraft_activity' is a view, and an aggregation view reads a data source.",
                "Name the data source, or select from the view with SQL.",
            )
        ],
    ),
    "no aggregation": (
        a_view("[]"),
        [
            Problem(
                "definitions[5].transformation.aggregations",
                "A view needs a feature.",
                "Write aggregations: [{feature: …, function: COUNT, window: 24h}].",
            )
        ],
    ),
    "SQL beside": (
        a_view("[{feature: n, function: COUNT, window: 1h}]", sql="SELECT 1", sources="[flights]"),
        [
            Problem(
                "definitions[5].transformation",
                "A transformation has one form, and this mixes sql and aggregations.",
                "Write sources and sql; or source, every and aggregations; or views and expressions; or push: {}.",
            )
        ],
    ),
    "a check of a type that follows": (
        a_view(
            "[{feature: c, function: LAST, column: carrier, window: 1h}]",
            more="validations: [{name: r, feature: c, check: IN_RANGE, parameters: {min: 1}, severity: WARN}]",
        ),
        [
            Problem(
                "definitions[5].validations[0].check",
                "IN_RANGE cannot look at 'c', which is STRING.",
                "It takes INT64, FLOAT64, TIMESTAMP.",
            )
        ],
    ),
}


@pytest.mark.parametrize("what", BOUNDARIES)
async def test_what_is_broken_is_refused(what: str) -> None:
    text, problems = BOUNDARIES[what]

    assert await World().problems(text) == problems


async def test_descriptions_may_be_said_and_change_in_place(world: World) -> None:
    text = ACTIVITY.replace("---", 'features: [{name: late_24h, description: "Late by a quarter of an hour."}]\n---')
    plan = (await world.apply(text)).plan

    assert [(change.name, change.creates_version) for change in plan.changes] == [("aircraft_activity", None)]
    said = {feature.name: feature.description for feature in world.version("aircraft_activity@1").features}
    assert said == {"flights_24h": "", "mean_air_time_30d": "", "late_24h": "Late by a quarter of an hour."}
    removed = (await world.plan(ACTIVITY)).changes
    assert [(change.path, change.breaking) for change in removed[0].changes] == [("features", False)]


async def test_a_lost_or_retyped_feature_is_breaking(world: World) -> None:
    text = ACTIVITY.replace("function: MEAN, column: air_time", "function: COUNT, column: air_time").replace(
        '    - {feature: late_24h,           function: COUNT, window: 24h, filter: "dep_delay > 15"}\n', ""
    )
    plan = await world.plan(text)

    assert [change for change in plan.changes[0].changes if change.breaking] == [
        Change(ChangeKind.CHANGED, "features.mean_air_time_30d.type", "FLOAT64", "INT64", breaking=True),
        Change(ChangeKind.REMOVED, "features.late_24h", "INT64", None, breaking=True),
    ]


async def test_the_order_of_aggregations_is_no_difference_of_data(world: World) -> None:
    lines = ACTIVITY.splitlines(keepends=True)
    lines[8], lines[9] = lines[9], lines[8]
    plan = await world.plan("".join(lines))

    assert [(change.creates_version, [one.path for one in change.changes]) for change in plan.changes] == [
        (None, ["transformation.aggregations"])
    ]


async def test_a_source_elsewhere_makes_the_next_version(world: World) -> None:
    world.answers.files["s3://demo/elsewhere/*.parquet"] = dict(world.answers.files["s3://demo/flights/*.parquet"])
    plan = (await world.apply(FLIGHTS.replace("s3://demo/flights/", "s3://demo/elsewhere/"))).plan

    assert [(change.name, change.dependents, change.creates_version) for change in plan.changes] == [
        ("flights", ("aircraft_activity@1",), None),
        ("aircraft_activity", (), "aircraft_activity@2"),
    ]
    assert world.version("aircraft_activity@1").data_id != world.version("aircraft_activity@2").data_id


@pytest.mark.parametrize(("column", "is_used"), [("air_time", True), ("dep_delay", True), ("carrier", False)])
async def test_a_retyped_column_counts_where_it_is_used_in_filters_too(
    world: World, column: str, is_used: bool
) -> None:
    world.answers.files["s3://demo/flights/*.parquet"][column] = "BIGINT"
    plan = await world.plan(FLIGHTS)

    assert [change.creates_version for change in plan.changes] == ([None, "aircraft_activity@2"] if is_used else [None])


async def test_a_lost_column_that_is_aggregated_is_refused_naming_the_view(world: World) -> None:
    del world.answers.files["s3://demo/flights/*.parquet"]["air_time"]

    assert await world.problems(FLIGHTS) == [
        Problem(
            "definitions[0]",
            "aircraft_activity could not read it any more. In its transformation.aggregations[1].column: The source "
            "flights has no column 'air_time'.",
            "Keep what it reads, or define aircraft_activity anew in the same plan.",
        )
    ]

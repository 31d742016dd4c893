"""On-demand views: what their expressions see, of what types they are, and when they are published."""

import pytest

from graphql_api.definitions.plan import Change, PlannedChange
from graphql_api.documents.feature_views import FeatureUsePart, OnDemandTransformationPart
from graphql_api.domain.enums import ChangeKind, DefinitionKind, VersionState
from graphql_api.errors import Problem
from tests.definitions.example import ACTIVITY, AIRPORT_WEATHER, DELAYS, GROUND, POSITION, PROFILE, RISK
from tests.definitions.world import World

STORED = GROUND + DELAYS + AIRPORT_WEATHER + PROFILE + POSITION


def a_view(expressions: str, *, views: str = "[aircraft_delays]", request: str = "[]", more: str = "") -> str:
    return (
        f"{STORED}kind: FeatureView\nname: v\n"
        f"transformation: {{views: {views}, request: {request}, expressions: {expressions}}}\n{more}\n---\n"
    )


@pytest.fixture
async def world() -> World:
    world = World()
    await world.apply(STORED + RISK)
    return world


async def test_a_version_holds_what_its_definition_says(world: World) -> None:
    version = world.version("delay_risk@1")
    made = version.transformation

    assert isinstance(made, OnDemandTransformationPart)
    assert [(pin.written, pin.reference) for pin in made.views] == [("aircraft_delays", "aircraft_delays@1")]
    assert [(one.name, one.value_type) for one in made.request] == [("sched_hour", "INT64")]
    (expression,) = made.expressions
    assert expression.expression == "mean_dep_delay_7d * (1 + sched_hour / 24.0)"
    assert expression.rendered == "(aircraft_delays.mean_dep_delay_7d * (1 + (_request.sched_hour / 24.0)))"
    assert expression.uses == (FeatureUsePart(view="aircraft_delays", feature="mean_dep_delay_7d"),)
    assert (expression.request, expression.uses_moment) == (("sched_hour",), False)
    assert [(feature.name, feature.value_type) for feature in version.features] == [("risk", "FLOAT64")]
    assert [key.name for key in version.keys] == ["tailnum"]
    assert (version.data_id, version.state) == (0, VersionState.DRAFT)
    assert version.view_id not in {copy.view_id for copy in world.registry.copies}


async def test_types_follow_from_the_expressions() -> None:
    world = World()
    await world.apply(
        a_view(
            "[{feature: a, expression: flights_7d + 1}, {feature: b, expression: flights_7d / 2}, "
            "{feature: c, expression: flights_7d > h}, {feature: d, expression: \"'x' || h\"}, "
            "{feature: e, expression: moment}, {feature: f, expression: '[h, flights_7d]'}, "
            "{feature: g, expression: flights_7d, type: FLOAT64}, "
            "{feature: i, expression: \"date_part('hour', moment)\"}]",
            request="[{name: h, type: INT64}]",
        )
    )

    assert {feature.name: feature.value_type.value for feature in world.version("v@1").features} == {
        "a": "INT64",
        "b": "FLOAT64",
        "c": "BOOL",
        "d": "STRING",
        "e": "TIMESTAMP",
        "f": "INT64_LIST",
        "g": "FLOAT64",
        "i": "INT64",
    }
    made = world.version("v@1").transformation
    assert isinstance(made, OnDemandTransformationPart)
    assert [one.feature for one in made.expressions if one.uses_moment] == ["e", "i"]


async def test_a_name_that_two_views_hold_is_written_with_its_view() -> None:
    twin = DELAYS.replace("name: aircraft_delays", "name: twin")
    world = World()
    text = a_view(
        "[{feature: more, expression: twin.flights_7d - aircraft_delays.flights_7d}]", views="[aircraft_delays, twin]"
    )
    await world.apply(twin + text)

    made = world.version("v@1").transformation
    assert isinstance(made, OnDemandTransformationPart)
    assert made.expressions[0].rendered == "(twin.flights_7d - aircraft_delays.flights_7d)"
    assert [key.name for key in world.version("v@1").keys] == ["tailnum"]
    refused = await world.problems(text.replace("twin.flights_7d - aircraft_delays.flights_7d", "flights_7d"))
    assert refused == [
        Problem(
            "definitions[9].transformation.expressions[0].expression",
            "Line 1, column 1: 'flights_7d' is held by aircraft_delays and twin.",
            "Write aircraft_delays.flights_7d or twin.flights_7d.",
        )
    ]


PATH = "definitions[9].transformation"


def of_expression(text: str, message: str, hint: str | None) -> tuple[str, list[Problem]]:
    expression = text.replace('"', '\\"')
    problem = Problem(f"{PATH}.expressions[0].expression", message, hint)
    return a_view(f'[{{feature: x, expression: "{expression}"}}]'), [problem]


ONE_ROW = "An expression sees one row: what is made of several is a feature of a view of its own."
KNOWN = "flights_7d, mean_dep_delay_7d, moment"
BROKEN: dict[str, tuple[str, list[Problem]]] = {
    "a slip": of_expression(
        "1 + flihgts_7d", "Line 1, column 5: There is no 'flihgts_7d' here.", "Did you mean 'flights_7d'?"
    ),
    "a join key": of_expression("tailnum", "Line 1, column 1: There is no 'tailnum' here.", f"Known: {KNOWN}."),
    "a view that is no input": of_expression(
        "aircraft_profile.seats",
        "Line 1, column 1: There is no view 'aircraft_profile' here.",
        "Did you mean 'aircraft_delays'?",
    ),
    "an aggregate": of_expression(
        "sum(flights_7d)",
        "Line 1, column 1: The function 'sum' is refused in an expression: it is not scalar.",
        ONE_ROW,
    ),
    "a window": of_expression(
        "row_number() OVER ()", "Line 1, column 1: A window function is refused in an expression.", ONE_ROW
    ),
    "a subquery": of_expression("(SELECT 1)", "Line 1, column 1: A subquery is refused in an expression.", ONE_ROW),
    "what is not the same every time": of_expression(
        "now()",
        "Line 1, column 1: The function 'now' is refused: its value is not the same every time.",
        "Write moment, the time asked for.",
    ),
    "two expressions": of_expression(
        "1, 2", "This is not one scalar expression.", "Write what could stand between SELECT and a comma."
    ),
    "a column by its place": of_expression(
        "#1", "Line 1, column 1: A column by its position is refused in an expression.", "Write its name."
    ),
    "types that do not go together": (
        a_view("[{feature: x, expression: \"flights_7d + ['a']\"}]"),
        [
            Problem(
                f"{PATH}.expressions[0].expression",
                "Line 1, column 12: + does not take BIGINT and VARCHAR[].",
                "Write CAST(… AS …), so that the two sides fit.",
            )
        ],
    ),
    "a type that no feature can hold": of_expression(
        "moment - moment",
        "The expression is INTERVAL, which no feature can hold.",
        "Write CAST(… AS …) with the type that is meant.",
    ),
    "a declared type that does not fit": (
        a_view("[{feature: x, expression: flights_7d, type: STRING}]"),
        [
            Problem(
                f"{PATH}.expressions[0].type",
                "The expression is BIGINT, and 'x' is declared STRING.",
                "Write CAST(… AS VARCHAR). Or declare INT64.",
            )
        ],
    ),
    "what an on-demand view has not": (
        a_view(
            "[{feature: x, expression: flights_7d}]",
            more="entities: [aircraft]\nttl: 1d\ndelay: 0s\nsince: 2025-01-01\nschedule: '0 * * * *'\nreprocess: 1d\n"
            "freshness: 1d\nvalidations: []\npublish: manual",
        ),
        [
            Problem(
                "definitions[9].entities", "The entities of an on-demand view are those of its views.", "Leave it out."
            ),
            *(
                Problem(f"definitions[9].{key}", f"An on-demand view holds no data: it has no {key}.", "Leave it out.")
                for key in ("ttl", "delay", "since", "schedule", "reprocess", "freshness", "validations")
            ),
            Problem(
                "definitions[9].publish",
                "A version of an on-demand view is published when all that it is made from is.",
                "Leave it out.",
            ),
        ],
    ),
    "request columns that mean two things": (
        a_view(
            "[{feature: x, expression: flights_7d}]",
            request="[{name: tailnum, type: STRING}, {name: x, type: INT64}, {name: flights_7d, type: INT64}, "
            "{name: h, type: INT64}, {name: h, type: STRING}, {name: moment, type: TIMESTAMP}]",
        ),
        [
            Problem(
                f"{PATH}.request[0].name", "'tailnum' is a join key, which the caller sends as it is.", "Leave it out."
            ),
            Problem(
                f"{PATH}.request[1].name", "'x' is a feature of the view.", "Give the request column another name."
            ),
            Problem(
                f"{PATH}.request[2].name",
                "'flights_7d' is a feature of aircraft_delays: expressions could not tell the two apart.",
                "Give the request column another name.",
            ),
            Problem(
                f"{PATH}.request[4].name",
                "The request column 'h' comes twice.",
                "Leave one out, or give it another name.",
            ),
            Problem(
                f"{PATH}.request[5].name",
                "'moment' is the time asked for, which every expression may use.",
                "Give the request column another name, or leave it out.",
            ),
        ],
    ),
    "views that are not there": (
        a_view(
            "[{feature: x, expression: '1'}]", views="[aircraft_delay, 'aircraft_profile@2', 'airport_weather:visib']"
        ),
        [
            Problem(
                f"{PATH}.views[0]", "There is no feature view 'aircraft_delay'.", "Did you mean 'aircraft_delays'?"
            ),
            Problem(f"{PATH}.views[1]", "There is no version aircraft_profile@2.", "The newest is aircraft_profile@1."),
            Problem(
                f"{PATH}.views[2]",
                "'airport_weather:visib' names a feature: an input is a whole.",
                "Write airport_weather.",
            ),
        ],
    ),
    "an on-demand view as an input": (
        a_view("[{feature: x, expression: risk}]", views="[delay_risk]") + RISK,
        [
            Problem(
                f"{PATH}.views[0]",
                "delay_risk is an on-demand view: it holds no rows and is no input.",
                "Name the views that it is made from.",
            )
        ],
    ),
    "one join key for two entities": (
        a_view("[{feature: x, expression: '1'}]", views="[aircraft_delays, w]")
        + AIRPORT_WEATHER.replace("name: airport_weather", "name: w")
        .replace("[airport]", "[{entity: airport, keys: {airport: tailnum}}]")
        .replace("AS airport", "AS tailnum"),
        [
            Problem(
                f"{PATH}.views",
                "The join key 'tailnum' is the aircraft of aircraft_delays@1 and the airport of w@1.",
                "Give it another name in one of the views: {entity: …, keys: {…}}.",
            )
        ],
    ),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_broken_is_refused(what: str) -> None:
    text, problems = BROKEN[what]

    assert await World().problems(text) == problems


async def test_an_expression_needs_no_view() -> None:
    world = World()
    planned = await world.apply(
        "kind: FeatureView\nname: v\ntransformation: {request: [{name: h, type: INT64}], "
        "expressions: [{feature: late, expression: h > 18}]}"
    )

    assert (world.version("v@1").state, world.version("v@1").entities, planned.wanting) == (
        VersionState.PUBLISHED,
        (),
        (),
    )


async def test_a_version_is_published_at_once_where_all_its_inputs_are() -> None:
    world = World()
    await world.apply(STORED)
    world.cover("aircraft_delays@1")
    world.publish("aircraft_delays@1")
    plan = (await world.apply(RISK)).plan

    assert (world.version("delay_risk@1").state, world.registry.views["delay_risk"].current_version) == (
        VersionState.PUBLISHED,
        1,
    )
    assert plan.changes[0].changes[-1] == Change(ChangeKind.CHANGED, "currentVersion", None, 1)


async def test_a_plan_that_publishes_the_last_input_publishes_what_waited_for_it(world: World) -> None:
    world.cover("aircraft_delays@1")
    plan = (await world.apply(DELAYS.replace("15 * * * *", "0 * * * *"))).plan

    assert plan.changes[-1] == PlannedChange(
        ChangeKind.CHANGED,
        DefinitionKind.FEATURE_VIEW,
        "delay_risk",
        (Change(ChangeKind.CHANGED, "currentVersion", None, 1),),
    )
    assert world.version("delay_risk@1").state is VersionState.PUBLISHED
    assert (await world.plan(STORED.replace("15 * * * *", "0 * * * *") + RISK)).changes == ()


async def test_a_service_asks_only_for_the_values_that_its_chosen_expressions_use(world: World) -> None:
    view = (
        "kind: FeatureView\nname: v\ntransformation: {views: [aircraft_delays], request: "
        "[{name: h, type: INT64}, {name: carrier, type: STRING}], expressions: ["
        "{feature: a, expression: flights_7d * h}, "
        "{feature: b, expression: \"carrier || '!'\"}, {feature: c, expression: flights_7d}]}\n---\n"
    )
    services = {"a": "[h]", "b": "[carrier]", "c": "[]"}
    await world.apply(
        view + "---\n".join(f'kind: FeatureService\nname: s_{name}\nfeatures: ["v:{name}"]\n' for name in services)
    )

    assert {name: [column.name for column in world.service(f"s_{name}").request_columns] for name in services} == {
        "a": ["tailnum", "h"],
        "b": ["tailnum", "carrier"],
        "c": ["tailnum"],
    }


async def test_a_request_value_may_not_be_called_as_a_join_key_of_the_service(world: World) -> None:
    text = (
        "kind: FeatureView\nname: v\ntransformation: {request: [{name: airport, type: STRING}], "
        "expressions: [{feature: far, expression: \"airport = 'HNL'\"}]}\n---\n"
        "kind: FeatureService\nname: s\nfeatures: [airport_weather, v]"
    )

    assert await world.problems(text) == [
        Problem(
            "definitions[1].features[1]",
            "The request column 'airport' would be the airport of airport_weather@1 (STRING) and the request value of "
            "v@1 (STRING).",
            "Rename the join key with keys, or leave one of the two out.",
        )
    ]


async def test_a_lost_or_retyped_feature_is_breaking(world: World) -> None:
    text = RISK.replace("feature: risk, type: FLOAT64", "feature: risk, type: STRING").replace(
        '"mean_dep_delay_7d * (1 + sched_hour / 24.0)"', "\"'high'\""
    )
    plan = await world.plan(text)

    assert [change for change in plan.changes[0].changes if change.breaking] == [
        Change(ChangeKind.CHANGED, "features.risk.type", "FLOAT64", "STRING", breaking=True)
    ]


async def test_a_view_may_become_on_demand_and_stored_again() -> None:
    world = World()
    await world.apply(STORED + ACTIVITY)
    on_demand = RISK.replace("name: delay_risk", "name: aircraft_activity")
    await world.apply(on_demand)
    await world.apply(ACTIVITY)

    kinds = {
        version.number: version.transformation.kind.value
        for version in world.registry.versions.values()
        if version.view_name == "aircraft_activity"
    }
    assert kinds == {1: "AGGREGATION", 2: "ON_DEMAND", 3: "AGGREGATION"}
    assert world.version("aircraft_activity@1").data_id == world.version("aircraft_activity@3").data_id

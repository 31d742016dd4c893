"""The example of the specification, applied as it stands through the API over real files."""

import pytest

from graphql_api.domain.enums import VersionState
from tests.api.client import Json
from tests.api.conftest import Place
from tests.api.sources import whole_example

APPLY = """mutation($d: [DefinitionInput!]!, $p: String!) { apply(definitions: $d, project: $p) {
  __typename ... on Error { code message } ... on InvalidInput { problems { path message } }
  ... on ApplyPayload {
    plan { changes { name createsVersion } behind { dependent } warnings }
    versions { reference } unmaterialized { reference }
  }
} }"""
START = """mutation($r: String!, $p: String!) { startMaterialization(input: {reference: $r, project: $p}) {
  __typename ... on Error { code message }
} }"""
PUBLISH = """mutation($r: String!, $p: String!) { publishVersion(reference: $r, project: $p) {
  __typename ... on Error { code message } ... on VersionPayload { version { reference state } }
} }"""
LOOK_UP = """query($p: String!, $f: [String!], $s: String) {
  onlineFeatures(entities: {tailnum: ["N1"]}, features: $f, featureService: $s, project: $p) { rows statuses }
}"""
TRANSFORMATION = """query($r: String!, $p: String!) { featureViewVersion(reference: $r, project: $p) {
  state inputs { __typename ... on DataSource { name } ... on FeatureViewVersion { reference } }
  transformation {
    __typename outputs { name valueType } inputs { __typename }
    ... on AggregationTransformation {
      everySeconds offsetSeconds aggregations { feature column function windowSeconds filter }
    }
    ... on OnDemandTransformation { requestColumns { name valueType } expressions { feature expression } }
    ... on PushTransformation { source { name } }
  }
} }"""


@pytest.fixture
async def applied(place: Place) -> Json:
    return (await place.editor.ask(APPLY, d=await whole_example(place), p=place.name))["apply"]


async def test_it_is_applied_in_one_go_and_again_nothing_changes(place: Place, applied: Json) -> None:
    assert applied["__typename"] == "ApplyPayload", applied
    assert [change["createsVersion"] for change in applied["plan"]["changes"] if change["createsVersion"]] == [
        "aircraft_activity@1",
        "aircraft_delays@1",
        "aircraft_position@1",
        "aircraft_profile@1",
        "airport_weather@1",
        "delay_risk@1",
        "delay_model@1",
    ]
    unmaterialized = [
        {"reference": f"{name}@1"}
        for name in ("aircraft_activity", "aircraft_delays", "aircraft_profile", "airport_weather")
    ]
    assert applied["unmaterialized"] == unmaterialized

    again = (await place.editor.ask(APPLY, d=await whole_example(place), p=place.name))["apply"]
    assert again == {
        "__typename": "ApplyPayload",
        "plan": {"changes": [], "behind": [], "warnings": []},
        "versions": [],
        "unmaterialized": unmaterialized,
    }


@pytest.mark.usefixtures("applied")
async def test_each_kind_tells_how_its_rows_are_made(place: Place) -> None:
    async def told(reference: str) -> Json:
        return (await place.viewer.ask(TRANSFORMATION, r=reference, p=place.name))["featureViewVersion"]

    assert await told("aircraft_activity@1") == {
        "state": "DRAFT",
        "inputs": [{"__typename": "DataSource", "name": "flights"}],
        "transformation": {
            "__typename": "AggregationTransformation",
            "inputs": [{"__typename": "DataSource"}],
            "outputs": [
                {"name": "tailnum", "valueType": "STRING"},
                {"name": "event_timestamp", "valueType": "TIMESTAMP"},
                {"name": "created_timestamp", "valueType": "TIMESTAMP"},
                {"name": "flights_24h", "valueType": "INT64"},
                {"name": "mean_air_time_30d", "valueType": "FLOAT64"},
                {"name": "late_24h", "valueType": "INT64"},
            ],
            "everySeconds": 3600,
            "offsetSeconds": 0,
            "aggregations": [
                {"feature": "flights_24h", "column": None, "function": "COUNT", "windowSeconds": 86400, "filter": None},
                {
                    "feature": "mean_air_time_30d",
                    "column": "air_time",
                    "function": "MEAN",
                    "windowSeconds": 2592000,
                    "filter": None,
                },
                {
                    "feature": "late_24h",
                    "column": None,
                    "function": "COUNT",
                    "windowSeconds": 86400,
                    "filter": "dep_delay > 15",
                },
            ],
        },
    }
    assert await told("delay_risk@1") == {
        "state": "DRAFT",
        "inputs": [{"__typename": "FeatureViewVersion", "reference": "aircraft_delays@1"}],
        "transformation": {
            "__typename": "OnDemandTransformation",
            "inputs": [{"__typename": "FeatureViewVersion"}],
            "outputs": [{"name": "risk", "valueType": "FLOAT64"}],
            "requestColumns": [{"name": "sched_hour", "valueType": "INT64"}],
            "expressions": [{"feature": "risk", "expression": "mean_dep_delay_7d * (1 + sched_hour / 24.0)"}],
        },
    }
    pushed = await told("aircraft_position@1")
    assert (pushed["state"], pushed["inputs"], pushed["transformation"]["source"]) == ("PUBLISHED", [], None)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("aircraft_activity@1", "aircraft_activity@1 is an aggregation view, and runs of these are not available yet."),
        (
            "delay_risk@1",
            "delay_risk@1 is an on-demand version: it holds no data, and there is nothing to materialize.",
        ),
        (
            "aircraft_position",
            "aircraft_position@1 holds what is pushed, and names no source of history: there is nothing to load.",
        ),
    ],
)
@pytest.mark.usefixtures("applied")
async def test_what_cannot_be_run_is_refused_plainly(place: Place, reference: str, message: str) -> None:
    assert await place.editor.ask(START, r=reference, p=place.name) == {
        "startMaterialization": {"__typename": "InvalidInput", "code": "INVALID_INPUT", "message": message}
    }


@pytest.mark.usefixtures("applied")
async def test_what_is_only_pushed_to_is_missing_and_on_demand_features_are_refused(place: Place) -> None:
    assert await place.viewer.ask(LOOK_UP, f=["aircraft_position:altitude_ft"], p=place.name) == {
        "onlineFeatures": {"rows": [[None]], "statuses": [["MISSING"]]}
    }
    refused = await place.viewer.refusal(LOOK_UP, f=["delay_risk@1:risk"], p=place.name)
    assert (refused["extensions"]["code"], refused["message"]) == (
        "INVALID_INPUT",
        "On-demand features are not available in look-ups yet: delay_risk@1.",
    )


@pytest.mark.usefixtures("applied")
async def test_an_on_demand_version_waits_for_its_inputs(place: Place) -> None:
    assert (await place.editor.ask(PUBLISH, r="delay_risk@1", p=place.name))["publishVersion"] == {
        "__typename": "Conflict",
        "code": "CONFLICT",
        "message": "delay_risk@1 is made from aircraft_delays@1: publish that first.",
    }
    answer = await place.viewer.ask(TRANSFORMATION, r="delay_risk@1", p=place.name)
    assert answer["featureViewVersion"]["state"] == VersionState.DRAFT

"""Reading the registry by name: each noun tells all of itself."""

from datetime import datetime

from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import rfc3339, to_micros
from tests.api.conftest import Place
from tests.api.registry import FEATURES, a_registry, a_result
from tests.factories import HOUR, NOON


async def test_an_entity_tells_all_of_itself(place: Place) -> None:
    held = await a_registry(place.project)

    entity = await place.viewer.ask(
        """query($p: String!) { entity(name: "aircraft", project: $p) {
          id name description owner tags { key value } definition updatedAt joinKeys { name valueType }
          featureViews { edges { node { name } } }
        } }""",
        p=place.name,
    )

    assert entity == {
        "entity": {
            "id": global_id("Entity", held.entity.id),
            "name": "aircraft",
            "description": "",
            "owner": None,
            "tags": [],
            "definition": {},
            "updatedAt": stored(held.entity.updated_at),
            "joinKeys": [{"name": "tailnum", "valueType": "STRING"}],
            "featureViews": {"edges": [{"node": {"name": "aircraft_delays"}}]},
        }
    }


async def test_a_data_source_tells_all_of_itself(place: Place) -> None:
    await a_registry(place.project)

    source = await place.viewer.ask(
        """query($p: String!) { dataSource(name: "flights", project: $p) {
          name kind uris columns { name dataType valueType } eventTimestampColumn createdTimestampColumn definition
          featureViews { edges { node { name } } }
        } }""",
        p=place.name,
    )

    assert source == {
        "dataSource": {
            "name": "flights",
            "kind": "FILES",
            "uris": ["s3://demo/flights/*.parquet"],
            "columns": [
                {"name": "tailnum", "dataType": "VARCHAR", "valueType": "STRING"},
                {"name": "position", "dataType": "STRUCT(a INTEGER)", "valueType": None},
            ],
            "eventTimestampColumn": "departed_at",
            "createdTimestampColumn": None,
            "definition": {"name": "flights"},
            "featureViews": {"edges": [{"node": {"name": "aircraft_delays"}}]},
        }
    }


async def test_a_version_tells_all_of_itself(place: Place) -> None:
    held = await a_registry(place.project)

    version = await place.viewer.ask(
        """query($p: String!) { featureViewVersion(reference: "aircraft_delays", project: $p) {
          reference number state ttlSeconds delaySeconds changeNote createdBy publishedAt deprecatedAt
          replacement { id }
          featureView { name } features { reference valueType } inputs { __typename id }
          transformation { __typename inputs { id } ... on SqlTransformation { sql lookbackSeconds } }
          validations { name check parameters severity feature { name } results { edges { node { failedRows } } } }
          coverage { start end } freshness { latestEventTimestamp ageSeconds maxAgeSeconds breached }
          latestMaterialization { id } usedBy { edges { node { reference } } }
        } }""",
        p=place.name,
    )

    source_id = global_id("DataSource", held.source.id)
    assert version["featureViewVersion"] == {
        "reference": "aircraft_delays@1",
        "number": 1,
        "state": "PUBLISHED",
        "ttlSeconds": 30 * 24 * 3600,
        "delaySeconds": 0,
        "changeNote": "",
        "createdBy": "tests",
        "publishedAt": None,
        "deprecatedAt": None,
        "replacement": None,
        "featureView": {"name": "aircraft_delays"},
        "features": [
            {"reference": "aircraft_delays@1:mean_dep_delay_7d", "valueType": "FLOAT64"},
            {"reference": "aircraft_delays@1:flights_7d", "valueType": "INT64"},
        ],
        "inputs": [{"__typename": "DataSource", "id": source_id}],
        "transformation": {
            "__typename": "SqlTransformation",
            "inputs": [{"id": source_id}],
            "sql": "SELECT 1",
            "lookbackSeconds": 0,
        },
        "validations": [
            {
                "name": "delay_plausible",
                "check": "IN_RANGE",
                "parameters": {"min": -120},
                "severity": "QUARANTINE",
                "feature": {"name": "mean_dep_delay_7d"},
                "results": {"edges": [{"node": {"failedRows": 2}}]},
            }
        ],
        "coverage": [],
        "freshness": {"latestEventTimestamp": None, "ageSeconds": None, "maxAgeSeconds": None, "breached": False},
        "latestMaterialization": {"id": global_id("Materialization", held.run.id)},
        "usedBy": {"edges": [{"node": {"reference": "delay_model@1"}}]},
    }


async def test_a_service_tells_all_of_itself(place: Place) -> None:
    held = await a_registry(place.project)

    service = await place.viewer.ask(
        """query($p: String!) { featureService(name: "delay_model", project: $p) {
          id reference number name ready definition
          features { name feature { reference } keys { joinKey requestColumn } }
          requestColumns { name valueType entity { name } } versions { edges { node { number } } }
        } }""",
        p=place.name,
    )

    keys = [{"joinKey": "tailnum", "requestColumn": "tailnum"}]
    assert service["featureService"] == {
        "id": global_id("FeatureService", held.service.id),
        "reference": "delay_model@1",
        "number": 1,
        "name": "delay_model",
        "ready": True,
        "definition": {},
        "features": [
            {"name": name, "feature": {"reference": f"aircraft_delays@1:{name}"}, "keys": keys} for name in FEATURES
        ],
        "requestColumns": [{"name": "tailnum", "valueType": "STRING", "entity": {"name": "aircraft"}}],
        "versions": {"edges": [{"node": {"number": 1}}]},
    }


async def test_a_run_tells_all_of_itself(place: Place) -> None:
    held = await a_registry(place.project)

    run = await place.viewer.ask(
        """query($id: ID!) { materialization(id: $id) {
          id state attempts requestedBy requestedAt startedAt finishedAt nextAttemptAt failure { code }
          start end trigger
          progress { sequence state phase attempt rowsTotal rowsWritten fraction truncated run { id } }
          events { sequence } version { reference }
          validationResults { passed checkedRows failedRows observed validation { name }
            sample { columns { name dataType valueType } rows } materialization { id } }
        } }""",
        id=global_id("Materialization", held.run.id),
    )

    run_id = global_id("Materialization", held.run.id)
    assert run["materialization"] == {
        "id": run_id,
        "state": "QUEUED",
        "attempts": 0,
        "requestedBy": "tests",
        "requestedAt": stored(held.run.requested_at),
        "startedAt": None,
        "finishedAt": None,
        "nextAttemptAt": None,
        "failure": None,
        "start": rfc3339(NOON - HOUR),
        "end": rfc3339(NOON),
        "trigger": "MANUAL",
        "progress": {
            "sequence": 1,
            "state": "QUEUED",
            "phase": "WAIT",
            "attempt": 0,
            "rowsTotal": None,
            "rowsWritten": 0,
            "fraction": 0.0,
            "truncated": False,
            "run": {"id": run_id},
        },
        "events": [{"sequence": 1}],
        "version": {"reference": "aircraft_delays@1"},
        "validationResults": [
            {
                "passed": False,
                "checkedRows": 10,
                "failedRows": 2,
                "observed": None,
                "validation": {"name": "delay_plausible"},
                "sample": {
                    "columns": [
                        {"name": "tailnum", "dataType": "VARCHAR", "valueType": "STRING"},
                        {"name": "flights_7d", "dataType": "BIGINT", "valueType": "INT64"},
                    ],
                    "rows": [["N14228", 9007199254740993]],
                },
                "materialization": {"id": run_id},
            }
        ],
    }


async def test_the_implicit_check_has_a_node_and_results_of_its_own(place: Place) -> None:
    held = await a_registry(place.project)
    await a_result(held.run, None).insert()

    node = await place.viewer.ask(
        """query($id: ID!) { node(id: $id) { ... on Validation {
          name check severity parameters feature { name } results { totalCount edges { node { validation { id } } } }
        } } }""",
        id=global_id("Validation", held.version.id),
    )

    assert node["node"] == {
        "name": "one_row_per_key",
        "check": "UNIQUE",
        "severity": "BLOCK",
        "parameters": {"columns": ["tailnum", "event_timestamp", "created_timestamp"]},
        "feature": None,
        "results": {
            "totalCount": 1,
            "edges": [{"node": {"validation": {"id": global_id("Validation", held.version.id)}}}],
        },
    }


def stored(moment: datetime) -> str:
    """As MongoDB keeps it: in milliseconds."""
    return rfc3339(to_micros(moment) // 1000 * 1000)

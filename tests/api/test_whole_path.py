"""From a definition to a live answer, as a client goes: plan, apply, start, follow, look up."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import duckdb

from graphql_api.documents.cataloguing import rebuild_catalog
from graphql_api.domain.times import now_micros, rfc3339
from tests.api.client import Client, Json
from tests.api.commands import COMMANDS
from tests.api.conftest import Door, Place
from tests.factories import DAY, HOUR
from tests.runs.processes import worker_processes

LARGE = 2**53 + 1
PLAN = """query($d: [DefinitionInput!]!, $p: String!) { plan(definitions: $d, project: $p) {
  __typename ... on InvalidInput { problems { path message } }
  ... on Plan { fingerprint warnings changes { change kind name createsVersion changes { path } } }
} }"""
APPLY = """mutation($d: [DefinitionInput!]!, $p: String!, $f: String) {
  apply(definitions: $d, project: $p, fingerprint: $f) {
    __typename ... on Error { code message }
    ... on ApplyPayload {
      plan { changes { name } } versions { reference } materializations { id } unmaterialized { reference }
    }
  }
}"""
START = """mutation($p: String!, $key: String) {
  startMaterialization(input: {reference: "counts@1", project: $p, idempotencyKey: $key}) {
    __typename ... on Error { code message } ... on MaterializationPayload { materialization { id state } }
  }
}"""
FOLLOW = """subscription($id: ID!, $after: Int! = 0) { runProgress(id: $id, after: $after) {
  sequence state phase rowsWritten rowsQuarantined message
} }"""
LOOK_UP = """query($p: String!, $e: JSON!) {
  one: onlineFeatures(featureService: "model", entities: $e, project: $p) { ...Answer }
  two: onlineFeatures(features: ["counts:seen"], entities: $e, project: $p) { features rows }
}
fragment Answer on OnlineFeatures {
  features rows statuses views viewOfFeature eventTimestamps materializationIds
}"""


@asynccontextmanager
async def working(door: Door) -> AsyncGenerator[None]:
    """A worker, as a process of its own."""
    async with worker_processes(door.settings) as workers:
        await workers.start()
        yield


async def sightings(door: Door, folder: str, event: int) -> str:
    """Three rows in a file; one of them is not plausible."""
    (prefix,) = door.settings.source_places
    path = door.settings.data_dir / f"{folder}.parquet"
    rows = f"(VALUES ('N1', {LARGE}), ('N2', NULL), ('N3', -1)) AS t(tail, seen)"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT tail, make_timestamptz({event}) AS seen_at, seen::BIGINT AS seen FROM {rows})"
            f" TO '{path}' (FORMAT parquet)"
        )
    await door.runtime.objects.ensure_bucket(prefix.removeprefix("s3://").rstrip("/"))
    await door.runtime.objects.put_bytes(f"{prefix}{folder}/1.parquet", path.read_bytes())
    return f"{prefix}{folder}/*.parquet"


def definitions(files: str) -> list[Json]:
    check = {"name": "plausible", "feature": "seen", "check": "IN_RANGE", "parameters": {"min": 0}}
    return [
        {"kind": "ENTITY", "spec": {"name": "plane", "joinKeys": [{"name": "tail", "type": "STRING"}]}},
        {"kind": "DATA_SOURCE", "spec": {"name": "sightings", "files": files, "eventTimestamp": "seen_at"}},
        {
            "kind": "FEATURE_VIEW",
            "spec": {
                "name": "counts",
                "entities": ["plane"],
                "transformation": {
                    "sources": ["sightings"],
                    "sql": "SELECT tail, seen_at AS event_timestamp, seen FROM sightings",
                },
                "features": [{"name": "seen", "type": "INT64"}],
                "validations": [{**check, "severity": "QUARANTINE"}],
            },
        },
        {"kind": "FEATURE_SERVICE", "spec": {"name": "model", "features": ["counts"]}},
    ]


async def started(client: Client, project: str, key: str | None = None) -> str:
    result = (await client.ask(START, p=project, key=key))["startMaterialization"]
    assert result["__typename"] == "MaterializationPayload", result
    return result["materialization"]["id"]


async def test_a_definition_becomes_a_live_answer(place: Place) -> None:
    event = (now_micros() - DAY) // HOUR * HOUR + 1
    given = definitions(await sightings(place.door, place.name, event))
    client, name = place.editor, place.name

    plan = (await client.ask(PLAN, d=given, p=name))["plan"]
    assert plan["__typename"] == "Plan", plan
    assert [(change["name"], change["createsVersion"]) for change in plan["changes"]] == [
        ("plane", None),
        ("sightings", None),
        ("counts", "counts@1"),
        ("model", "model@1"),
    ]
    applied = (await client.ask(APPLY, d=given, p=name, f=plan["fingerprint"]))["apply"]
    assert applied == {
        "__typename": "ApplyPayload",
        "plan": {"changes": [{"name": change["name"]} for change in plan["changes"]]},
        "versions": [{"reference": "counts@1"}],
        "materializations": [],
        "unmaterialized": [{"reference": "counts@1"}],
    }
    outdated = (await client.ask(APPLY, d=given, p=name, f=plan["fingerprint"]))["apply"]
    assert (outdated["__typename"], outdated["code"]) == ("Conflict", "CONFLICT")

    async with working(place.door), client.socket() as socket:
        run = await started(client, name, key="once")
        assert await started(client, name, key="once") == run
        events = [told["runProgress"] for told in await socket.all_of(FOLLOW, id=run)]
        again = [told["runProgress"] for told in await socket.all_of(FOLLOW, id=run, after=len(events) - 1)]

    assert [one["sequence"] for one in events] == list(range(1, len(events) + 1))
    assert (events[0]["state"], events[-1]["state"], events[-1]["phase"]) == ("QUEUED", "SUCCEEDED", "DONE")
    assert (events[-1]["rowsWritten"], events[-1]["rowsQuarantined"]) == (2, 1)
    assert again == events[-1:]

    answer = await client.ask(LOOK_UP, p=name, e={"tail": ["N1", "N2", "N3", None]})
    with COMMANDS.counted() as asked:
        assert await client.ask(LOOK_UP, p=name, e={"tail": ["N1", "N2", "N3", None]}) == answer
    assert asked == []  # nothing of MongoDB, once the plan is known
    moment = rfc3339(event)
    assert answer == {
        "one": {
            "features": ["seen"],
            "rows": [[LARGE], [None], [None], [None]],
            "statuses": [["PRESENT"], ["NULL_VALUE"], ["MISSING"], ["MISSING"]],
            "views": ["counts@1"],
            "viewOfFeature": [0],
            "eventTimestamps": [[moment], [moment], [None], [None]],
            "materializationIds": [[run], [run], [None], [None]],
        },
        "two": {"features": ["counts:seen"], "rows": [[LARGE], [None], [None], [None]]},
    }


async def test_what_was_kept_out_and_what_lies_in_files_can_be_looked_at(place: Place) -> None:
    event = (now_micros() - DAY) // HOUR * HOUR
    given = definitions(await sightings(place.door, place.name, event))
    assert (await place.editor.ask(APPLY, d=given, p=place.name))["apply"]["__typename"] == "ApplyPayload"
    async with working(place.door), place.editor.socket() as socket:
        run = await started(place.editor, place.name)
        await socket.all_of(FOLLOW, id=run)

    found = await place.viewer.ask(
        """query($run: ID!, $p: String!) {
          materialization(id: $run) {
            quarantine { columns { name valueType } rows }
            validationResults { validation { name } passed checkedRows failedRows sample { rows } }
          }
          dataSource(name: "sightings", project: $p) { preview(first: 2) { columns { name dataType } rows } }
        }""",
        run=run,
        p=place.name,
    )

    moment = rfc3339(event)
    quarantine = found["materialization"]["quarantine"]
    columns = [column["name"] for column in quarantine["columns"]]
    (row,) = quarantine["rows"]
    kept_out = dict(zip(columns, row, strict=True))
    assert (kept_out["tail"], kept_out["seen"]) == ("N3", -1)
    assert {"name": "seen", "valueType": "INT64"} in quarantine["columns"]
    results = {one["validation"]["name"]: one for one in found["materialization"]["validationResults"]}
    assert (results["plausible"]["passed"], results["plausible"]["checkedRows"]) == (False, 3)
    assert results["plausible"]["failedRows"] == 1
    assert found["dataSource"]["preview"] == {
        "columns": [
            {"name": "tail", "dataType": "VARCHAR"},
            {"name": "seen_at", "dataType": "TIMESTAMP WITH TIME ZONE"},
            {"name": "seen", "dataType": "BIGINT"},
        ],
        "rows": [["N1", moment, LARGE], ["N2", moment, None]],
    }


PUBLISH = """mutation($p: String!, $r: String!) { publishVersion(reference: $r, project: $p) {
  __typename ... on Error { code message } ... on VersionPayload { version { reference state publishedAt } }
} }"""
CURRENT = """query($p: String!) { featureView(name: "counts", project: $p) { currentVersion { reference } }
  recentChanges(project: $p, first: 1) { edges { node { kind name change actor } } } }"""


async def test_publishing_an_older_version_is_the_way_back(place: Place) -> None:
    event = (now_micros() - DAY) // HOUR * HOUR
    given = definitions(await sightings(place.door, place.name, event))
    first = (await place.editor.ask(APPLY, d=given, p=place.name))["apply"]
    refused = (await place.editor.ask(PUBLISH, p=place.name, r="counts@1"))["publishVersion"]
    async with working(place.door), place.editor.socket() as socket:
        await socket.all_of(FOLLOW, id=await started(place.editor, place.name))
    given[2]["spec"]["ttl"] = "30d"  # shares the data of the first version, so it is published at once
    second = (await place.editor.ask(APPLY, d=given, p=place.name))["apply"]
    before = await place.viewer.ask(CURRENT, p=place.name)

    back = (await place.editor.ask(PUBLISH, p=place.name, r="counts@1"))["publishVersion"]
    unknown = [
        (await place.editor.ask(PUBLISH, p=place.name, r=reference))["publishVersion"]["__typename"]
        for reference in ("counts@3", "nothing", "counts@1:seen", "?")
    ]

    assert (refused["__typename"], "no data yet" in refused["message"]) == ("Conflict", True)
    assert [one["versions"] for one in (first, second)] == [[{"reference": "counts@1"}], [{"reference": "counts@2"}]]
    assert before["featureView"] == {"currentVersion": {"reference": "counts@2"}}
    assert (back["__typename"], back["version"]["state"]) == ("VersionPayload", "PUBLISHED")
    assert unknown == ["NotFound"] * 4
    after = await place.viewer.ask(CURRENT, p=place.name)
    assert after == {
        "featureView": {"currentVersion": {"reference": "counts@1"}},
        "recentChanges": {
            "edges": [{"node": {"kind": "FEATURE_VIEW", "name": "counts", "change": "CHANGED", "actor": "someone"}}]
        },
    }


async def test_the_catalog_is_what_the_registry_says_after_each_change(place: Place) -> None:
    """As if it were made anew: after an apply, a run that publishes, a change in place, a draft, and the way back."""
    event = (now_micros() - DAY) // HOUR * HOUR
    given = definitions(await sightings(place.door, place.name, event))
    told: list[list[Json]] = []

    async def catalog() -> list[Json]:
        found = place.door.runtime.database["catalog"].find({"project_id": place.project.id})
        return sorted(await found.to_list(), key=lambda entry: str(entry["_id"]))

    async def is_in_step() -> None:
        kept = await catalog()
        await rebuild_catalog(place.project.id)
        assert kept == await catalog()
        told.append(kept)

    await place.editor.ask(APPLY, d=given, p=place.name)
    await is_in_step()
    async with working(place.door), place.editor.socket() as socket:
        await socket.all_of(FOLLOW, id=await started(place.editor, place.name))
    await is_in_step()
    given[2]["spec"]["description"] = "Sightings, counted."
    await place.editor.ask(APPLY, d=given, p=place.name)
    await is_in_step()
    given[2]["spec"]["ttl"] = "30d"
    await place.editor.ask(APPLY, d=given, p=place.name)
    await is_in_step()
    await place.editor.ask(PUBLISH, p=place.name, r="counts@1")
    await is_in_step()

    listed = [[entry["name"] for entry in kept if entry["kind"] == "FEATURE" and entry["listed"]] for kept in told]
    assert listed == [[], ["seen"], ["seen"], ["seen"], ["seen"]]

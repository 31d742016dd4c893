"""Versions come and go, and who uses a published feature service sees nothing of it: asked through the door."""

from graphql_api.domain.enums import Role
from graphql_api.domain.times import now_micros
from tests.api.client import Client, Json
from tests.api.conftest import Place
from tests.api.test_whole_path import APPLY, FOLLOW, definitions, sightings, working
from tests.factories import DAY, HOUR

LOOK_UP = """query($p: String!) {
  onlineFeatures(featureService: "model@1", entities: {tail: ["N1", "N2"]}, project: $p) {
    features rows statuses views viewOfFeature eventTimestamps materializationIds
  }
}"""
START = """mutation($r: String!, $p: String!) { startMaterialization(input: {reference: $r, project: $p}) {
  __typename ... on Error { message } ... on MaterializationPayload { materialization { id } }
} }"""
DEPRECATE = """mutation($r: String!, $by: String, $p: String!) {
  deprecateVersion(reference: $r, reason: "Too old.", replacement: $by, project: $p) {
    __typename ... on Error { message }
    ... on VersionPayload { version { state deprecationReason replacement { reference } } }
  }
}"""
ARCHIVE = """mutation($r: String!, $p: String!) { archiveVersion(reference: $r, project: $p) {
  __typename ... on Error { message } ... on BlockedByDependents { dependents }
  ... on VersionPayload { version { state } }
} }"""
DELETE = """mutation($k: DefinitionKind!, $n: String!, $p: String!) { delete(kind: $k, name: $n, project: $p) {
  __typename ... on Error { code message } ... on BlockedByDependents { dependents } ... on DeletePayload { kind name }
} }"""
IMPACT = """query($a: ImpactAction!, $r: String!, $p: String!) {
  impact(action: $a, kind: FEATURE_VIEW, reference: $r, project: $p) {
    allowed dependents message changes { kind path before after breaking }
  }
}"""
VERSIONS = """query($p: String!) { featureView(name: "counts", project: $p) {
  currentVersion { number } versions { edges { node { number state } } }
} }"""


async def served(client: Client, project: str) -> bytes:
    """The very bytes of the answer."""
    body = {"query": LOOK_UP, "variables": {"p": project}}
    return (await client.http.post("/graphql", json=body, headers=client.headers)).content


async def materialized(client: Client, project: str, reference: str) -> None:
    started = (await client.ask(START, r=reference, p=project))["startMaterialization"]
    assert started["__typename"] == "MaterializationPayload", started
    async with client.socket() as socket:
        events = await socket.all_of(FOLLOW, id=started["materialization"]["id"])
    assert events[-1]["runProgress"]["state"] == "SUCCEEDED", events[-1]


async def changed(client: Client, project: str, view: Json) -> Json:
    applied = (await client.ask(APPLY, d=[view], p=project))["apply"]
    assert applied["__typename"] == "ApplyPayload", applied
    return applied["versions"]


async def test_a_served_answer_never_changes_under_its_user(place: Place) -> None:
    event = (now_micros() - DAY) // HOUR * HOUR
    given = definitions(await sightings(place.door, place.name, event))
    client, name = place.editor, place.name
    view = given[2]
    assert (await client.ask(APPLY, d=given, p=name))["apply"]["__typename"] == "ApplyPayload"

    async with working(place.door):
        await materialized(client, name, "counts@1")
        before = await served(client, name)
        assert b'"counts@1"' in before
        answers: list[bytes] = []

        view["spec"]["ttl"] = "1h"  # shares the data, would answer EXPIRED, and is published at once
        assert await changed(client, name, view) == [{"reference": "counts@2"}]
        answers.append(await served(client, name))

        view["spec"]["transformation"]["sql"] = (
            "SELECT tail, seen_at AS event_timestamp, seen + 1 AS seen FROM sightings"
        )
        assert await changed(client, name, view) == [{"reference": "counts@3"}]
        await materialized(client, name, "counts@3")
        answers.append(await served(client, name))

        view["spec"]["features"].append({"name": "twice", "type": "INT64"})
        view["spec"]["transformation"]["sql"] = (
            "SELECT tail, seen_at AS event_timestamp, seen, 2 * seen AS twice FROM sightings WHERE seen < 1000"
        )
        assert await changed(client, name, view) == [{"reference": "counts@4"}]
        await materialized(client, name, "counts@4")
        answers.append(await served(client, name))

    deprecated = (await client.ask(DEPRECATE, r="counts@1", by="counts@4", p=name))["deprecateVersion"]
    answers.append(await served(client, name))
    refused = (await client.ask(ARCHIVE, r="counts@1", p=name))["archiveVersion"]
    archived = (await client.ask(ARCHIVE, r="counts@3", p=name))["archiveVersion"]
    answers.append(await served(client, name))

    assert answers == [before] * 5
    assert deprecated["version"] == {
        "state": "DEPRECATED",
        "deprecationReason": "Too old.",
        "replacement": {"reference": "counts@4"},
    }
    assert refused == {
        "__typename": "BlockedByDependents",
        "message": "counts@1 cannot be archived: model@1 uses it.",
        "dependents": ["model@1"],
    }
    assert archived["version"] == {"state": "ARCHIVED"}
    found = (await client.ask(VERSIONS, p=name))["featureView"]
    assert found["currentVersion"] == {"number": 4}
    assert [(one["node"]["number"], one["node"]["state"]) for one in found["versions"]["edges"]] == [
        (4, "PUBLISHED"),
        (3, "ARCHIVED"),
        (2, "PUBLISHED"),
        (1, "DEPRECATED"),
    ]
    over = (await client.ask(START, r="counts@3", p=name))["startMaterialization"]
    assert over == {"__typename": "Conflict", "message": "counts@3 is archived: it is computed no more."}


async def test_deleting_is_the_admins_and_impact_says_beforehand_what_it_does(place: Place) -> None:
    given = definitions(await sightings(place.door, place.name, (now_micros() - DAY) // HOUR * HOUR))
    client, name = place.editor, place.name
    assert (await client.ask(APPLY, d=given, p=name))["apply"]["__typename"] == "ApplyPayload"
    admin = await place.door.client(**{name: Role.ADMIN})

    impact = (await place.viewer.ask(IMPACT, a="DELETE", r="counts", p=name))["impact"]
    refused = (await admin.ask(DELETE, k="FEATURE_VIEW", n="counts", p=name))["delete"]
    assert (impact["allowed"], impact["dependents"], impact["changes"]) == (False, ["model@1"], [])
    assert refused == {
        "__typename": "BlockedByDependents",
        "code": "BLOCKED_BY_DEPENDENTS",
        "message": impact["message"],
        "dependents": ["model@1"],
    }
    assert await client.code(DELETE, k="FEATURE_VIEW", n="counts", p=name) == "FORBIDDEN"
    assert (await place.viewer.ask(IMPACT, a="PUBLISH", r="counts@7", p=name))["impact"] is None

    for kind, one in (
        ("FEATURE_SERVICE", "model@1"),
        ("FEATURE_VIEW", "counts"),
        ("DATA_SOURCE", "sightings"),
        ("ENTITY", "plane"),
    ):
        gone = (await admin.ask(DELETE, k=kind, n=one, p=name))["delete"]
        assert gone == {"__typename": "DeletePayload", "kind": kind, "name": one}
    assert (await admin.ask(DELETE, k="ENTITY", n="plane", p=name))["delete"]["__typename"] == "NotFound"

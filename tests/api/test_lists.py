"""Reading the registry in lists: filtered, ordered, and of one project."""

from datetime import timedelta

import pytest

from graphql_api.documents.base import TagPart
from graphql_api.documents.cataloguing import rebuild_catalog
from graphql_api.documents.copies import RangePart
from graphql_api.documents.feature_views import ViewPinPart
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.documents.runs import RunFailurePart
from graphql_api.domain.enums import ChangeKind, DefinitionKind, Role, RunState, VersionState
from graphql_api.domain.times import now_micros, rfc3339
from graphql_api.domain.types import ValueType
from tests.api.client import Client, Json
from tests.api.conftest import Place
from tests.api.registry import FEATURES, a_registry, a_run, a_source
from tests.factories import DAY, HOUR, NOON, a_copy, a_service, a_version, a_view, an_entity, an_entry


def names(connection: Json) -> list[str]:
    return [edge["node"]["name"] for edge in connection["edges"]]


@pytest.mark.parametrize(
    ("field", "argument", "values"),
    [
        ("entity", "name", ["nothing", "", "Aircraft", "air craft", "$where", "a" * 1000]),
        ("dataSource", "name", ["nothing"]),
        ("featureView", "name", ["nothing", "aircraft_delays@1"]),
        (
            "featureViewVersion",
            "reference",
            ["aircraft_delays@2", "aircraft_delays@0", "aircraft_delays:flights", "@"],
        ),
        ("feature", "reference", ["aircraft_delays", "aircraft_delays:nothing", "aircraft_delays@2:flights_7d", ":"]),
        ("featureService", "name", ["delay_model@2", "delay_model@", "nothing"]),
    ],
)
async def test_what_is_not_there_is_null(place: Place, field: str, argument: str, values: list[str]) -> None:
    await a_registry(place.project)
    query = f"query($v: String!, $p: String!) {{ {field}({argument}: $v, project: $p) {{ id }} }}"

    found = [await place.viewer.ask(query, v=value, p=place.name) for value in values]

    assert found == [{field: None}] * len(values)


async def test_lists_are_filtered_by_text_tag_and_owner(place: Place) -> None:
    for name, description, owner, tag in (
        ("alpha", "Of PLANES.", "ann", ("domain", "flights")),
        ("beta", "100% (sure)", "ben", ("domain", "weather")),
        ("gamma", "", None, ("tier", "1")),
    ):
        changes = {"description": description, "owner": owner, "tags": (TagPart(key=tag[0], value=tag[1]),)}
        await an_entity(place.project, name).model_copy(update=changes).insert()
    await rebuild_catalog(place.project.id)
    query = """query($p: String!, $s: String, $t: String, $o: String) {
      entities(project: $p, search: $s, tag: $t, owner: $o) { totalCount edges { node { name } } }
    }"""

    async def found(**filters: str) -> list[str]:
        connection = (await place.viewer.ask(query, p=place.name, **filters))["entities"]
        assert connection["totalCount"] == len(connection["edges"])
        return names(connection)

    assert await found(s="planes") == ["alpha"]
    assert await found(s="BE sure") == ["beta"]
    assert await found(s="weather") == ["beta"]
    assert await found(s="be planes") == []
    assert await found(s="eta") == []
    assert await found(s="100% (") == ["beta"]
    assert await found(s=".*") == []
    assert await found(t="domain") == ["alpha", "beta"]
    assert await found(t="domain:weather") == ["beta"]
    assert await found(o="ann") == ["alpha"]
    assert await found(o="") == []
    assert await found(t="domain", o="ben", s="b") == ["beta"]
    assert await place.viewer.code(query, p=place.name, s="x" * 201) == "INVALID_INPUT"
    assert await place.viewer.code(query, p=place.name, s=" ".join("abcdefghijklmnopq")) == "INVALID_INPUT"


async def test_features_are_those_of_current_versions(place: Place) -> None:
    entity = await an_entity(place.project).insert()
    for name, current in (("b_view", 2), ("a_view", 1), ("c_view", None)):
        view = await a_view(place.project, name, entities=[entity], current=current, latest=2).insert()
        for number in (1, 2):
            await a_version(
                view, number, entities=[entity], features={"z": FEATURES["flights_7d"], **FEATURES}
            ).insert()
    await rebuild_catalog(place.project.id)
    query = """query($p: String!, $first: Int, $after: String, $t: ValueType) {
      features(project: $p, first: $first, after: $after, valueType: $t) {
        totalCount edges { node { reference } } pageInfo { endCursor }
      }
    }"""

    async def references(**given: Json) -> tuple[list[str], Json]:
        found = (await place.viewer.ask(query, p=place.name, **given))["features"]
        return [edge["node"]["reference"] for edge in found["edges"]], found

    everything, found = await references()
    start, first_page = await references(first=2)
    rest, _ = await references(after=first_page["pageInfo"]["endCursor"])

    own = ["flights_7d", "mean_dep_delay_7d", "z"]
    assert everything == [f"a_view@1:{name}" for name in own] + [f"b_view@2:{name}" for name in own]
    assert start + rest == everything
    assert found["totalCount"] == 6
    assert (await references(t="FLOAT64"))[0] == ["a_view@1:mean_dep_delay_7d", "b_view@2:mean_dep_delay_7d"]


async def test_services_are_the_newest_that_is_ready_or_the_newest(place: Place) -> None:
    entity = await an_entity(place.project).insert()
    view = await a_view(place.project, entities=[entity]).insert()
    published = await a_version(view, 1, entities=[entity], features=FEATURES).insert()
    draft = await a_version(view, 2, entities=[entity], features=FEATURES, state=VersionState.DRAFT).insert()
    for name, number, version in (
        ("a", 1, published),
        ("a", 2, published),
        ("a", 3, draft),
        ("b", 1, draft),
        ("b", 2, draft),
    ):
        await a_service(place.project, [an_entry(version)], name, number).insert()
    await rebuild_catalog(place.project.id)
    query = """query($p: String!) {
      featureServices(project: $p) { totalCount edges { node { reference ready } } }
      a: featureService(name: "a", project: $p) { number }
      a3: featureService(name: "a@3", project: $p) { ready }
    }"""

    found = await place.viewer.ask(query, p=place.name)

    assert found == {
        "featureServices": {
            "totalCount": 2,
            "edges": [{"node": {"reference": "a@2", "ready": True}}, {"node": {"reference": "b@2", "ready": False}}],
        },
        "a": {"number": 2},
        "a3": {"ready": False},
    }


async def test_views_are_found_by_entity_staleness_and_failure(place: Place) -> None:
    aircraft, airport = [await an_entity(place.project, name).insert() for name in ("aircraft", "airport")]
    now = now_micros()
    for name, entity, freshness, latest, state in (
        ("fresh", aircraft, DAY, now - HOUR, RunState.SUCCEEDED),
        ("old", aircraft, HOUR, now - DAY, RunState.FAILED),
        ("timeless", airport, None, now - DAY, RunState.RUNNING),
        ("empty", airport, HOUR, None, None),
    ):
        view = await a_view(place.project, name, entities=[entity]).model_copy(update={"freshness": freshness}).insert()
        version = await a_version(view, entities=[entity], features=FEATURES).insert()
        failing = state in (RunState.FAILED, RunState.RUNNING)  # the one before it failed
        await a_copy(version).model_copy(update={"latest_event": latest, "failing": failing}).insert()
        if state is not None:
            earlier, later = a_run(version, state=RunState.FAILED), a_run(version, state=state)
            ended = earlier.requested_at - timedelta(days=1)
            await earlier.model_copy(update={"requested_at": ended, "finished_at": ended}).insert()
            finished = later.requested_at if state.is_terminal else None
            await later.model_copy(update={"finished_at": finished}).insert()
            cancelled = {"state": RunState.CANCELLED, "finished_at": later.requested_at + timedelta(hours=1)}
            await a_run(version).model_copy(update=cancelled).insert()
    await rebuild_catalog(place.project.id)
    query = """query($p: String!, $e: String, $s: Boolean, $f: Boolean) {
      featureViews(project: $p, entity: $e, stale: $s, failing: $f) {
        edges { node { name currentVersion { freshness { breached } } } }
      }
    }"""

    async def found(**filters: Json) -> list[str]:
        return names((await place.viewer.ask(query, p=place.name, **filters))["featureViews"])

    assert await found(e="airport") == ["empty", "timeless"]
    assert await found(e="nothing") == []
    assert await found(s=True) == ["old"]
    assert await found(s=False) == ["empty", "fresh", "timeless"]
    assert await found(f=True) == ["old", "timeless"]
    assert await found(f=False) == ["empty", "fresh"]
    assert await found(s=True, f=True, e="airport") == []
    breached = (await place.viewer.ask(query, p=place.name))["featureViews"]["edges"]
    assert [e["node"]["name"] for e in breached if e["node"]["currentVersion"]["freshness"]["breached"]] == ["old"]


async def test_lineage_is_followed_both_ways_by_plain_fields(place: Place) -> None:
    held = await a_registry(place.project)
    view = a_view(place.project, "risk", entities=[held.entity], latest=2)
    plain = a_version(view, 1, entities=[held.entity], features={"risk": ValueType.FLOAT64})
    made = a_version(view, 2, entities=[held.entity], features={"risk": ValueType.INT64}, state=VersionState.DRAFT)
    pin = ViewPinPart(
        written="aircraft_delays",
        version_id=held.version.id,
        view_id=held.view.id,
        name="aircraft_delays",
        reference="aircraft_delays@1",
        keys=(),
        features=(),
        is_static=False,
        has_created=False,
        data_fingerprint=held.version.data_fingerprint,
    )
    pinning = made.transformation.model_copy(update={"views": (pin,)})
    derived = made.model_copy(update={"transformation": pinning})
    service = a_service(place.project, [an_entry(derived)], "risk_model")
    for document in (view, plain, derived, service):
        await document.insert()

    down = await place.viewer.ask(
        """query($p: String!) { dataSource(name: "flights", project: $p) { featureViews { edges { node {
          latestVersion { derivedVersions { totalCount edges { node { reference
            usedBy { edges { node { reference } } } } } } }
        } } } } }""",
        p=place.name,
    )
    up = await place.viewer.ask(
        """query($p: String!) { featureService(name: "risk_model", project: $p) {
          features { feature { version { inputs { ... on FeatureViewVersion {
            reference inputs { ... on DataSource { name } } } } } } }
        } }""",
        p=place.name,
    )
    found = await place.viewer.ask(
        """query($p: String!) { featureView(name: "risk", project: $p) {
          diff(from: 1, to: 2) { from { number } to { number } changes { kind path before after breaking } }
          nothing: diff(from: 1, to: 3) { changes { path } }
        } }""",
        p=place.name,
    )

    (seen,) = down["dataSource"]["featureViews"]["edges"]
    (used,) = seen["node"]["latestVersion"]["derivedVersions"]["edges"]
    assert used["node"] == {
        "reference": "risk@2",
        "usedBy": {"edges": [{"node": {"reference": "risk_model@1"}}]},
    }
    inputs = [{"reference": "aircraft_delays@1", "inputs": [{"name": "flights"}]}]
    assert up["featureService"] == {"features": [{"feature": {"version": {"inputs": inputs}}}]}
    retyped = {"kind": "CHANGED", "path": "features.risk.type", "before": "FLOAT64", "after": "INT64", "breaking": True}
    pinned = {"version": "aircraft_delays@1", "name": "aircraft_delays"}
    added = {"kind": "ADDED", "path": "transformation.views", "before": None, "after": [pinned], "breaking": False}
    assert found["featureView"] == {
        "diff": {"from": {"number": 1}, "to": {"number": 2}, "changes": [retyped, added]},
        "nothing": None,
    }


async def test_runs_are_found_newest_first_by_view_state_and_trigger(place: Place) -> None:
    held = await a_registry(place.project)
    later = held.run.requested_at + timedelta(seconds=1)
    failure = RunFailurePart(code="CHECK_FAILED", message="A check failed.")
    failed = a_run(held.version, state=RunState.FAILED).model_copy(update={"requested_at": later, "failure": failure})
    await failed.insert()
    query = """query($p: String!, $v: String, $s: [RunState!], $t: RunTrigger) {
      materializations(project: $p, view: $v, states: $s, trigger: $t) {
        totalCount edges { node { state failure { code } } }
      }
    }"""

    async def states(**filters: Json) -> list[str]:
        found = (await place.viewer.ask(query, p=place.name, **filters))["materializations"]
        return [edge["node"]["state"] for edge in found["edges"]]

    assert await states() == ["FAILED", "QUEUED"]
    assert await states(v="aircraft_delays", s=["FAILED"]) == ["FAILED"]
    assert await states(s=[]) == []
    assert await states(v="nothing") == []
    assert await states(t="SCHEDULE") == []


async def test_coverage_is_told_for_each_store(place: Place) -> None:
    held = await a_registry(place.project)
    await place.door.runtime.database["data_copies"].update_one(
        {"_id": held.version.data_id},
        {"$set": {"covered": [RangePart(start=0, end=HOUR).model_dump()], "covered_online": [], "latest_event": NOON}},
    )

    version = await place.viewer.ask(
        """query($p: String!) { featureViewVersion(reference: "aircraft_delays@1", project: $p) {
          offline: coverage { start end } online: coverage(store: ONLINE) { start } freshness { latestEventTimestamp }
        } }""",
        p=place.name,
    )

    assert version["featureViewVersion"] == {
        "offline": [{"start": "1970-01-01T00:00:00Z", "end": "1970-01-01T01:00:00Z"}],
        "online": [],
        "freshness": {"latestEventTimestamp": rfc3339(NOON)},
    }


async def test_recent_changes_come_newest_first(place: Place) -> None:
    for sequence in (1, 2):
        await RegistryEventDocument(
            project_id=place.project.id,
            sequence=sequence,
            kind=DefinitionKind.ENTITY,
            name=f"e{sequence}",
            change=ChangeKind.ADDED,
            actor="ann",
        ).insert()

    found = await place.viewer.ask(
        """query($p: String!) { recentChanges(project: $p) { edges { node {
          sequence kind name change actor project { name }
        } } } }""",
        p=place.name,
    )

    assert [edge["node"] for edge in found["recentChanges"]["edges"]] == [
        {
            "sequence": sequence,
            "kind": "ENTITY",
            "name": f"e{sequence}",
            "change": "ADDED",
            "actor": "ann",
            "project": {"name": place.name},
        }
        for sequence in (2, 1)
    ]


async def test_nothing_of_another_project_is_told_even_under_the_same_names(place: Place) -> None:
    await a_registry(place.project)
    other = await place.door.project()
    await a_source(other, "only_here").insert()
    await rebuild_catalog(other.id)
    both: Client = await place.door.client(**{place.name: Role.VIEWER, other.name: Role.VIEWER})

    found = await both.ask(
        """query($p: String!) { dataSources(project: $p) { edges { node {
          name featureViews { edges { node { name } } }
        } } } }""",
        p=other.name,
    )

    assert [edge["node"] for edge in found["dataSources"]["edges"]] == [
        {"name": "only_here", "featureViews": {"edges": []}}
    ]

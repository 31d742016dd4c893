"""From the data that a real release left to the same answers by the program of today: two servers begin on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from graphql_api.migrations.stamps import Database
from graphql_api.settings import AuthMode, Settings
from tests.api.client import Client, Json
from tests.api.conftest import served
from tests.api.processes import another_process
from tests.conftest import clean_place
from tests.migrations import story
from tests.migrations.release import Release
from tests.runs.processes import worker_processes
from tests.servers import RunningServers

FOLLOW = """subscription { registryChanges(after: 0) {
  sequence kind name change actor at changes { path } version
} }"""
SEARCH = "query($words: String!) { search(query: $words) { kind name } }"
AUDIT = 'query { auditLog(project: "default") { edges { node { operation subjects } } } }'
DIFF = """query { featureView(name: "spend") { diff(from: 2, to: 3) { changes { path before after } } } }"""
IMPACT = """query { impact(action: ARCHIVE, kind: FEATURE_VIEW, reference: "spend@1") { allowed dependents } }"""
STATES = """query { materializations { edges { node {
  id state attempts version { reference } failure { message }
} } } }"""
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass(frozen=True)
class Upgraded:
    """`maker`: with the token of an admin of the project, which the release made; `beside`: at the other server."""

    release: Release
    settings: Settings
    database: Database
    maker: Client
    beside: Client

    def by(self, token: str) -> Client:
        return Client(self.maker.http, self.release.tokens[token])


@pytest.fixture(scope="module")
async def upgraded(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Upgraded]:
    release, place = Release.kept("before_stamps"), f"s3://{story.BUCKET}/"
    with clean_place(servers, tmp_path_factory.mktemp("release"), unmade=True) as clean:
        settings = clean.model_copy(update={"auth": AuthMode.TOKEN, "source_places": (place,)})
        async with (
            AsyncMongoClient[dict[str, Any]](settings.mongodb_url, tz_aware=True) as client,
            AsyncExitStack() as s,
        ):
            database = client[settings.mongodb_database]
            await release.put_into(settings, database)
            door, other = await asyncio.gather(
                s.enter_async_context(served(settings)),
                s.enter_async_context(another_process(settings, SOURCE_PLACES=place)),
            )
            maker = release.tokens["maker"]
            yield Upgraded(release, settings, database, Client(door.http, maker), Client(other, maker))


async def test_every_answer_is_what_it_was_at_both_servers_and_one_of_them_has_migrated(upgraded: Upgraded) -> None:
    for asked in (upgraded.maker, upgraded.beside):
        answers = {name: await asked.ask(question) for name, question in story.QUESTIONS.items()}
        assert answers == upgraded.release.answers

    stamp = await upgraded.database["stamps"].find_one()
    assert stamp is not None
    assert stamp["fence"] == 1


async def test_tokens_are_good_for_what_they_were(upgraded: Upgraded) -> None:
    who = "query { viewer { name roles { role project { name } } } }"
    viewer = upgraded.by("viewer")
    apply = {"d": story.definitions(story.THIRD)}

    assert await viewer.ask(who) == {
        "viewer": {"name": "viewer", "roles": [{"role": "VIEWER", "project": {"name": "default"}}]}
    }
    assert await viewer.code(story.APPLY, **apply) == "FORBIDDEN"
    assert [await upgraded.by(token).code(who) for token in ("past", "revoked")] == ["UNAUTHENTICATED"] * 2


async def test_what_the_release_had_not_works_on_its_data(upgraded: Upgraded) -> None:
    maker = upgraded.maker

    async def best(words: str) -> tuple[str, str]:
        hit, *_ = (await maker.ask(SEARCH, words=words))["search"]
        return hit["kind"], hit["name"]

    assert await best("gold checkout") == ("FEATURE_SERVICE", "model")
    assert await best("names@example.com") == ("FEATURE", "profile:name")
    assert await best("published") == ("FEATURE_VIEW", "visits")
    assert (await maker.ask(DIFF))["featureView"]["diff"]["changes"] == [
        {"path": "ttl", "before": None, "after": "30d"},
    ]
    assert await maker.ask(IMPACT) == {"impact": {"allowed": False, "dependents": ["model@1"]}}


async def test_changes_of_the_release_are_told_from_the_first_and_the_audit_begins_with_this_one(
    upgraded: Upgraded,
) -> None:
    nodes = [edge["node"] for edge in upgraded.release.answers["everything"]["recentChanges"]["edges"]]
    async with upgraded.maker.socket() as socket:
        await socket.subscribe(FOLLOW)
        told = [(await socket.receive())["payload"]["data"]["registryChanges"] for _ in nodes]

    assert told == [{**node, "changes": [], "version": None} for node in reversed(nodes)]
    assert (await upgraded.maker.ask(AUDIT))["auditLog"]["edges"] == [
        {"node": {"operation": "apply", "subjects": []}},
    ]


async def test_definitions_that_stand_change_nothing_and_others_make_the_next_version(upgraded: Upgraded) -> None:
    plan = (await upgraded.maker.ask(story.PLAN, d=story.definitions(story.THIRD)))["plan"]
    assert plan["changes"] == []
    ground = (await upgraded.maker.ask(story.PLAN, d=story.definitions(story.GROUND)))["plan"]
    assert ground["changes"] == []

    done = (await upgraded.maker.ask(story.APPLY, d=story.definitions(story.FOURTH)))["apply"]

    assert done == {
        "__typename": "ApplyPayload",
        "plan": {"changes": [{"name": "spend", "createsVersion": "spend@4"}]},
        "versions": [{"reference": "spend@4"}],
    }
    assert (await upgraded.maker.ask(AUDIT))["auditLog"]["edges"][0] == {
        "node": {"operation": "apply", "subjects": ["spend@4"]}
    }


async def test_runs_go_on_where_the_release_left_them_and_can_be_run_again(upgraded: Upgraded) -> None:
    maker = upgraded.maker
    before = await states(maker)
    async with worker_processes(upgraded.settings) as workers:
        await workers.start()
        span = {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}
        asked = {"input": {"reference": "spend@2", **span}}
        again = (await maker.ask(story.START, **asked))["startMaterialization"]["materialization"]["id"]
        after = await when_ended(maker)

    assert {run["version"]["reference"] for run in before.values() if run["state"] not in ENDED} == {
        "visits@1",
        "profile@1",
    }
    changed = {identifier: run for identifier, run in after.items() if run != before.get(identifier)}

    assert {(run["version"]["reference"], run["state"], run["attempts"]) for run in changed.values()} == {
        ("visits@1", "SUCCEEDED", 2),
        ("profile@1", "SUCCEEDED", 1),
        ("spend@2", "SUCCEEDED", 1),
    }
    assert after[again]["version"] == {"reference": "spend@2"}
    answers, were = await maker.ask(story.LOOK_UP), upgraded.release.answers["online"]
    assert {name: without_runs(answer) for name, answer in answers.items()} == {
        name: without_runs(answer) for name, answer in were.items()
    }


async def when_ended(client: Client) -> dict[str, Json]:
    async with asyncio.timeout(60):
        while True:
            found = await states(client)
            if all(run["state"] in ENDED for run in found.values()):
                return found
            await asyncio.sleep(0.1)


async def states(client: Client) -> dict[str, Json]:
    nodes = [edge["node"] for edge in (await client.ask(STATES))["materializations"]["edges"]]
    return {node["id"]: node for node in nodes}


def without_runs(answer: Json) -> Json:
    return {key: value for key, value in answer.items() if key != "materializationIds"}

"""Whatever is applied, published, deprecated, archived and deleted, in whatever order: the registry on a real MongoDB
is what the rules make of it, `impact` says beforehand what each step then does, and what is refused changes nothing."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of, in_transaction
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import DefinitionKind, ImpactAction, RunState
from graphql_api.domain.times import Intervals, TimeRange
from graphql_api.errors import BlockedByDependents, Conflict, InvalidInput, NotFound
from graphql_api.runs.publishing import decide, publish
from graphql_api.runs.queue import RunQueue
from graphql_api.settings import Settings
from tests.databases import make
from tests.definitions.example import AIRCRAFT, FLIGHTS
from tests.definitions.world import FILES, DuckAnswers
from tests.registry_model.model import Content, Model, Refused
from tests.services.registering import ANN, Registry

VIEWS, SERVICES = ("delays", "counts"), ("model", "other")
NUMBERS = st.integers(1, 5)
VIEW = """
kind: FeatureView
name: {name}
description: Text {text}.
entities: [aircraft]
ttl: {ttl}d
delay: {data}h
transformation:
  sources: [flights]
  sql: SELECT tailnum, departed_at AS event_timestamp, recorded_at AS created_timestamp, air_time FROM flights
features: [{{name: air_time, type: FLOAT64}}]
---
"""
SERVICE = "kind: FeatureService\nname: {name}\nfeatures: [{reference}]\n---\n"
REFUSALS = (InvalidInput, NotFound, Conflict, BlockedByDependents)


class RememberingAnswers(DuckAnswers):
    """The same question has the same answer."""

    known: ClassVar[dict[str, Any]] = {}

    async def sql(self, sql: str, relations: Any) -> Any:
        key = f"{sql} {relations}"
        if key not in self.known:
            self.known[key] = await super().sql(sql, relations)
        return self.known[key]


@dataclass(frozen=True)
class Place:
    """Behind one name: of a machine's own attributes Hypothesis asks what rules they are."""

    runner: asyncio.Runner
    client: AsyncMongoClient[dict[str, Any]]
    database: AsyncDatabase[dict[str, Any]]


class RegistryMachine(RuleBasedStateMachine):
    place: ClassVar[Place]
    projects: ClassVar[int] = 0
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        RegistryMachine.projects += 1
        self.model = Model()
        self.name = f"p{self.projects}"
        project = self.wait(ProjectDocument(name=self.name).insert())
        self.registry = Registry(
            project, RunQueue(self.place.database), name=self.name, answers=RememberingAnswers(FILES)
        )
        self.wait(self.registry.apply(AIRCRAFT + FLIGHTS))

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.place.runner.run(work)

    def step(self, expected: Callable[[], None], work: Coroutine[Any, Any, Any], impact: Any = None) -> None:
        """The same step on both. `impact`: what it is told to do, asked before."""
        RegistryMachine.steps += 1
        found = self.wait(impact) if impact is not None else None
        revision = self.wait(self.registry.revision())
        try:
            expected()
        except Refused:
            with pytest.raises(REFUSALS) as refused:
                self.wait(work)
            assert self.wait(self.registry.revision()) == revision
            if impact is not None:
                assert (found is None) == isinstance(refused.value, NotFound)
                assert found is None or found.refusal is not None
            if isinstance(refused.value, BlockedByDependents) and found is not None:
                assert refused.value.dependents == found.dependents
        else:
            self.wait(work)
            if impact is not None:
                assert found is not None
                assert found.refusal is None
                assert self.wait(self.registry.revision()) - revision == len(found.changes)

    def impact(self, action: ImpactAction, kind: DefinitionKind, reference: str) -> Any:
        return self.registry.impacts.of(ANN, self.name, action, kind, reference)

    @rule(name=st.sampled_from(VIEWS), data=st.integers(1, 2), ttl=st.integers(1, 2), text=st.integers(1, 2))
    def apply_view(self, name: str, data: int, ttl: int, text: int) -> None:
        document = VIEW.format(name=name, data=data, ttl=ttl, text=text)
        content = Content(data, ttl, text)
        self.step(lambda: self.model.apply_view(name, content), self.registry.apply(document))

    @rule(name=st.sampled_from(SERVICES), view=st.sampled_from(VIEWS), number=st.none() | NUMBERS)
    def apply_service(self, name: str, view: str, number: int | None) -> None:
        reference = view if number is None else f'"{view}@{number}"'
        document = SERVICE.format(name=name, reference=reference)
        self.step(lambda: self.model.apply_service(name, view, number), self.registry.apply(document))

    @rule(name=st.sampled_from(VIEWS), number=NUMBERS)
    def run_succeeds(self, name: str, number: int) -> None:
        self.step(lambda: self.model.run(name, number), self._run(f"{name}@{number}"))

    async def _run(self, reference: str) -> None:
        """As a worker ends a run: its data is online, and what is ready is published in the same step."""
        run = await self.registry.runs.start(ANN, self.name, reference, start=0, end=100)
        ended = {"$set": {"state": RunState.SUCCEEDED}}
        await collection_of(MaterializationDocument).update_one({"_id": run.id}, ended)
        ranges = [{"start": 0, "end": 100}]
        covered = {"$set": {"covered": ranges, "covered_online": ranges}}
        await collection_of(DataCopyDocument).update_one({"_id": run.data_id}, covered)
        publication = await decide(self.place.database, run, Intervals.of([TimeRange(0, 100)]))
        await in_transaction(
            ProjectDocument, lambda session: publish(self.place.database, session, publication, actor="a worker")
        )

    @rule(name=st.sampled_from(VIEWS), number=NUMBERS)
    def publish(self, name: str, number: int) -> None:
        reference = f"{name}@{number}"
        self.step(
            lambda: self.model.publish(name, number),
            self.registry.versions.publish(ANN, self.name, reference),
            self.impact(ImpactAction.PUBLISH, DefinitionKind.FEATURE_VIEW, reference),
        )

    @rule(name=st.sampled_from(VIEWS), number=NUMBERS)
    def deprecate(self, name: str, number: int) -> None:
        reference = f"{name}@{number}"
        self.step(
            lambda: self.model.deprecate(name, number),
            self.registry.versions.deprecate(ANN, self.name, reference, "Old.", None),
            self.impact(ImpactAction.DEPRECATE, DefinitionKind.FEATURE_VIEW, reference),
        )

    @rule(name=st.sampled_from(VIEWS), number=NUMBERS)
    def archive(self, name: str, number: int) -> None:
        reference = f"{name}@{number}"
        self.step(
            lambda: self.model.archive(name, number),
            self.registry.versions.archive(ANN, self.name, reference),
            self.impact(ImpactAction.ARCHIVE, DefinitionKind.FEATURE_VIEW, reference),
        )

    @rule(name=st.sampled_from(VIEWS))
    def delete_view(self, name: str) -> None:
        self._delete(lambda: self.model.delete_view(name), DefinitionKind.FEATURE_VIEW, name)

    @rule(name=st.sampled_from(SERVICES), number=st.none() | NUMBERS)
    def delete_service(self, name: str, number: int | None) -> None:
        reference = name if number is None else f"{name}@{number}"
        self._delete(lambda: self.model.delete_service(name, number), DefinitionKind.FEATURE_SERVICE, reference)

    @rule()
    def delete_ground(self) -> None:
        if self.model.views:
            self._delete(self.model.delete_ground, DefinitionKind.ENTITY, "aircraft")
            self._delete(self.model.delete_ground, DefinitionKind.DATA_SOURCE, "flights")

    def _delete(self, expected: Callable[[], None], kind: DefinitionKind, reference: str) -> None:
        self.step(
            expected,
            self.registry.deleting.delete(ANN, self.name, kind, reference),
            self.impact(ImpactAction.DELETE, kind, reference),
        )

    @invariant()
    def the_registry_is_what_the_rules_say(self) -> None:
        assert self.wait(self._views()) == {
            name: (
                view.current,
                view.content.text,
                {number: (one.state, one.content.data, one.content.ttl) for number, one in view.versions.items()},
            )
            for name, view in self.model.views.items()
        }
        assert self.wait(self._services()) == {
            f"{name}@{number}": f"{pin[0]}@{pin[1]}"
            for name, service in self.model.services.items()
            for number, pin in service.versions.items()
        }

    async def _views(self) -> dict[str, Any]:
        own = {"project_id": self.registry.project.id}
        views = await FeatureViewDocument.find(own).to_list()
        versions = await FeatureViewVersionDocument.find(own).to_list()
        hour, day = 3_600_000_000, 86_400_000_000
        return {
            view.name: (
                view.current_version,
                int(view.description.strip("Text .")),
                {
                    one.number: (str(one.state), one.delay // hour, (one.ttl or 0) // day)
                    for one in versions
                    if one.view_id == view.id
                },
            )
            for view in views
        }

    async def _services(self) -> dict[str, str]:
        own = {"project_id": self.registry.project.id}
        return {one.reference: one.entries[0].reference for one in await FeatureServiceDocument.find(own).to_list()}

    @invariant()
    def data_is_shared_by_fingerprint_and_events_have_no_gaps(self) -> None:
        self.wait(self._sound())

    async def _sound(self) -> None:
        own = {"project_id": self.registry.project.id}
        versions = await FeatureViewVersionDocument.find(own).to_list()
        copies = {copy.id: (copy.view_id, copy.fingerprint) for copy in await DataCopyDocument.find(own).to_list()}
        assert {one.data_id: (one.view_id, one.data_fingerprint) for one in versions} == copies
        events = await RegistryEventDocument.find(own).sort("sequence").to_list()
        assert [event.sequence for event in events] == list(range(1, await self.registry.revision() + 1))


async def opened(place: Settings) -> AsyncMongoClient[dict[str, Any]]:
    client = AsyncMongoClient[dict[str, Any]](place.mongodb_url, tz_aware=True)
    await make(client[place.mongodb_database])
    return client


def test_the_registry_follows_the_rules(settings: Settings) -> None:
    """JFS_MODEL_EXAMPLES asks for more sequences of steps than the few that there is time for here."""
    examples = int(os.environ.get("JFS_MODEL_EXAMPLES", "8"))
    with asyncio.Runner() as runner:
        client = runner.run(opened(settings))
        RegistryMachine.place = Place(runner, client, client[settings.mongodb_database])
        bounds = hypothesis.settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
        )
        try:
            run_state_machine_as_test(RegistryMachine, settings=bounds)
        finally:
            runner.run(client.close())
    print(f"{RegistryMachine.steps} steps in {RegistryMachine.projects} sequences")

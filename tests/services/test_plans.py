"""Plans and their application on a real MongoDB."""

import asyncio

import pytest
from pymongo.errors import OperationFailure

from graphql_api.auth.viewer import EVERYONE_IS_ADMIN, Viewer
from graphql_api.documents.copies import CounterDocument, DataCopyDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import Role, RunState, RunTrigger, VersionState
from graphql_api.errors import Conflict, Forbidden, InvalidInput, ProjectNotFound, Unauthenticated
from graphql_api.services.projects import Projects
from tests.definitions.example import DELAY_MODEL, DELAYS, EXAMPLE, FLIGHTS, GROUND, PROFILE
from tests.definitions.world import definitions_of
from tests.services.registering import ANN, Registry


async def test_the_example_is_written_whole(registry: Registry) -> None:
    made = await registry.apply(EXAMPLE)

    assert made == ["aircraft_delays@1", "aircraft_profile@1", "airport_weather@1"]
    assert await registry.counts() == [2, 3, 3, 3, 1, 3, 9]
    assert await registry.revision() == 9
    assert [sequence for sequence, _ in await registry.events()] == list(range(1, 10))
    copies = await DataCopyDocument.find_all().sort("_id").to_list()
    versions = await FeatureViewVersionDocument.find_all().sort("data_id").to_list()
    assert [(copy.id, copy.fingerprint) for copy in copies] == [
        (version.data_id, version.data_fingerprint) for version in versions
    ]
    assert [copy.layout for copy in copies] == [
        ("mean_dep_delay_7d", "flights_7d"),
        ("manufacturer", "seats", "built"),
        ("wind_speed", "visib"),
    ]


async def test_applying_again_changes_nothing(registry: Registry) -> None:
    await registry.apply(EXAMPLE)
    before = await registry.counts()

    again = await registry.plans.apply(ANN, "default", definitions_of(EXAMPLE))

    assert (again.plan.changes, again.versions, len(again.unmaterialized)) == ((), (), 3)
    assert (await registry.counts(), await registry.revision()) == (before, 9)


async def test_a_plan_writes_nothing(registry: Registry) -> None:
    plan = await registry.plans.plan(ANN, "default", definitions_of(EXAMPLE))

    assert len(plan.changes) == 9
    assert (await registry.counts(), await registry.revision()) == ([0] * 7, 0)


async def test_of_racing_applies_each_is_planned_on_what_the_other_left(registry: Registry) -> None:
    await registry.apply(GROUND)
    texts = [DELAYS, PROFILE, DELAYS.replace("ttl: 30d", "ttl: 20d"), DELAYS.replace("ttl: 30d", "ttl: 10d")]

    made = await asyncio.gather(*(registry.apply(text) for text in texts))

    versions = await FeatureViewVersionDocument.find({"view_name": "aircraft_delays"}).sort("number").to_list()
    assert [version.number for version in versions] == [1, 2, 3]
    assert [version.state for version in versions] == [VersionState.ARCHIVED, VersionState.ARCHIVED, VersionState.DRAFT]
    assert sorted(reference for references in made for reference in references) == [
        "aircraft_delays@1",
        "aircraft_delays@2",
        "aircraft_delays@3",
        "aircraft_profile@1",
    ]
    assert await registry.revision() == 9
    assert [sequence for sequence, _ in await registry.events()] == list(range(1, 10))


async def test_two_applies_of_the_same_make_one_version(registry: Registry) -> None:
    made = await asyncio.gather(registry.apply(EXAMPLE), registry.apply(EXAMPLE))

    assert sorted(made, key=len) == [[], ["aircraft_delays@1", "aircraft_profile@1", "airport_weather@1"]]
    assert await registry.counts() == [2, 3, 3, 3, 1, 3, 9]


async def test_a_failure_in_the_middle_writes_nothing(registry: Registry) -> None:
    await registry.apply(GROUND)
    before = await registry.counts()
    await collection_of(RegistryEventDocument).database.command(
        "collMod", "registry_events", validator={"name": {"$ne": "delay_model"}}
    )

    with pytest.raises(OperationFailure):
        await registry.apply(EXAMPLE)

    assert (await registry.counts(), await registry.revision()) == (before, 5)
    assert await CounterDocument.count() == 0


async def test_the_fingerprint_of_a_plan_is_held_to(registry: Registry) -> None:
    plan = await registry.plans.plan(ANN, "default", definitions_of(EXAMPLE))
    await registry.apply(FLIGHTS)

    with pytest.raises(Conflict) as refused:
        await registry.apply(EXAMPLE, fingerprint=plan.fingerprint)

    assert refused.value.message == (
        "The plan is no longer the one that was reviewed: plan again, and review what has changed."
    )
    assert await registry.revision() == 1
    reviewed = await registry.plans.plan(ANN, "default", definitions_of(EXAMPLE))
    assert len(await registry.apply(EXAMPLE, fingerprint=reviewed.fingerprint)) == 3


async def test_what_others_change_elsewhere_leaves_a_reviewed_plan_as_it_is(registry: Registry) -> None:
    plan = await registry.plans.plan(ANN, "default", definitions_of(FLIGHTS))
    await registry.apply(PROFILE.replace("aircraft_profile", "other") + GROUND.replace(FLIGHTS, ""))

    assert await registry.apply(FLIGHTS, fingerprint=plan.fingerprint) == []


async def test_materialize_starts_a_run_of_each_version_that_needs_one(registry: Registry) -> None:
    applied = await registry.plans.apply(ANN, "default", definitions_of(EXAMPLE), materialize=True)

    assert [(run.view_name, run.version_number, run.trigger) for run in applied.materializations] == [
        ("aircraft_delays", 1, RunTrigger.APPLY),
        ("aircraft_profile", 1, RunTrigger.APPLY),
        ("airport_weather", 1, RunTrigger.APPLY),
    ]
    assert applied.unmaterialized == ()


async def test_what_an_earlier_apply_left_without_a_run_can_still_be_started(registry: Registry) -> None:
    await registry.apply(EXAMPLE)
    applied = await registry.plans.apply(ANN, "default", definitions_of(EXAMPLE), materialize=True)
    again = await registry.plans.apply(ANN, "default", definitions_of(EXAMPLE), materialize=True)

    assert (len(applied.materializations), again.materializations, again.unmaterialized) == (3, (), ())


async def test_the_run_of_a_superseded_draft_is_cancelled(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS, materialize=True)
    await registry.apply(DELAYS.replace("delay: 1h", "delay: 2h"))

    runs = await MaterializationDocument.find_all().to_list()
    assert [(run.version_number, run.state) for run in runs] == [(1, RunState.CANCELLED)]


async def test_the_run_of_a_superseded_draft_goes_on_for_a_successor_that_shares_its_data(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS, materialize=True)

    applied = await registry.plans.apply(
        ANN, "default", definitions_of(DELAYS.replace("ttl: 30d", "ttl: 10d")), materialize=True
    )

    assert (applied.materializations, applied.unmaterialized) == ((), ())
    runs = await MaterializationDocument.find_all().to_list()
    assert [(run.version_number, run.state) for run in runs] == [(1, RunState.QUEUED)]


async def test_a_service_moves_with_the_draft_that_it_pins(registry: Registry) -> None:
    await registry.apply(EXAMPLE)
    await registry.apply(DELAYS.replace("ttl: 30d", "ttl: 10d"))

    services = await FeatureServiceDocument.find_all().sort("number").to_list()
    assert [(service.reference, service.entries[0].reference) for service in services] == [
        ("delay_model@1", "aircraft_delays@1"),
        ("delay_model@2", "aircraft_delays@2"),
    ]
    assert (await registry.plans.plan(ANN, "default", definitions_of(DELAY_MODEL))).changes == ()


async def test_problems_are_told_and_nothing_is_written(registry: Registry) -> None:
    with pytest.raises(InvalidInput) as refused:
        await registry.apply(EXAMPLE.replace("ttl: 30d", "ttl: soon"))

    assert [problem.path for problem in refused.value.problems] == ["definitions[5].ttl"]
    assert await registry.counts() == [0] * 7


async def test_only_editors_of_the_project_plan_and_apply(registry: Registry) -> None:
    reader = Viewer(name="bob", roles={str(registry.project.id): Role.VIEWER})
    stranger = Viewer(name="eve")
    nobody = Viewer(name="anonymous", is_anonymous=True)
    for viewer, refusal in ((reader, Forbidden), (stranger, ProjectNotFound), (nobody, Unauthenticated)):
        with pytest.raises(refusal):
            await registry.plans.plan(viewer, "default", [])
        with pytest.raises(refusal):
            await registry.plans.apply(viewer, "default", [])
    with pytest.raises(ProjectNotFound):
        await registry.plans.plan(EVERYONE_IS_ADMIN, "elsewhere", [])


async def test_projects_are_those_in_which_the_viewer_has_a_role(registry: Registry) -> None:
    await ProjectDocument(name="other").insert()
    other = await ProjectDocument.find_one({"name": "other"})
    assert other is not None
    projects = Projects()

    assert (await projects.ensure_default()).id == registry.project.id
    assert [project.name for project in await projects.all_of(ANN)] == ["default", "other"]
    assert await projects.all_of(Viewer(name="bob", roles={str(other.id): Role.VIEWER})) == [other]

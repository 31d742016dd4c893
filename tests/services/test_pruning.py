"""Labels, and the deletion of what is absent under one, on a real MongoDB."""

import pytest

from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import ChangeKind
from graphql_api.domain.global_ids import global_id
from graphql_api.errors import BlockedByDependents, Conflict, InvalidInput
from tests.definitions.example import (
    AIRCRAFT,
    AIRPORT,
    AIRPORT_WEATHER,
    DELAY_MODEL,
    DELAYS,
    EXAMPLE,
    FLIGHTS,
    GROUND,
    PLANES,
    PROFILE,
    WEATHER,
)
from tests.definitions.world import definitions_of
from tests.services.registering import ANN, Registry

WITHOUT_WEATHER = AIRCRAFT + FLIGHTS + PLANES + DELAYS + PROFILE
MODEL = "kind: FeatureService\nname: model\nfeatures: [aircraft_delays]\n---\n"


async def labels() -> dict[str, str | None]:
    kinds = (EntityDocument, DataSourceDocument, FeatureViewDocument, FeatureServiceDocument)
    return {one.name: one.label for kind in kinds for one in await kind.find_all().to_list()}


async def test_what_is_absent_under_the_label_goes_as_the_plan_lists(registry: Registry) -> None:
    await registry.apply(EXAMPLE, label="team")

    plan = await registry.plans.plan(ANN, "default", definitions_of(WITHOUT_WEATHER), prune=True, label="team")
    applied = await registry.plans.apply(
        ANN, "default", definitions_of(WITHOUT_WEATHER), prune=True, label="team", fingerprint=plan.fingerprint
    )

    assert applied.plan == plan
    assert [(change.change, change.name, change.dependents) for change in plan.changes] == [
        (ChangeKind.REMOVED, "delay_model", ()),
        (ChangeKind.REMOVED, "airport_weather", ("delay_model@1",)),
        (ChangeKind.REMOVED, "weather", ("airport_weather@1", "delay_model@1")),
        (ChangeKind.REMOVED, "airport", ("airport_weather@1", "delay_model@1")),
    ]
    weather = plan.changes[2].changes
    assert [(change.kind, change.path, change.before, change.after, change.breaking) for change in weather] == [
        (ChangeKind.REMOVED, "eventTimestamp", "observed_at", None, True),
        (ChangeKind.REMOVED, "files", "s3://demo/weather/*.parquet", None, True),
        (ChangeKind.REMOVED, "name", "weather", None, True),
    ]
    left = ("aircraft", "flights", "planes", "aircraft_delays", "aircraft_profile")
    assert await labels() == dict.fromkeys(left, "team")
    assert await registry.revision() == 13
    again = await registry.plans.plan(ANN, "default", definitions_of(WITHOUT_WEATHER), prune=True, label="team")
    assert again.changes == ()


async def test_what_stays_keeps_what_it_needs(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS, label="team", materialize=True)
    await registry.apply(MODEL, label="other")
    run = await MaterializationDocument.find_one()
    assert run is not None
    before = await registry.counts()

    with pytest.raises(BlockedByDependents) as refused:
        await registry.apply(GROUND, prune=True, label="team")

    assert refused.value.dependents == ("model@1", global_id("Materialization", run.id))
    assert "'team' (aircraft_delays) cannot be deleted: model@1, the run " in refused.value.message
    with pytest.raises(BlockedByDependents):
        await registry.plans.plan(ANN, "default", definitions_of(GROUND), prune=True, label="team")
    assert await registry.counts() == before


async def test_what_the_plan_itself_makes_to_need_it_keeps_it(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS, label="team")

    with pytest.raises(BlockedByDependents) as refused:
        await registry.apply(GROUND + MODEL, prune=True, label="team")

    assert refused.value.dependents == ("model@1",)


async def test_what_a_superseded_draft_read_may_go_in_the_same_plan(registry: Registry) -> None:
    await registry.apply(AIRCRAFT + FLIGHTS + DELAYS, label="team")
    other = FLIGHTS.replace("name: flights", "name: landings")
    moved = DELAYS.replace("[flights]", "[landings]").replace("FROM flights", "FROM landings")

    assert await registry.apply(AIRCRAFT + other + moved, prune=True, label="team") == ["aircraft_delays@2"]

    assert await labels() == dict.fromkeys(("aircraft", "landings", "aircraft_delays"), "team")


async def test_only_what_was_last_applied_under_the_label_goes(registry: Registry) -> None:
    await registry.apply(AIRCRAFT + AIRPORT + WEATHER, label="team")
    await registry.apply(FLIGHTS)
    await registry.apply(PLANES + AIRPORT, label="other")
    await registry.apply(WEATHER)
    assert await labels() == {
        "aircraft": "team",
        "airport": "other",
        "flights": None,
        "planes": "other",
        "weather": None,
    }

    await registry.apply("", prune=True, label="team")

    assert sorted(await labels()) == ["airport", "flights", "planes", "weather"]


async def test_a_service_that_moves_by_itself_keeps_its_label(registry: Registry) -> None:
    await registry.apply(EXAMPLE, label="team")

    await registry.apply(DELAYS.replace("ttl: 30d", "ttl: 10d"))

    services = await FeatureServiceDocument.find_all().sort("number").to_list()
    assert [(one.reference, one.label) for one in services] == [("delay_model@1", "team"), ("delay_model@2", "team")]
    await registry.apply(GROUND + DELAYS.replace("ttl: 30d", "ttl: 10d") + AIRPORT_WEATHER + PROFILE, label="team")
    await registry.apply(GROUND + AIRPORT_WEATHER + PROFILE, prune=True, label="team")
    assert (await labels()).keys() & {"delay_model", "aircraft_delays"} == set()


async def test_a_plan_is_another_with_another_label_or_with_pruning(registry: Registry) -> None:
    definitions = definitions_of(EXAMPLE)
    plans = [
        await registry.plans.plan(ANN, "default", definitions),
        await registry.plans.plan(ANN, "default", definitions, label="team"),
        await registry.plans.plan(ANN, "default", definitions, label="team", prune=True),
    ]

    assert len({plan.fingerprint for plan in plans}) == 3
    with pytest.raises(Conflict):
        await registry.apply(EXAMPLE, label="team", fingerprint=plans[0].fingerprint)


@pytest.mark.parametrize("options", [{"prune": True}, {"label": ""}, {"label": " team"}, {"label": "x" * 101}])
async def test_pruning_needs_a_label_that_is_one(registry: Registry, options: dict[str, bool | str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        await registry.apply(EXAMPLE, **options)

    assert [problem.path for problem in refused.value.problems] == ["label"]
    assert await registry.counts() == [0] * 7


async def test_problems_are_told_before_anything_is_pruned(registry: Registry) -> None:
    await registry.apply(GROUND, label="team")

    with pytest.raises(InvalidInput, match="problem"):
        await registry.apply(DELAY_MODEL, prune=True, label="team")

    assert (await registry.counts())[:2] == [2, 3]

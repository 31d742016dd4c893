"""Publishing, deprecating and archiving versions on a real MongoDB, and what `impact` says of each beforehand."""

import pytest

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.audit import AuditEntryDocument
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import DefinitionKind, ImpactAction, Role, RunState, VersionState
from graphql_api.errors import BlockedByDependents, Conflict, Forbidden, InvalidInput, NotFound
from tests.definitions.example import DELAYS, GROUND, PROFILE
from tests.services.registering import ANN, Registry

VIEW = DefinitionKind.FEATURE_VIEW
TEN_DAYS, FIVE_DAYS = (DELAYS.replace("ttl: 30d", f"ttl: {ttl}") for ttl in ("10d", "5d"))
LATER = DELAYS.replace("delay: 1h", "delay: 2h")
MODEL = "kind: FeatureService\nname: model\nfeatures: [aircraft_delays]\n---\n"
OTHER = MODEL.replace("name: model", "name: other")
PINNING = "kind: FeatureService\nname: model\nfeatures: [aircraft_delays@{}]\n---\n"


async def cover(registry: Registry) -> None:
    """As runs that went online would leave all data."""
    parts = [{"start": 0, "end": 100}]
    await collection_of(DataCopyDocument).update_many({}, {"$set": {"covered": parts, "covered_online": parts}})
    await collection_of(MaterializationDocument).update_many({}, {"$set": {"state": RunState.SUCCEEDED}})


async def three_versions(registry: Registry) -> None:
    """Of aircraft_delays, all published, with one copy of data."""
    await registry.apply(GROUND + DELAYS)
    await cover(registry)
    await registry.versions.publish(ANN, "default", "aircraft_delays@1")
    await registry.apply(TEN_DAYS)
    await registry.apply(FIVE_DAYS)


async def states() -> list[VersionState]:
    return [one.state for one in await FeatureViewVersionDocument.find_all().sort("number").to_list()]


async def current() -> int | None:
    view = await FeatureViewDocument.find_one()
    return view and view.current_version


async def test_the_way_back_is_to_publish_an_older_version(registry: Registry) -> None:
    await three_versions(registry)
    assert (await current(), await states()) == (3, [VersionState.PUBLISHED] * 3)

    await registry.versions.publish(ANN, "default", "aircraft_delays@1")

    assert (await current(), await states()) == (1, [VersionState.PUBLISHED] * 3)
    before = await registry.revision()
    await registry.versions.publish(ANN, "default", "aircraft_delays@1")
    assert await registry.revision() == before


async def test_deprecating_is_never_refused_for_what_uses_the_version(registry: Registry) -> None:
    await three_versions(registry)
    await registry.apply(MODEL)

    version = await registry.versions.deprecate(ANN, "default", "aircraft_delays", " Wrong. ", "aircraft_delays@2")

    assert (version.number, version.state, version.deprecation_reason) == (3, VersionState.DEPRECATED, "Wrong.")
    assert version.deprecated_at is not None
    replacement = await FeatureViewVersionDocument.get(version.replacement_id)
    assert replacement is not None
    assert (replacement.number, await current()) == (2, 3)
    again = await registry.versions.deprecate(ANN, "default", "aircraft_delays@3", "Worse.", None)
    assert (again.deprecation_reason, again.replacement_id) == ("Worse.", None)
    assert again.deprecated_at == version.deprecated_at


async def test_what_is_new_may_not_pin_a_deprecated_version_and_is_told_what_to_pin(registry: Registry) -> None:
    await three_versions(registry)
    await registry.apply(MODEL)
    await registry.versions.deprecate(ANN, "default", "aircraft_delays@3", "Wrong.", "aircraft_delays@1")

    assert (await registry.plan(MODEL)).changes == ()
    for text, hint in (
        (OTHER, "Write aircraft_delays@1, which takes its place."),
        (PINNING.format(3).replace("model", "other"), "Write aircraft_delays@1, which takes its place."),
    ):
        with pytest.raises(InvalidInput) as refused:
            await registry.apply(text)
        (problem,) = refused.value.problems
        assert problem.path == "definitions[0].features[0]"
        assert problem.message == "aircraft_delays@3 is DEPRECATED: what is new may not use it."
        assert problem.hint == hint
    await registry.versions.deprecate(ANN, "default", "aircraft_delays@3", "Wrong.", None)
    with pytest.raises(InvalidInput) as refused:
        await registry.apply(OTHER)
    assert refused.value.problems[0].hint == "Write aircraft_delays@2."
    for number in (1, 2):
        await registry.versions.deprecate(ANN, "default", f"aircraft_delays@{number}", "Wrong.", None)
    with pytest.raises(InvalidInput) as refused:
        await registry.apply(OTHER)
    assert refused.value.problems[0].hint == (
        "No version of aircraft_delays takes new dependents: a change of the view makes its next one."
    )


async def test_archiving_is_refused_while_a_service_version_uses_it(registry: Registry) -> None:
    await three_versions(registry)
    await registry.apply(PINNING.format(2))
    await registry.apply(PINNING.format(1))

    with pytest.raises(BlockedByDependents) as refused:
        await registry.versions.archive(ANN, "default", "aircraft_delays@2")
    assert refused.value.dependents == ("model@1",)
    with pytest.raises(Conflict, match="is the current version of aircraft_delays"):
        await registry.versions.archive(ANN, "default", "aircraft_delays")

    await registry.deleting.delete(ANN, "default", DefinitionKind.FEATURE_SERVICE, "model@1")
    await registry.versions.archive(ANN, "default", "aircraft_delays@2")

    assert await states() == [VersionState.PUBLISHED, VersionState.ARCHIVED, VersionState.PUBLISHED]
    revision = await registry.revision()
    await registry.versions.archive(ANN, "default", "aircraft_delays@2")
    assert await registry.revision() == revision
    for refusal in (
        registry.versions.publish(ANN, "default", "aircraft_delays@2"),
        registry.versions.deprecate(ANN, "default", "aircraft_delays@2", "Old.", None),
        registry.versions.deprecate(ANN, "default", "aircraft_delays@1", "Old.", "aircraft_delays@2"),
        registry.versions.deprecate(ANN, "default", "aircraft_delays@1", "Old.", "aircraft_delays@1"),
        registry.runs.start(ANN, "default", "aircraft_delays@2"),
    ):
        with pytest.raises(Conflict):
            await refusal


async def test_an_archived_drafts_run_ends_unless_another_version_shares_its_data(registry: Registry) -> None:
    await three_versions(registry)
    await registry.apply(LATER, materialize=True)
    run = await MaterializationDocument.find_one({"version_number": 4})
    assert run is not None

    await registry.versions.archive(ANN, "default", "aircraft_delays@4")

    run = await MaterializationDocument.get(run.id)
    assert run is not None
    assert run.state is RunState.CANCELLED
    shared = await registry.runs.start(ANN, "default", "aircraft_delays@2", start=1_763_000_000_000_000)
    await registry.versions.archive(ANN, "default", "aircraft_delays@2")
    run = await MaterializationDocument.get(shared.id)
    assert run is not None
    assert run.state is RunState.QUEUED


async def test_a_draft_is_archived_not_deprecated(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS)

    with pytest.raises(Conflict, match="archive it"):
        await registry.versions.deprecate(ANN, "default", "aircraft_delays@1", "Wrong.", None)
    await registry.versions.archive(ANN, "default", "aircraft_delays@1")
    assert await states() == [VersionState.ARCHIVED]
    assert await registry.apply(DELAYS.replace("ttl: 30d", "ttl: 3d")) == ["aircraft_delays@2"]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
async def test_a_reason_is_needed_and_bounded(registry: Registry, reason: str) -> None:
    await three_versions(registry)

    with pytest.raises(InvalidInput, match="1 to 1000 characters"):
        await registry.versions.deprecate(ANN, "default", "aircraft_delays@1", reason, None)


@pytest.mark.parametrize("reference", ["aircraft_delays@9", "nothing", "aircraft_delays:flights_7d", "?"])
async def test_what_is_not_there_is_not_found(registry: Registry, reference: str) -> None:
    await three_versions(registry)

    for asked in (
        registry.versions.publish(ANN, "default", reference),
        registry.versions.deprecate(ANN, "default", reference, "Old.", None),
        registry.versions.deprecate(ANN, "default", "aircraft_delays@1", "Old.", reference),
        registry.versions.archive(ANN, "default", reference),
    ):
        with pytest.raises(NotFound):
            await asked
    for action in (ImpactAction.PUBLISH, ImpactAction.DEPRECATE, ImpactAction.ARCHIVE, ImpactAction.DELETE):
        assert await registry.impacts.of(ANN, "default", action, VIEW, reference) is None


async def test_impact_tells_what_would_be_and_writes_nothing(registry: Registry) -> None:
    await three_versions(registry)
    await registry.apply(MODEL)
    revision = await registry.revision()
    reader = Viewer(name="bob", roles={str(registry.project.id): Role.VIEWER})

    told: list[tuple[bool, tuple[str, ...], list[str]]] = []
    for action, reference in (
        (ImpactAction.PUBLISH, "aircraft_delays@1"),
        (ImpactAction.DEPRECATE, "aircraft_delays@3"),
        (ImpactAction.ARCHIVE, "aircraft_delays@3"),
        (ImpactAction.ARCHIVE, "aircraft_delays@2"),
        (ImpactAction.DELETE, "aircraft_delays"),
    ):
        found = await registry.impacts.of(reader, "default", action, VIEW, reference)
        assert found is not None
        told.append((found.refusal is None, found.dependents, [change.path for change in found.differences]))

    assert told == [
        (True, (), ["currentVersion"]),
        (True, ("model@1",), ["versions.3.state"]),
        (False, ("model@1",), []),
        (True, (), ["versions.2.state"]),
        (False, ("model@1",), []),
    ]
    assert await registry.revision() == revision
    with pytest.raises(InvalidInput, match="Only versions of feature views can be archived"):
        await registry.impacts.of(ANN, "default", ImpactAction.ARCHIVE, DefinitionKind.FEATURE_SERVICE, "model")


async def test_only_editors_change_versions(registry: Registry) -> None:
    await three_versions(registry)
    reader = Viewer(name="bob", roles={str(registry.project.id): Role.VIEWER})

    for asked in (
        registry.versions.publish(reader, "default", "aircraft_delays@1"),
        registry.versions.deprecate(reader, "default", "aircraft_delays@1", "Old.", None),
        registry.versions.archive(reader, "default", "aircraft_delays@1"),
    ):
        with pytest.raises(Forbidden):
            await asked


async def test_the_history_says_which_version_and_what_differs(registry: Registry) -> None:
    await three_versions(registry)
    await registry.versions.deprecate(ANN, "default", "aircraft_delays@3", "Wrong.", "aircraft_delays@2")
    await registry.versions.deprecate(ANN, "default", "aircraft_delays@3", "Wrong.", None)
    await registry.versions.publish(ANN, "default", "aircraft_delays@2")
    await registry.versions.archive(ANN, "default", "aircraft_delays@1")

    events = await RegistryEventDocument.find_all().sort("sequence").to_list()
    entries = await AuditEntryDocument.find_all().sort("_id").to_list()
    told = [
        (event.version, [(change.path, change.before, change.after) for change in event.changes])
        for event in events[-4:]
    ]
    assert told == [
        (
            "aircraft_delays@3",
            [
                ("versions.3.state", "PUBLISHED", "DEPRECATED"),
                ("versions.3.deprecationReason", None, "Wrong."),
                ("versions.3.replacement", None, "aircraft_delays@2"),
            ],
        ),
        ("aircraft_delays@3", [("versions.3.replacement", "aircraft_delays@2", None)]),
        ("aircraft_delays@2", [("currentVersion", 3, 2)]),
        ("aircraft_delays@1", [("versions.1.state", "PUBLISHED", "ARCHIVED")]),
    ]
    assert [entry.subjects for entry in entries[-4:]] == [(version,) for version, _ in told]


async def test_what_is_said_of_a_feature_is_said_of_the_version_that_is_served(registry: Registry) -> None:
    await three_versions(registry)
    await registry.versions.publish(ANN, "default", "aircraft_delays@1")

    await registry.apply(FIVE_DAYS.replace("Departures in the last seven days.", "Departures in a week."))

    versions = await FeatureViewVersionDocument.find_all().sort("number").to_list()
    said = [next(one.description for one in version.features if one.name == "flights_7d") for version in versions]
    assert said == ["Departures in a week.", "Departures in the last seven days.", "Departures in a week."]


async def test_a_plan_warns_of_old_service_versions_that_a_superseded_draft_leaves_behind(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS + PROFILE + MODEL)
    await registry.apply(MODEL.replace("[aircraft_delays]", "[aircraft_profile]"))

    plan = await registry.plan(LATER)

    assert plan.warnings == (
        "aircraft_delays@1 is a draft, and aircraft_delays@2 takes its place. "
        "model@1, which holds it, cannot become ready any more.",
    )

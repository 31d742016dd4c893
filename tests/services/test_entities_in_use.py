"""An entity is in use while any version that is not over has it, not only a view's newest."""

import pytest

from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_views import FeatureViewDocument
from graphql_api.domain.enums import DefinitionKind
from graphql_api.errors import BlockedByDependents, InvalidInput
from tests.definitions.example import AIRCRAFT, DELAYS, GROUND, RISK
from tests.services.registering import ANN, Registry

PLANE = "kind: Entity\nname: plane\njoinKeys: [{name: tail, type: STRING}]\n---\n"
POSITION = """
kind: FeatureView
name: position
entities: [aircraft]
publish: auto
transformation: {push: {}}
features: [{name: altitude_ft, type: INT64}]
---
"""
OF_PLANES = POSITION.replace("[aircraft]", "[plane]").replace("publish: auto", "publish: manual")
ALTITUDE = "kind: FeatureService\nname: altitude\nfeatures: [position]\n---\n"


async def moved_on(registry: Registry) -> None:
    """The current version, which a service uses, has aircraft; the newest, a draft, has planes."""
    await registry.apply(AIRCRAFT + PLANE + POSITION + ALTITUDE)
    await registry.apply(OF_PLANES)


async def test_its_join_keys_stay_while_the_current_version_of_a_view_has_it(registry: Registry) -> None:
    await moved_on(registry)

    with pytest.raises(InvalidInput) as refused:
        await registry.apply(AIRCRAFT.replace("STRING", "INT64"))

    assert [(one.path, one.message, one.hint) for one in refused.value.problems] == [
        (
            "definitions[0].joinKeys",
            "The join keys of aircraft cannot change: it is in use.",
            "Define another entity. It is used by altitude@1, position@1.",
        )
    ]


async def test_what_changes_in_place_names_all_who_have_it(registry: Registry) -> None:
    await moved_on(registry)

    plan = await registry.plan(AIRCRAFT.replace("A plane, by its tail number.", "A plane."))

    assert [change.dependents for change in plan.changes] == [("altitude@1", "position@1")]


async def test_a_view_that_follows_has_the_entities_of_what_it_follows(registry: Registry) -> None:
    plane_delays = DELAYS.replace("[aircraft]", "[plane]").replace("SELECT tailnum,", "SELECT tailnum AS tail,")
    await registry.apply(GROUND + PLANE + DELAYS + RISK)

    assert await registry.apply(plane_delays) == ["aircraft_delays@2", "delay_risk@2"]

    plane = await EntityDocument.find_one({"name": "plane"})
    views = await FeatureViewDocument.find_all().sort("name").to_list()
    assert plane is not None
    assert {view.name: view.entity_ids for view in views} == {
        "aircraft_delays": (plane.id,),
        "delay_risk": (plane.id,),
    }


async def test_an_archived_version_that_an_old_service_version_uses_still_has_it(registry: Registry) -> None:
    await registry.apply(AIRCRAFT + PLANE + POSITION.replace("auto", "manual") + ALTITUDE)
    await registry.apply(OF_PLANES)
    assert await registry.apply(ALTITUDE.replace("position", "position:altitude_ft")) == []

    with pytest.raises(BlockedByDependents) as refused:
        await registry.deleting.delete(ANN, "default", DefinitionKind.ENTITY, "aircraft")

    assert refused.value.dependents == ("position@1", "altitude@1")

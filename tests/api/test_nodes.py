"""Reading the registry by id alone."""

import pytest

from graphql_api.domain.enums import Role
from graphql_api.domain.global_ids import global_id
from resolvers.nodes import NODES
from tests.api.conftest import OPERATOR, Place
from tests.api.registry import Registry, a_dataset, a_registry, other_transformations


def ids_of(held: Registry) -> dict[str, object]:
    return {
        "Project": held.entity.project_id,
        "Entity": held.entity.id,
        "DataSource": held.source.id,
        "FeatureView": held.view.id,
        "FeatureViewVersion": held.version.id,
        "Feature": held.version.features[1].id,
        "SqlTransformation": held.version.transformation.id,
        "Validation": held.version.validations[0].id,
        "FeatureService": held.service.id,
        "Materialization": held.run.id,
    }


async def all_ids_of(held: Registry) -> dict[str, object]:
    more = {"TrainingDataset": (await a_dataset(held)).id}
    return ids_of(held) | await other_transformations(held) | more


NODE = "query($id: ID!) { node(id: $id) { __typename id } }"


@pytest.mark.parametrize("type_name", [name for name in NODES if name != "Token"])
async def test_each_object_is_found_by_its_id_by_those_who_may_see_it(place: Place, type_name: str) -> None:
    held = await a_registry(place.project)
    id = global_id(type_name, (await all_ids_of(held))[type_name])

    assert await place.viewer.ask(NODE, id=id) == {"node": {"__typename": type_name, "id": id}}
    assert await place.stranger.ask(NODE, id=id) == {"node": None}


async def test_a_token_is_found_by_its_id_by_its_admins_alone(place: Place) -> None:
    token = (await place.door.runtime.services.tokens.create(OPERATOR, "one", roles={place.name: Role.VIEWER})).token
    id = global_id("Token", token.id)
    admin = await place.door.client(**{place.name: Role.ADMIN})

    assert await admin.ask(NODE, id=id) == {"node": {"__typename": "Token", "id": id}}
    assert await place.editor.ask(NODE, id=id) == {"node": None}


async def test_an_id_is_of_its_own_type_alone(place: Place) -> None:
    held = await a_registry(place.project)

    for type_name, id in (await all_ids_of(held)).items():
        for other in NODES:
            if (other, type_name) not in ((type_name, type_name), ("Validation", "FeatureViewVersion")):
                assert await place.viewer.ask(NODE, id=global_id(other, id)) == {"node": None}


@pytest.mark.parametrize(
    "id",
    [
        *("", "x", "5", "Entity:1", "RW50aXR5", "RW50aXR5OjE=", "\0", "é" * 100, "=" * 5000),
        *(
            global_id(*id)
            for id in (("Entity", "g" * 24), ("Nothing", "a" * 24), ("Query", "a" * 24), ("Entity", "a" * 24))
        ),
    ],
)
async def test_a_malformed_id_is_an_id_of_nothing(place: Place, id: str) -> None:
    assert await place.viewer.ask(NODE, id=id) == {"node": None}
    assert await place.viewer.ask("query($id: ID!) { materialization(id: $id) { id } }", id=id) == {
        "materialization": None
    }
    assert await place.editor.ask("mutation($id: ID!) { cancelRun(id: $id) { __typename } }", id=id) == {
        "cancelRun": {"__typename": "NotFound"}
    }

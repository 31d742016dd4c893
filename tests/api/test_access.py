"""Who may ask what: the role that each root field declares, held against what strangers, viewers and editors get."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from strawberry.types.base import StrawberryObjectDefinition

from graphql_api.domain.enums import Role
from graphql_api.domain.global_ids import global_id
from resolvers.access import Needs, needs_of
from resolvers.root import schema
from tests.api.client import Client
from tests.api.conftest import Place
from tests.api.registry import a_dataset, a_registry

WRITERS = (Role.EDITOR, Role.ADMIN)
OPERATIONS = ("Query", "Mutation", "Subscription")
UNSEEN: Any = object()
"""For a stranger the answer is a GraphQL error: the project is not there."""


@dataclass(frozen=True)
class Call:
    """`stranger`: what somebody without a role in the project gets instead of an error."""

    document: str
    stranger: Any = UNSEEN


CALLS: Mapping[str, Call] = {
    "Query.node": Call("query($run: ID!) { node(id: $run) { id } }", None),
    "Query.viewer": Call("{ viewer { name } }", {"name": "someone"}),
    "Query.projects": Call("{ projects { edges { node { name } } } }", ...),
    "Query.project": Call("query($p: String!) { project(name: $p) { id } }", None),
    "Query.recentChanges": Call("query($p: String!) { recentChanges(project: $p) { totalCount } }"),
    "Query.entities": Call("query($p: String!) { entities(project: $p) { totalCount } }"),
    "Query.entity": Call('query($p: String!) { entity(name: "aircraft", project: $p) { id } }'),
    "Query.dataSources": Call("query($p: String!) { dataSources(project: $p) { totalCount } }"),
    "Query.dataSource": Call('query($p: String!) { dataSource(name: "flights", project: $p) { id } }'),
    "Query.featureViews": Call("query($p: String!) { featureViews(project: $p) { totalCount } }"),
    "Query.featureView": Call('query($p: String!) { featureView(name: "aircraft_delays", project: $p) { id } }'),
    "Query.featureViewVersion": Call(
        'query($p: String!) { featureViewVersion(reference: "aircraft_delays@1", project: $p) { id } }'
    ),
    "Query.features": Call("query($p: String!) { features(project: $p) { totalCount } }"),
    "Query.feature": Call(
        'query($p: String!) { feature(reference: "aircraft_delays:flights_7d", project: $p) { id } }'
    ),
    "Query.featureServices": Call("query($p: String!) { featureServices(project: $p) { totalCount } }"),
    "Query.featureService": Call('query($p: String!) { featureService(name: "delay_model", project: $p) { id } }'),
    "Query.search": Call('query($p: String!) { search(query: "flights", project: $p) { node { id } } }'),
    "Query.materializations": Call("query($p: String!) { materializations(project: $p) { totalCount } }"),
    "Query.materialization": Call("query($run: ID!) { materialization(id: $run) { id } }", None),
    "Query.trainingDatasets": Call("query($p: String!) { trainingDatasets(project: $p) { totalCount } }"),
    "Query.trainingDataset": Call('query($p: String!) { trainingDataset(name: "late_flights", project: $p) { id } }'),
    "Query.onlineFeatures": Call(
        'query($p: String!) { onlineFeatures(entities: {tailnum: ["N1"]}, features: ["aircraft_delays"], project: $p)'
        " { rows } }"
    ),
    "Query.featuresAt": Call(
        'query($p: String!) { featuresAt(at: "2026-01-01T00:00:00Z", entities: {tailnum: ["N1"]}, '
        'features: ["aircraft_delays"], project: $p) { rows } }'
    ),
    "Query.featureTimeline": Call(
        'query($p: String!) { featureTimeline(feature: "aircraft_delays:flights_7d", entity: {tailnum: "N1"}, '
        'start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z", project: $p) { points { value } } }'
    ),
    "Query.parity": Call('query($p: String!) { parity(featureService: "delay_model", project: $p) { checked } }'),
    "Query.tokens": Call("{ tokens { totalCount } }", {"totalCount": 0}),
    "Query.auditLog": Call("query($p: String!) { auditLog(project: $p) { totalCount } }"),
    "Query.definitionFiles": Call("query($p: String!) { definitionFiles(project: $p) { totalCount } }"),
    "Query.plan": Call("query($p: String!) { plan(definitions: [], project: $p) { __typename } }"),
    "Mutation.apply": Call("mutation($p: String!) { apply(definitions: [], project: $p) { __typename } }"),
    "Mutation.publishVersion": Call(
        'mutation($p: String!) { publishVersion(reference: "aircraft_delays@1", project: $p) { __typename } }'
    ),
    "Query.impact": Call(
        'query($p: String!) { impact(action: ARCHIVE, kind: FEATURE_VIEW, reference: "aircraft_delays@1", project: $p)'
        " { allowed } }"
    ),
    "Mutation.deprecateVersion": Call(
        'mutation($p: String!) { deprecateVersion(reference: "aircraft_delays@1", reason: "old", project: $p)'
        " { __typename } }"
    ),
    "Mutation.archiveVersion": Call(
        'mutation($p: String!) { archiveVersion(reference: "aircraft_delays@1", project: $p) { __typename } }'
    ),
    "Mutation.delete": Call(
        'mutation($p: String!) { delete(kind: FEATURE_SERVICE, name: "delay_model", project: $p) { __typename } }'
    ),
    "Mutation.createProject": Call(
        'mutation { createProject(name: "Not a name") { __typename } }',
        "FORBIDDEN",
    ),
    "Mutation.updateProject": Call(
        'mutation($p: String!) { updateProject(project: $p, description: "new") { __typename } }'
    ),
    "Mutation.archiveProject": Call("mutation($p: String!) { archiveProject(project: $p) { __typename } }"),
    "Mutation.unarchiveProject": Call("mutation($p: String!) { unarchiveProject(project: $p) { __typename } }"),
    "Mutation.createToken": Call(
        'mutation($p: String!) { createToken(input: {name: "t", roles: [{project: $p, role: VIEWER}]}) { __typename } }'
    ),
    "Mutation.revokeToken": Call('mutation { revokeToken(id: "x") { __typename } }', {"__typename": "NotFound"}),
    "Mutation.createUpload": Call(
        'mutation($p: String!) { createUpload(input: {fileName: "spine.parquet", project: $p}) { __typename } }'
    ),
    "Mutation.createTrainingDataset": Call(
        'mutation($p: String!) { createTrainingDataset(input: {name: "late", featureService: "nothing", project: $p, '
        'spine: {dataSource: "flights", eventTimestampColumn: "t"}}) { __typename } }'
    ),
    "Mutation.deleteTrainingDataset": Call(
        'mutation($p: String!) { deleteTrainingDataset(name: "nothing", version: 1, project: $p) { __typename } }'
    ),
    "Mutation.startMaterialization": Call(
        'mutation($p: String!) { startMaterialization(input: {reference: "nothing", project: $p}) { __typename } }'
    ),
    "Mutation.cancelRun": Call(
        "mutation($run: ID!) { cancelRun(id: $run) { __typename } }", {"__typename": "NotFound"}
    ),
    "Subscription.runProgress": Call("subscription($run: ID!) { runProgress(id: $run) { sequence } }"),
    "Subscription.registryChanges": Call(
        "subscription($p: String!) { registryChanges(project: $p, after: 0) { sequence } }"
    ),
    "Subscription.runsProgress": Call("subscription($p: String!) { runsProgress(project: $p) { sequence } }"),
}


def declared() -> dict[str, Needs | None]:
    found: dict[str, Needs | None] = {}
    for operation in OPERATIONS:
        definition = schema.get_type_by_name(operation)
        assert isinstance(definition, StrawberryObjectDefinition)
        for field in definition.fields:
            found[f"{operation}.{schema.config.name_converter.get_graphql_name(field)}"] = needs_of(field.metadata)
    return found


def test_each_root_field_declares_the_role_that_it_needs_and_is_tried_here() -> None:
    assert [place for place, needs in declared().items() if needs is None] == []
    assert sorted(declared()) == sorted(CALLS)


TOLD = {
    Needs(Role.EDITOR): "Editor.",
    Needs(Role.ADMIN): "Admin.",
    Needs(Role.ADMIN, everywhere=True): "Admin of the server.",
}


def test_what_computes_or_writes_says_which_role_it_needs() -> None:
    needing = {place: TOLD[needs] for place, needs in declared().items() if needs in TOLD}

    mutations = {place for place in declared() if place.startswith("Mutation.")}
    assert mutations - {"Mutation.revokeToken"} <= set(needing)
    for place, told in needing.items():
        operation, name = place.split(".")
        description = schema.get_field_for_type(name, operation)
        assert description is not None
        assert (description.description or "").endswith(told), place


@pytest.mark.parametrize("place_in_schema", CALLS)
async def test_a_field_gives_its_role_and_no_less(place: Place, place_in_schema: str) -> None:
    call, needs = CALLS[place_in_schema], declared()[place_in_schema]
    assert needs is not None
    held = await a_registry(place.project)
    await a_dataset(held)
    run = global_id("Materialization", held.run.id)

    async def outcome(client: Client) -> Any:
        return await asked(client, call.document, p=place.name, run=run)

    assert await outcome(place.nobody) == "UNAUTHENTICATED"
    seen_by_stranger = await outcome(place.stranger)
    if call.stranger is UNSEEN:
        assert seen_by_stranger == "NOT_FOUND"
    elif call.stranger is not ...:
        assert seen_by_stranger == call.stranger
    else:
        assert place.name not in str(seen_by_stranger)
    by_viewer = await outcome(place.viewer)
    if needs in TOLD:
        assert by_viewer == "FORBIDDEN"
        admin = await place.door.client(**{place.name: Role.ADMIN})
        enough = await place.door.operator() if needs.everywhere else admin
        if needs.role is Role.ADMIN:
            assert await outcome(admin if needs.everywhere else place.editor) == "FORBIDDEN"
        else:
            enough = place.editor
        assert await outcome(enough) not in ("FORBIDDEN", "UNAUTHENTICATED", "NOT_FOUND")
    else:
        assert by_viewer not in ("FORBIDDEN", "UNAUTHENTICATED", "NOT_FOUND")
        assert by_viewer is not None


async def asked(client: Client, document: str, **values: str) -> Any:
    """The field's value, or the code of the error that came instead."""
    variables = {name: value for name, value in values.items() if f"${name}:" in document}
    if not document.startswith("subscription"):
        answer = await client.answer(document, **variables)
        return answer["errors"][0]["extensions"]["code"] if "errors" in answer else next(iter(answer["data"].values()))
    async with client.socket() as socket:
        message = await socket.outcome(document, **variables)
    assert message["type"] in ("next", "error"), message
    return message["payload"][0]["extensions"]["code"] if message["type"] == "error" else message["payload"]["data"]


async def test_a_project_without_a_role_is_as_one_that_is_not_there(place: Place) -> None:
    document = "query($p: String!) { entities(project: $p) { totalCount } }"

    unseen = await place.stranger.refusal(document, p=place.name)
    unknown = await place.stranger.refusal(document, p="nowhere")

    assert unseen["message"].replace(place.name, "nowhere") == unknown["message"]
    assert unseen["extensions"] == unknown["extensions"] == {"code": "NOT_FOUND"}

"""Every error carries its code and says what is wrong, the same through both doors."""

import pytest

from graphql_api.services.named import Named
from tests.api.client import Client, Json
from tests.api.conftest import Place
from tests.api.registry import a_registry

VIEWS = "query Views($first: Int! = 3) { featureViews(first: $first) { totalCount } }"
LOOK_UP = "query($e: JSON!) { onlineFeatures(entities: $e, features: []) { rows } }"
MAYBE = "query($e: JSON = {}) { onlineFeatures(entities: $e, features: []) { rows } }"
START = "mutation($i: StartMaterializationInput!) { startMaterialization(input: $i) { __typename } }"
PROGRESS = "subscription($id: ID!) { runProgress(id: $id) { at } }"


async def over_http(client: Client, request: Json) -> list[Json]:
    answer = await client.http.post("/graphql", json=request, headers=client.headers)
    return answer.json()["errors"]


async def over_websocket(client: Client, request: Json) -> list[Json]:
    async with client.socket() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": request})
        message = await socket.receive()
    return message["payload"] if message["type"] == "error" else message["payload"]["errors"]


def told(errors: list[Json]) -> list[tuple[str, str]]:
    return [(error["extensions"]["code"], error["message"]) for error in errors]


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({"query": "{"}, "INVALID_INPUT", "Syntax Error: Expected Name, found <EOF>."),
        ({"query": ""}, "INVALID_INPUT", "Syntax Error: Unexpected <EOF>."),
        ({"query": "{ nothing }"}, "INVALID_INPUT", "Cannot query field 'nothing' on type 'Query'."),
        ({"query": VIEWS, "operationName": "Other"}, "INVALID_INPUT", "Unknown operation named 'Other'."),
        (
            {"query": "query A { __typename } query B { __typename }"},
            "INVALID_INPUT",
            "Must provide operation name if query contains multiple operations.",
        ),
        ({"query": LOOK_UP}, "INVALID_INPUT", "Variable '$e' has invalid value: "),
        ({"query": LOOK_UP, "variables": {"e": None}}, "INVALID_INPUT", "Variable '$e' has invalid value: "),
        ({"query": MAYBE, "variables": {"e": None}}, "INVALID_INPUT", "Argument 'entities' has invalid value: "),
        ({"query": "{ onlineFeatures(entities: null) { rows } }"}, "INVALID_INPUT", "Expected value of non-null type"),
        ({"query": VIEWS, "variables": {"first": "many"}}, "INVALID_INPUT", "Variable '$first' has invalid value: "),
        (
            {"query": START, "variables": {"i": {"reference": "x", "start": "yesterday"}}},
            "INVALID_INPUT",
            "Variable '$i' has invalid value at .start: DateTime: ",
        ),
        ({"query": "{ a" * 50 + " }" * 50}, "LIMIT_EXCEEDED", "The operation is 50 fields deep; "),
        ({"query": "{ a" * 1_900 + " }" * 1_900}, "LIMIT_EXCEEDED", "The document is nested too deep."),
        ({"query": "{ " + "a " * 4_000 + "}"}, "LIMIT_EXCEEDED", "The document has more than "),
        ({"query": "{ " + "viewer { name } " * 900 + "}"}, "LIMIT_EXCEEDED", "The document takes too long to "),
        ({"query": VIEWS, "variables": {"first": 201}}, "INVALID_INPUT", "first must be from 0 to 200; it is 201."),
        (
            {"query": '{ entity(name: "x", project: "no_such") { id } }'},
            "NOT_FOUND",
            "There is no project 'no_such'",
        ),
    ],
)
async def test_an_error_carries_its_code_and_says_what_is_wrong(
    place: Place, request_: Json, code: str, message: str
) -> None:
    errors = await over_http(place.viewer, request_)

    assert errors
    assert {error["extensions"]["code"] for error in errors} == {code}
    assert errors[0]["message"].startswith(message)
    assert told(await over_websocket(place.viewer, request_)) == told(errors)


async def test_more_errors_than_are_told_all_carry_it(place: Place) -> None:
    request = {"query": "{ " + " ".join(f"a{number}" for number in range(200)) + " }"}

    errors = await over_http(place.viewer, request)

    assert len(errors) == 101
    assert {code for code, _ in told(errors)} == {"INVALID_INPUT"}
    assert errors[-1]["message"] == "Too many validation errors, error limit reached. Validation aborted."
    assert told(await over_websocket(place.viewer, request)) == told(errors)


async def test_what_a_viewer_may_not_do_carries_it_through_both_doors(place: Place) -> None:
    await a_registry(place.project)
    request = {"query": START, "variables": {"i": {"reference": "aircraft_delays", "project": place.name}}}

    for client, code in ((place.viewer, "FORBIDDEN"), (place.stranger, "NOT_FOUND"), (place.nobody, "UNAUTHENTICATED")):
        errors = await over_http(client, request)

        assert [error["extensions"]["code"] for error in errors] == [code]
        assert told(await over_websocket(client, request)) == told(errors)


@pytest.mark.parametrize(
    ("id", "code", "message"),
    [
        ("x", "NOT_FOUND", "There is no such run."),
        (
            None,
            "INVALID_INPUT",
            "Variable '$id' has invalid value: Expected value of non-null type 'ID!' not to be None.",
        ),
    ],
)
async def test_subscriptions_that_refuse_carry_it(place: Place, id: str | None, code: str, message: str) -> None:
    errors = await over_websocket(place.viewer, {"query": PROGRESS, "variables": {"id": id}})

    assert told(errors) == [(code, message)]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"query":1}'])
async def test_what_http_refuses_by_itself_carries_it(place: Place, body: bytes) -> None:
    headers = {"content-type": "application/json", **place.viewer.headers}

    answer = await place.viewer.http.post("/graphql", content=body, headers=headers)

    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["INVALID_INPUT"]


async def test_a_value_of_ours_that_its_type_cannot_tell_is_no_fault_of_the_client(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await a_registry(place.project)

    async def spoiled(*_: object) -> object:
        return held.view.model_copy(update={"name": ["no text"]})

    monkeypatch.setattr(Named, "get", spoiled)
    query = {"query": f'{{ entity(name: "x", project: "{place.name}") {{ name }} }}'}

    errors = await over_http(place.viewer, query)

    assert [error["extensions"] for error in errors] == [{"code": "INTERNAL"}]
    assert "no text" not in str(errors)

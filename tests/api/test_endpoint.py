"""GraphQL over HTTP: media types, status codes, and what is refused before GraphQL has a say."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from tests.api.conftest import Door, Place

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
TYPENAME = {"query": "{ __typename }"}


async def test_both_addresses_are_the_same_endpoint(door: Door) -> None:
    answers = [await door.http.post(address, json=TYPENAME) for address in ("/graphql", "/api/v1/graphql")]

    assert [answer.json() for answer in answers] == [{"data": {"__typename": "Query"}}] * 2


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"text/html, {GRAPHQL};q=0.1", GRAPHQL),
    ],
)
async def test_the_answer_comes_in_the_type_that_is_wanted_most(door: Door, accept: str | None, answered: str) -> None:
    request = door.http.build_request("POST", "/graphql", json=TYPENAME)
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept

    answer = await door.http.send(request)

    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{answered}; charset=utf-8")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", f"{JSON};q=0", f"{JSON}; charset=latin-1"])
async def test_what_cannot_be_answered_in_is_406(door: Door, accept: str) -> None:
    answer = await door.http.post("/graphql", json=TYPENAME, headers={"accept": accept})

    assert answer.status_code == 406


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", f"{JSON}; charset=latin-1", ""],
)
async def test_a_body_that_says_it_is_not_json_is_415(door: Door, content_type: str) -> None:
    answer = await door.http.post(
        "/graphql", content=b'{"query":"{__typename}"}', headers={"content-type": content_type}
    )

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'[{"query":"{__typename}"}]',
        b"null",
        b"{}",
        b'{"query":1}',
        b'{"query":"{__typename}","variables":[]}',
        b'{"query":"{__typename}","operationName":1}',
        b'{"query":"{__typename}","extensions":"x"}',
        b'{"query":"\xff"}',
        b'{"query":"{__typename}","variables":{"x":NaN}}',
        b'{"query":"{__typename}","variables":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
async def test_a_body_that_is_no_request_is_400(door: Door, body: bytes) -> None:
    answer = await door.http.post("/graphql", content=body, headers={"content-type": JSON})

    assert (answer.status_code, list(answer.json())) == (400, ["errors"])


async def test_a_body_beyond_the_limit_is_413(door: Door) -> None:
    large = b'{"query":"{__typename}"' + b" " * door.settings.max_body_bytes + b"}"

    announced = await door.http.post("/graphql", content=large, headers={"content-type": JSON})

    assert (announced.status_code, _code(announced)) == (413, "LIMIT_EXCEEDED")


async def test_a_body_that_does_not_announce_its_length_is_counted(door: Door) -> None:
    async def parts() -> AsyncGenerator[bytes]:
        for _ in range(door.settings.max_body_bytes // 100_000 + 2):
            yield b" " * 100_000

    answer = await door.http.post("/graphql", content=parts(), headers={"content-type": JSON})

    assert (answer.status_code, _code(answer)) == (413, "LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", {}),
        ("{ nothing }", {}),
        ("query A { __typename } query B { __typename }", {}),
        ("query($x: Int!) { entities(first: $x) { totalCount } }", {"x": "many"}),
    ],
)
async def test_a_refused_document_is_400_only_in_the_new_media_type(
    door: Door, query: str, variables: dict[str, Any]
) -> None:
    body = {"query": query, "variables": variables}
    old = await door.http.post("/graphql", json=body, headers={"accept": JSON})
    new = await door.http.post("/graphql", json=body, headers={"accept": GRAPHQL})

    assert (old.status_code, new.status_code) == (200, 400)
    assert list(old.json()) == list(new.json()) == ["errors"]
    assert "INTERNAL" not in new.text


async def test_get_is_for_queries_only(door: Door) -> None:
    query = await door.http.get("/graphql", params={"query": "{ __typename }"})
    mutation = await door.http.get("/graphql", params={"query": 'mutation { cancelRun(id: "x") { __typename } }'})
    subscription = await door.http.get("/graphql", params={"query": 'subscription { runProgress(id: "x") { at } }'})

    assert (query.status_code, query.json()) == (200, {"data": {"__typename": "Query"}})
    assert [(one.status_code, one.headers["allow"]) for one in (mutation, subscription)] == [(405, "POST")] * 2


async def test_get_takes_variables_as_json(door: Door) -> None:
    params = {"query": "query Q($name: String!) { __type(name: $name) { kind } }", "operationName": "Q"}

    right = await door.http.get("/graphql", params={**params, "variables": '{"name": "Entity"}'})
    wrong = await door.http.get("/graphql", params={**params, "variables": "{"})

    assert right.json() == {"data": {"__type": {"kind": "OBJECT"}}}
    assert wrong.status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_405(door: Door, method: str) -> None:
    answer = await door.http.request(method, "/graphql")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_a_subscription_by_post_is_told_where_to_go(door: Door) -> None:
    answer = await door.http.post("/graphql", json={"query": 'subscription { runProgress(id: "x") { at } }'})

    assert (answer.status_code, "WebSocket" in answer.text) == (400, True)


async def test_whole_numbers_stay_exact(place: Place) -> None:
    columns = {"tailnum": [9007199254740993, -9223372036854775808]}

    error = await place.viewer.refusal(
        "query($e: JSON!, $p: String!) { onlineFeatures(entities: $e, features: [], project: $p) { rows } }",
        e=columns,
        p=place.name,
    )

    assert error["extensions"]["code"] == "INVALID_INPUT"


def _code(answer: httpx.Response) -> str:
    return answer.json()["errors"][0]["extensions"]["code"]

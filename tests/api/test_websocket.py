"""graphql-transport-ws: introduction, tokens, origins, and what an operation may not do to a connection."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Origin, Subprotocol

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import Role, RunState
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import utc_now
from graphql_api.doors import websocket
from tests.api.client import PATIENCE, Client, Json, Socket
from tests.api.conftest import OPERATOR, Door, Place
from tests.api.registry import a_registry, a_run

PROGRESS = "subscription($id: ID!, $after: Int! = 0) { runProgress(id: $id, after: $after) { sequence state } }"
RUNS = "subscription($p: String!) { runsProgress(project: $p) { sequence state run { id state } } }"


def url(door: Door, path: str = "/graphql") -> str:
    return str(door.http.base_url.copy_with(scheme="ws", path=path))


async def closed(socket: Socket) -> int | None:
    """The code with which the server closes the connection."""
    with suppress(ConnectionClosedError):
        async with asyncio.timeout(PATIENCE):
            async for _ in socket.raw:
                pass
    return socket.raw.close_code


async def test_queries_and_mutations_go_over_it_too(place: Place) -> None:
    async with place.viewer.socket() as socket:
        assert await socket.all_of("{ __typename }") == [{"__typename": "Query"}]


async def test_both_addresses_take_it_and_messages_are_text(place: Place) -> None:
    async with connect(url(place.door, "/api/v1/graphql"), subprotocols=[Subprotocol("graphql-transport-ws")]) as raw:
        await raw.send('{"type":"connection_init"}')

        assert await raw.recv() == '{"type":"connection_ack"}'


async def test_a_token_may_come_with_the_handshake(place: Place) -> None:
    headers = {"authorization": f"Bearer {place.viewer.token}"}
    async with place.nobody.raw_socket(additional_headers=headers) as raw:
        socket = Socket(raw)
        await socket.send({"type": "connection_init"})
        await socket.receive()

        assert await socket.all_of("{ viewer { name } }") == [{"viewer": {"name": "someone"}}]


@pytest.mark.parametrize("authorization", ["Bearer jfs_unknown", "nonsense", ""])
async def test_a_token_that_does_not_count_closes_the_connection(door: Door, authorization: str) -> None:
    async with Client(door.http).raw_socket() as raw:
        socket = Socket(raw)
        await socket.send({"type": "connection_init", "payload": {"Authorization": authorization}})

        assert await closed(socket) == 4403


async def test_nobody_is_let_in_and_refused_each_operation(place: Place) -> None:
    async with place.nobody.socket() as socket:
        message = await socket.outcome(RUNS, p=place.name)

    assert message["type"] == "error"
    assert [error["extensions"]["code"] for error in message["payload"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("protocols", [[], [Subprotocol("graphql-ws")]])
async def test_no_other_protocol_is_spoken(door: Door, protocols: list[Subprotocol]) -> None:
    async with connect(url(door), subprotocols=protocols or None) as raw:
        assert await closed(Socket(raw)) == 4406


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
async def test_pages_of_strangers_are_refused(door: Door, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url(door), origin=Origin(origin), subprotocols=[Subprotocol("graphql-transport-ws")]):
            pass

    assert refused.value.response.status_code == 403


async def test_our_own_pages_are_let_in(place: Place) -> None:
    origin = Origin(str(place.door.http.base_url).rstrip("/"))
    async with place.viewer.raw_socket(origin=origin) as raw:
        await raw.send('{"type":"connection_init"}')

        assert await raw.recv() == '{"type":"connection_ack"}'


async def test_who_does_not_introduce_themselves_is_shut_out(open_door: Door) -> None:
    async with Client(open_door.http).raw_socket() as raw:
        assert await closed(Socket(raw)) == 4408


async def test_an_operation_before_the_introduction_is_4401(door: Door) -> None:
    async with Client(door.http).raw_socket() as raw:
        socket = Socket(raw)
        await socket.subscribe("{ __typename }")

        assert await closed(socket) == 4401


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "5", '{"type":1}', '{"type":"nothing"}', '{"type":"complete","id":5}'),
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":1,"payload":{"query":"{a}"}}',
        '{"type":"subscribe","id":"1","payload":{"query":1}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}',
    ],
)
async def test_what_is_no_message_closes_the_connection(place: Place, text: str) -> None:
    async with place.viewer.socket() as socket:
        await socket.raw.send(text)

        assert await closed(socket) == 4400


@pytest.mark.parametrize("query", ["{", "{ nothing }", "subscription { nothing }", "{ a" * 50 + " }" * 50])
async def test_a_refused_document_leaves_the_connection(place: Place, query: str) -> None:
    async with place.viewer.socket() as socket:
        assert (await socket.outcome(query))["type"] == "error"
        assert await socket.all_of("{ __typename }") == [{"__typename": "Query"}]


@pytest.mark.parametrize("id", ["x", global_id("Materialization", "a" * 24), global_id("Entity", "a" * 24)])
async def test_a_subscription_that_refuses_errors_before_its_first_event(place: Place, id: str) -> None:
    async with place.viewer.socket() as socket:
        message = await socket.outcome(PROGRESS, id=id)

    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "NOT_FOUND")


async def test_a_sequence_that_is_yet_to_come_is_refused(place: Place) -> None:
    run = (await a_registry(place.project)).run
    async with place.viewer.socket() as socket:
        message = await socket.outcome(PROGRESS, id=global_id("Materialization", run.id), after=2)

    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "INVALID_INPUT")


async def told(run: MaterializationDocument, state: RunState, sequence: int) -> None:
    """As whoever moves the run writes it: state and event together."""
    event = run.progress.model_copy(update={"sequence": sequence, "state": state, "at": utc_now()})
    await collection_of(MaterializationDocument).update_one(
        {"_id": run.id}, {"$set": {"state": state, "sequence": sequence, "tail": [event.model_dump()]}}
    )


async def test_a_run_is_followed_to_its_terminal_event(place: Place) -> None:
    run = (await a_registry(place.project)).run
    async with place.viewer.socket() as socket:
        await socket.subscribe(PROGRESS, id=global_id("Materialization", run.id))
        heard: list[Json] = [(await socket.receive())["payload"]["data"]["runProgress"]]
        for sequence, state in ((2, RunState.RUNNING), (3, RunState.SUCCEEDED)):
            await told(run, state, sequence)
            heard.append((await socket.receive())["payload"]["data"]["runProgress"])

        assert heard == [
            {"sequence": 1, "state": "QUEUED"},
            {"sequence": 2, "state": "RUNNING"},
            {"sequence": 3, "state": "SUCCEEDED"},
        ]
        assert (await socket.receive())["type"] == "complete"


async def test_runs_of_a_project_are_followed_each_event_with_the_run_of_its_moment(place: Place) -> None:
    held = await a_registry(place.project)
    async with place.viewer.socket() as socket:
        await socket.subscribe(RUNS, p=place.name)
        first = (await socket.receive())["payload"]["data"]["runsProgress"]
        await told(held.run, RunState.CANCELLED, 2)
        second = (await socket.receive())["payload"]["data"]["runsProgress"]
        new = await a_run(held.version).insert()
        third = (await socket.receive())["payload"]["data"]["runsProgress"]

    own, other = (global_id("Materialization", run.id) for run in (held.run, new))
    assert [first, second, third] == [
        {"sequence": 1, "state": "QUEUED", "run": {"id": own, "state": "QUEUED"}},
        {"sequence": 2, "state": "CANCELLED", "run": {"id": own, "state": "CANCELLED"}},
        {"sequence": 1, "state": "QUEUED", "run": {"id": other, "state": "QUEUED"}},
    ]


async def test_a_connection_ends_with_its_token(place: Place) -> None:
    await a_registry(place.project)
    service = place.door.runtime.services.tokens
    issued = await service.create(OPERATOR, "gone", roles={place.name: Role.VIEWER})
    async with Client(place.door.http, issued.secret).socket() as socket:
        await socket.subscribe(RUNS, p=place.name)
        await socket.receive()
        await service.revoke(OPERATOR, str(issued.token.id))

        assert await closed(socket) == 4403
        assert socket.raw.close_reason == "The API token has expired or was revoked."


async def test_a_connection_ends_with_a_token_that_another_process_revokes(place: Place) -> None:
    issued = await place.door.runtime.services.tokens.create(OPERATOR, "gone", roles={place.name: Role.VIEWER})
    async with Client(place.door.http, issued.secret).socket() as socket:
        await place.door.runtime.database["tokens"].update_one(
            {"_id": issued.token.id}, {"$set": {"revoked_at": utc_now()}}
        )

        assert await closed(socket) == 4403


async def test_a_connection_ends_when_its_token_expires(place: Place) -> None:
    soon = utc_now() + timedelta(seconds=2)
    issued = await place.door.runtime.services.tokens.create(
        OPERATOR, "short", roles={place.name: Role.VIEWER}, expires_at=soon
    )
    async with Client(place.door.http, issued.secret).socket() as socket:
        assert await closed(socket) == 4403


async def test_one_connection_follows_a_bounded_number_of_operations(place: Place) -> None:
    await a_registry(place.project)
    async with place.viewer.socket() as socket:
        for _ in range(websocket.OPERATIONS_A_CONNECTION):
            assert (await socket.outcome(RUNS, p=place.name))["type"] == "next"
        message = await socket.outcome(RUNS, p=place.name)

    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "LIMIT_EXCEEDED")


async def test_a_client_that_is_done_is_told_nothing_more(place: Place) -> None:
    held = await a_registry(place.project)
    async with place.viewer.socket() as socket:
        operation = await socket.subscribe(RUNS, p=place.name)
        await socket.receive()
        await socket.send({"id": operation, "type": "complete"})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        await told(held.run, RunState.RUNNING, 2)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.7):
                await socket.receive()


async def test_whole_numbers_are_exact_here_too(place: Place) -> None:
    query = 'query($v: JSON!) { onlineFeatures(entities: $v, features: ["x"], project: "' + place.name + '") { rows } }'
    async with place.viewer.socket() as socket:
        await socket.raw.send(
            msgspec.json.encode(
                {"id": "1", "type": "subscribe", "payload": {"query": query, "variables": {"v": {"x": [2**63 - 1]}}}}
            ).decode()
        )
        assert (await socket.receive())["payload"]["errors"][0]["extensions"]["code"] in ("INVALID_INPUT", "NOT_FOUND")

"""What the commands send, and whom they blame where they cannot."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from graphql_api.doors.cli.client import Api, Refused
from graphql_api.settings import AuthMode
from tests.api.conftest import Door, served
from tests.conftest import clean_place
from tests.servers import RunningServers

PLAN = "query($x: JSON!) { plan(definitions: [{kind: ENTITY, spec: $x}]) { __typename } }"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
async def door(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    with clean_place(servers, tmp_path_factory.mktemp("doors")) as settings:
        async with served(settings.model_copy(update={"auth": AuthMode.NONE})) as door:
            yield door


@pytest.mark.parametrize("url", ["garbage", "ftp://x", "http://", "127.0.0.1:8000", "http://a:port", ""])
def test_a_place_that_is_none_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Refused) as refused:
        Api(url)

    assert refused.value.message == (
        f"{url!r} is no place of a server: write http://host:port, as in http://127.0.0.1:8000."
    )


@pytest.mark.parametrize("token", ["ü", "jfs_a b", "jfs_a\nX: y", ""])
def test_a_token_that_is_none_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(Refused) as refused:
        Api(NOWHERE, token)

    assert refused.value.message == ("That is no API token: one is ASCII text without spaces that begins with jfs_.")


@pytest.mark.parametrize("value", [float("inf"), "\ud800"])
async def test_what_is_not_json_is_not_blamed_on_the_server(value: object) -> None:
    async with Api(NOWHERE) as api:
        with pytest.raises(Refused, match="This cannot be sent as JSON"):
            await api.ask(PLAN, x={"name": value})


async def test_a_request_that_is_too_large_is_told_so(door: Door) -> None:
    async with Api(str(door.http.base_url)) as api:
        with pytest.raises(Refused, match="The body is larger than 4000000 bytes"):
            await api.ask(PLAN, x={"name": "x" * 5_000_000})


async def test_a_server_that_hangs_up_on_a_large_request_is_not_thought_to_be_away() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Api(f"http://127.0.0.1:{port}") as api:
            with pytest.raises(Refused, match="a server takes 4,000,000, unless its MAX_BODY_BYTES says more"):
                await api.ask(PLAN, x={"name": "x" * 5_000_000})


@pytest.mark.parametrize("body", [b"[1]", b"{}", b"<html>"])
async def test_another_server_is_told_from_this_api(body: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Api(f"http://127.0.0.1:{port}") as api:
            with pytest.raises(Refused, match="answered, but not as this API does"):
                await api.ask("{ __typename }")

"""Files come in whole or not at all, from who was given a link, and are what sources and spines may name."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

from graphql_api.documents.uploads import UploadDocument
from graphql_api.domain.enums import Role
from graphql_api.domain.global_ids import parse_as
from graphql_api.domain.times import rfc3339, to_micros, utc_now
from graphql_api.domain.uploads import USABLE_FOR
from graphql_api.services.uploads import path_of
from tests.api.client import Client, Json
from tests.api.conftest import NEIGHBOUR, OPERATOR, Door, Place
from tests.api.processes import another_process
from tests.api.test_whole_path import APPLY, FOLLOW, PLAN, definitions, started, working
from tests.api.uploading import CREATE, address, offered, parquet, told, uploaded

MEGABYTE = 1 << 20


async def document(payload: Json) -> UploadDocument:
    found = await UploadDocument.get(parse_as("Upload", payload["id"]))
    assert found is not None
    return found


async def stored(door: Door, payload: Json) -> list[str]:
    """What lies in the store for an upload."""
    prefix = (await document(payload)).key.rpartition("/")[0]
    return [found.key for found in await door.runtime.objects.page(f"{prefix}/")]


async def pieces(content: bytes, size: int = 300_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def test_a_file_is_sent_to_an_address_of_this_server_and_lies_there_whole(place: Place) -> None:
    content = hashlib.shake_256(b"x").digest(20 * MEGABYTE)
    before = to_micros(utc_now())
    payload = await offered(place.editor, place.name, "Flüge *2025*.parquet")

    response = await place.door.http.put(payload["uploadUrl"], content=pieces(content))

    assert (response.status_code, response.content) == (204, b"")
    assert payload["uploadUrl"].startswith(str(place.door.http.base_url).rstrip("/") + "/uploads/")
    held = await document(payload)
    assert payload["uri"] == held.uri
    assert "*" not in held.uri
    assert before < to_micros(held.created_at + timedelta(minutes=15)) - 899_000_000
    assert payload["expiresAt"][:19] == rfc3339(to_micros(held.created_at + timedelta(minutes=15)))[:19]
    assert (held.size, held.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    path = place.door.settings.data_dir / "fetched"
    await place.door.runtime.objects.fetch(held.uri, path)
    assert path.read_bytes() == content


async def test_a_link_that_was_changed_or_has_expired_or_whose_token_is_gone_counts_for_nothing(place: Place) -> None:
    http, links = place.door.http, place.door.runtime.services.links
    issued = await place.door.runtime.services.tokens.create(OPERATOR, "short", roles={place.name: Role.EDITOR})
    viewer = await place.door.runtime.services.tokens.viewer_of(issued.secret)
    payload, other = await offered(place.editor, place.name), await offered(place.editor, place.name)
    path = address(payload).path
    query = address(payload).query
    expired = links.given(viewer, path, method="PUT", seconds=-2)
    for_reading = links.given(viewer, path, method="GET", seconds=60)
    revoked = links.given(viewer, path, method="PUT", seconds=60)
    await place.door.runtime.services.tokens.revoke(OPERATOR, str(issued.token.id))

    answers = [
        told(await http.put(url, content=b"PAR1"))
        for url in (
            path,
            f"{path}?{query}x",
            f"{path}?{query.replace('expires=', 'expires=9')}",
            f"{address(other).path}?{query}",
            for_reading,
            expired,
            revoked,
            "/uploads/nothing?signature=x",
        )
    ]

    assert answers == [(403, "FORBIDDEN")] * 5 + [(410, "EXPIRED"), (401, "UNAUTHENTICATED"), (404, "NOT_FOUND")]
    assert (await document(payload)).stored_at is None


async def test_a_link_that_was_given_while_everyone_was_let_in_counts_for_nothing_where_tokens_are_asked_for(
    place: Place, open_door: Door
) -> None:
    payload = await offered(Client(open_door.http), place.name)
    target = address(payload)
    url = f"{target.path}?{target.query}"

    refused = await place.door.http.put(url, content=b"PAR1")
    taken = await open_door.http.put(url, content=b"PAR1")

    assert told(refused) == (401, "UNAUTHENTICATED")
    assert "with an API token" in refused.json()["message"]
    assert taken.status_code == 204


async def test_a_file_that_is_too_large_is_refused_announced_or_not_and_leaves_nothing(place: Place) -> None:
    payload = await offered(place.editor, place.name)
    target = address(payload)
    url, large = f"{target.path}?{target.query}", bytes(MEGABYTE + 1)

    async with another_process(place.door.settings, MAX_UPLOAD_BYTES=str(MEGABYTE)) as narrow:
        refused = [await narrow.put(url, content=large), await narrow.put(url, content=pieces(large))]
        left = await stored(place.door, payload)
        fits = await narrow.put(url, content=pieces(large[1:]))

    assert [told(one) for one in refused] == [(413, "LIMIT_EXCEEDED")] * 2
    assert "1,048,576 bytes" in refused[0].json()["message"]
    assert (left, fits.status_code) == ([], 204)


async def test_a_file_that_is_cut_off_leaves_nothing_and_may_be_sent_again(place: Place) -> None:
    payload = await offered(place.editor, place.name)
    target = address(payload)

    def cut_off() -> None:
        with socket.create_connection((target.hostname or "", target.port or 80)) as connection:
            head = f"PUT {target.path}?{target.query} HTTP/1.1\r\nHost: {target.netloc}\r\n"
            connection.sendall(f"{head}Content-Length: {30 * MEGABYTE}\r\n\r\n".encode())
            for _ in range(20):
                connection.sendall(bytes(MEGABYTE))

    await asyncio.to_thread(cut_off)
    async with asyncio.timeout(20):
        while (await document(payload)).receiver is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    assert await stored(place.door, payload) == []
    assert (await document(payload)).stored_at is None
    assert (await place.door.http.put(payload["uploadUrl"], content=b"PAR1")).status_code == 204
    assert len(await stored(place.door, payload)) == 1


async def test_a_file_is_received_once(place: Place) -> None:
    payload = await offered(place.editor, place.name)
    going_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"PAR1"
        await going_on.wait()
        yield b"first"

    first = asyncio.create_task(place.door.http.put(payload["uploadUrl"], content=slow()))
    async with asyncio.timeout(10):
        while (await document(payload)).receiver is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    beside = await place.door.http.put(payload["uploadUrl"], content=b"second")
    going_on.set()
    after = [await first, await place.door.http.put(payload["uploadUrl"], content=b"third")]

    assert (told(beside), after[0].status_code, told(after[1])) == ((409, "CONFLICT"), 204, (409, "CONFLICT"))
    assert (await document(payload)).sha256 == hashlib.sha256(b"PAR1first").hexdigest()


async def test_what_is_no_file_is_refused_with_the_place_and_a_remedy(place: Place) -> None:
    async def refused(name: str, content_type: str) -> list[Json]:
        answer = (await place.editor.ask(CREATE, p=place.name, name=name, type=content_type))["createUpload"]
        assert answer["code"] == "INVALID_INPUT"
        return answer["problems"]

    both = await refused("../etc/passwd", "image/png")
    assert [(problem["path"], problem["hint"]) for problem in both] == [
        ("input.fileName", "send the name alone, such as flights.parquet"),
        ("input.contentType", "send one of application/vnd.apache.parquet, text/csv"),
    ]
    for name in ("", "..", "a\nb", "x" * 201):
        assert [problem["path"] for problem in await refused(name, "text/csv")] == ["input.fileName"]

    payload = await offered(place.editor, place.name, "spine.csv", type="text/csv; charset=utf-8")
    put = place.door.http.put
    wrong = await put(payload["uploadUrl"], content=b"PAR1", headers={"content-type": "application/vnd.apache.parquet"})
    packed = await put(payload["uploadUrl"], content=b"x", headers={"content-encoding": "gzip"})
    empty = await put(payload["uploadUrl"], content=b"")
    wrong_method = await place.door.http.post(payload["uploadUrl"], content=b"a,b")
    right = await put(payload["uploadUrl"], content=b"a,b\n", headers={"content-type": "text/csv;charset=utf-8"})

    assert [told(one) for one in (wrong, packed, empty)] == [(400, "INVALID_INPUT")] * 3
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "PUT")
    assert right.status_code == 204


async def test_pages_of_neighbours_may_send_files_and_those_of_strangers_may_not(place: Place, open_door: Door) -> None:
    payload = await offered(place.editor, place.name)
    target = address(payload)
    url = f"{target.path}?{target.query}"

    preflight = await open_door.http.options(url, headers={"origin": NEIGHBOUR, "access-control-request-method": "PUT"})
    foreign = await open_door.http.put(url, content=b"PAR1", headers={"origin": "https://evil.example"})
    misnamed = await open_door.http.put(url, content=b"PAR1", headers={"host": "evil.example"})
    sent = await open_door.http.put(url, content=b"PAR1", headers={"origin": NEIGHBOUR})

    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert (foreign.status_code, misnamed.status_code, sent.status_code) == (403, 421, 204)
    assert sent.headers["access-control-allow-origin"] == NEIGHBOUR


async def test_a_data_source_may_name_an_upload_and_its_view_is_computed_from_it(place: Place) -> None:
    event = to_micros(utc_now()) - 3_600_000_000
    rows = f"SELECT tail, make_timestamptz({event}) AS seen_at, 7::BIGINT AS seen FROM (VALUES ('N1')) AS t(tail)"
    payload = await uploaded(place.editor, place.name, parquet(place.door.settings.data_dir, rows))
    given = definitions(payload["uri"])

    applied = (await place.editor.ask(APPLY, d=given, p=place.name))["apply"]
    assert applied["__typename"] == "ApplyPayload", applied
    async with working(place.door), place.editor.socket() as following:
        run = await started(place.editor, place.name)
        last = [one["runProgress"] for one in await following.all_of(FOLLOW, id=run)][-1]

    assert (last["state"], last["rowsWritten"]) == ("SUCCEEDED", 1)


async def test_what_a_source_may_not_name_of_our_own_bucket_is_refused(place: Place) -> None:
    bucket = place.door.settings.s3_bucket
    foreign = await uploaded(place.editor, place.name, b"PAR1")
    waiting = await offered(place.editor, place.name)
    csv = await uploaded(place.editor, place.name, b"tail,seen\n", "a.csv", type="text/csv")
    old = await uploaded(place.editor, place.name, b"PAR1")
    long_ago = utc_now() - USABLE_FOR - timedelta(seconds=1)
    await (await document(old)).set({"created_at": long_ago})
    elsewhere = await place.door.project()
    stranger = await place.door.client(**{elsewhere.name: Role.EDITOR})

    async def problem(client: Json, project: str, uri: str) -> tuple[str, str]:
        plan = (await client.ask(PLAN, d=definitions(uri), p=project))["plan"]
        assert plan["__typename"] == "InvalidInput", plan
        (first, *_) = plan["problems"]
        return first["path"], first["message"]

    found = {
        uri: await problem(place.editor, place.name, uri)
        for uri in (
            f"s3://{bucket}/uploads/**",
            f"s3://{bucket}/data/**",
            waiting["uri"],
            old["uri"],
            csv["uri"],
        )
    }
    found["another project's"] = await problem(stranger, elsewhere.name, foreign["uri"])

    assert {path for path, _ in found.values()} == {"definitions[1].files"}
    assert [message.replace(bucket, "ours") for _, message in found.values()] == [
        "s3://ours/uploads/** is not an upload of this project.",
        "s3://ours/data/** is not an upload of this project.",
        "Nothing has been sent for the upload of 'file.parquet' yet.",
        "The upload of 'file.parquet' is older than a day, and no data source names it.",
        f"{csv['uri']} cannot be read as a Parquet file.".replace(bucket, "ours"),
        f"{foreign['uri']} is not an upload of this project.".replace(bucket, "ours"),
    ]
    assert path_of((await document(foreign)).id) in foreign["uploadUrl"]

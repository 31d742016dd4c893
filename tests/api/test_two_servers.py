"""Two processes on one database: what is changed through one is served, and refused, by the other."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from socket import socket

import httpx
import pytest

from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.raw import collection_of
from graphql_api.domain.packing import packed_key
from graphql_api.domain.times import now_micros
from graphql_api.settings import Settings
from tests.api.client import Client, Json
from tests.api.conftest import Place
from tests.api.registry import FEATURES, a_registry
from tests.factories import HOUR, NOON, a_copy, a_row, a_version

PATIENCE = 30.0
LOOK_UP = """query($p: String!) { onlineFeatures(
  entities: {tailnum: ["N1"]}, features: ["aircraft_delays:flights_7d"], project: $p) { rows views }
}"""
PUBLISH = """mutation($p: String!, $r: String!) { publishVersion(reference: $r, project: $p) {
  __typename ... on Error { message }
} }"""


@asynccontextmanager
async def another_process(settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "MONGODB_URL": settings.mongodb_url or "",
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url or "",
        "S3_ENDPOINT_URL": settings.s3_endpoint_url or "",
        "S3_ACCESS_KEY_ID": settings.s3_access_key_id,
        "S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key.get_secret_value(),
        "S3_BUCKET": settings.s3_bucket,
        "DATA_DIR": str(settings.data_dir),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "graphql_api.doors.processes.api", env=environment
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            await _ready(http)
            yield http
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def _ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)


async def lag(client: Client, wanted: Json, **asked: str) -> float:
    """Seconds until the answer is the wanted one."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while await client.ask(LOOK_UP, **asked) != wanted:
            pass
    return time.monotonic() - began


async def test_what_one_process_publishes_the_other_serves(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    held = await a_registry(place.project)
    second = a_version(held.view, 2, entities=[held.entity], features=FEATURES)
    await second.insert()
    await a_copy(second).insert()
    covered = [RangePart(start=NOON - HOUR, end=NOON).model_dump()]
    await collection_of(DataCopyDocument).update_many({"view_id": held.view.id}, {"$set": {"covered_online": covered}})
    for version, flights in ((held.version, 1), (second, 2)):
        row = (packed_key(version.data_id, ("N1",)), a_row(0.5, flights, event=now_micros()))
        await place.door.runtime.online.write(version.data_id, 1, 1, [row])

    def answer(flights: int, reference: str) -> Json:
        return {"onlineFeatures": {"rows": [[flights]], "views": [reference]}}

    async with another_process(place.door.settings) as http:
        other = Client(http, place.viewer.token)
        assert await other.ask(LOOK_UP, p=place.name) == answer(1, "aircraft_delays@1")
        lags: list[float] = []
        for number in (2, 1, 2):
            reference = f"aircraft_delays@{number}"
            done = (await place.editor.ask(PUBLISH, p=place.name, r=reference))["publishVersion"]
            assert done == {"__typename": "VersionPayload"}
            lags.append(await lag(other, answer(number, reference), p=place.name))

    with capsys.disabled():
        print(f"\nserved by another process after {', '.join(f'{one * 1000:.0f} ms' for one in lags)}")

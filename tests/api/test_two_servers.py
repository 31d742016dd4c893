"""Two processes on one database: what is changed through one is served, and refused, by the other."""

import asyncio
import time

import pytest

from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.raw import collection_of
from graphql_api.domain.packing import packed_key
from graphql_api.domain.times import now_micros
from tests.api.client import Client, Json
from tests.api.conftest import Place
from tests.api.processes import another_process
from tests.api.registry import FEATURES, a_registry
from tests.factories import HOUR, NOON, a_copy, a_row, a_version

PATIENCE = 30.0
LOOK_UP = """query($p: String!) { onlineFeatures(
  entities: {tailnum: ["N1"]}, features: ["aircraft_delays:flights_7d"], project: $p) { rows views }
}"""
PUBLISH = """mutation($p: String!, $r: String!) { publishVersion(reference: $r, project: $p) {
  __typename ... on Error { message }
} }"""


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

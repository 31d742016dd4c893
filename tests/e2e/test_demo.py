"""The demo as `jfs dev` brings it: its answers are what pandas makes of the same data, and GraphiQL's tabs work."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from graphql_api.embedded import bound
from graphql_api.examples.dataset import yesterday
from graphql_api.examples.operation_files import operations
from tests.e2e.test_dev import a_port, serves
from tests.examples.oracle import ROUTE_DELAYS, Answer, Moments, answered, expected_online, route_delays
from tests.examples.requests import flights_to_ask

MINUTES = 10
EXAMPLES = {operation.name: operation for operation in operations()}
PROTOCOL = Subprotocol("graphql-transport-ws")
READY = 'query { featureView(name: "route_delays") { currentVersion { number } } }'
LAST_RUN = """query ($reference: String!) {
  featureViewVersion(reference: $reference) {
    latestMaterialization { state end progress { rowsQuarantined rowsRejected } }
  }
}"""


@dataclass(frozen=True)
class Demo:
    address: str
    moments: Moments

    def ask(self, document: str, **variables: object) -> dict[str, Any]:
        answer = httpx.post(
            f"http://{self.address}/graphql", json={"query": document, "variables": variables}, timeout=60
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def last_run(self, reference: str) -> dict[str, Any]:
        return self.ask(LAST_RUN, reference=reference)["featureViewVersion"]["latestMaterialization"]

    def online(self, **lookup: object) -> list[Answer]:
        document = """query ($entities: JSON!, $featureService: String, $features: [String!]) {
          onlineFeatures(entities: $entities, featureService: $featureService, features: $features) {
            features rows statuses
          }
        }"""
        found = self.ask(document, **lookup)["onlineFeatures"]
        return [
            dict(zip(found["features"], zip(values, statuses, strict=True), strict=True))
            for values, statuses in zip(found["rows"], found["statuses"], strict=True)
        ]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """Started once, from nothing; it is there when the last step's version is current."""
    folder = tmp_path_factory.mktemp("demo")
    port = a_port(folder)
    given = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    started = datetime.now(UTC)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            bound.command(sys.executable, "-m", "graphql_api", "dev"),
            env=given | {"DATA_DIR": str(folder / "data"), "PORT": str(port), "AUTH": "none"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    with process:
        try:
            until = started + timedelta(minutes=MINUTES)
            brought = Demo(f"127.0.0.1:{port}", Moments(yesterday(started), until, until))
            while not (serves(port) and has_both_steps(brought)):
                assert process.poll() is None, (folder / "log").read_text()
                assert datetime.now(UTC) < until, (folder / "log").read_text()
                time.sleep(0.5)
            covered = datetime.fromisoformat(brought.last_run("aircraft_delays@1")["end"]) + timedelta(hours=1)
            yield Demo(brought.address, Moments(yesterday(started), covered, datetime.now(UTC)))
        finally:
            process.terminate()


def has_both_steps(demo: Demo) -> bool:
    view = demo.ask(READY)["featureView"]
    return view is not None and view["currentVersion"] == {"number": 2}


def columns(requests: list[dict[str, str]]) -> dict[str, list[str]]:
    return {name: [request[name] for request in requests] for name in requests[0]}


def about(expected: Answer) -> Answer:
    return {
        name: (None if value is None else pytest.approx(value, rel=1e-9), was)
        for name, (value, was) in expected.items()
    }


def test_200_planes_are_answered_as_pandas_does(demo: Demo) -> None:
    requests = flights_to_ask(demo.moments.end)

    answers = demo.online(featureService="delay_model", entities=columns(requests))

    assert answers == [about(expected) for expected in expected_online(requests, demo.moments)]


def test_a_reference_asks_for_the_current_version_or_for_the_one_that_it_names(demo: Demo) -> None:
    requests = flights_to_ask(demo.moments.end)
    routes = [{"origin": request["origin"], "dest": request["dest"]} for request in requests]

    for view, days in (("route_delays", 28), ("route_delays@1", 7)):
        answers = demo.online(features=[f"{view}:{name}" for name in ROUTE_DELAYS], entities=columns(routes))

        found = [route_delays(**route, moments=demo.moments, days=days) for route in routes]
        expected = [answered(row, ROUTE_DELAYS, timedelta(days=60), demo.moments.now) for row in found]
        assert answers == [{f"{view}:{name}": pair for name, pair in about(row).items()} for row in expected]


@pytest.mark.parametrize(
    ("reference", "quarantined", "rejected"),
    [
        ("aircraft_delays@1", 364, 8_255),
        ("route_delays@1", 0, 8_255),
        ("route_delays@2", 0, 8_255),
        ("carrier_delays@1", 0, 8_255),
        ("airport_weather@1", 1, 0),
        ("aircraft_profile@1", 40, 0),
    ],
)
def test_real_rows_are_kept_out(demo: Demo, reference: str, quarantined: int, rejected: int) -> None:
    run = demo.last_run(reference)

    assert (run["state"], run["progress"]) == (
        "SUCCEEDED",
        {"rowsQuarantined": quarantined, "rowsRejected": rejected},
    )


@pytest.mark.parametrize("name", ["online_features", "features_by_reference", "feature_views", "plan", "features_at"])
def test_a_tab_that_reads_works(demo: Demo, name: str) -> None:
    answer = demo.ask(EXAMPLES[name].document, **EXAMPLES[name].variables)

    assert "problems" not in json.dumps(answer)


def test_the_tabs_that_start_a_run_and_watch_it_work(demo: Demo) -> None:
    start = EXAMPLES["start_materialization"]
    with subscribed(demo, EXAMPLES["live_runs"].document, {}) as live:
        started = demo.ask(start.document, **start.variables)["startMaterialization"]["materialization"]
        seen = next(event["runsProgress"] for event in events(live))
        watch = EXAMPLES["run_progress"]
        with subscribed(demo, watch.document, {**watch.variables, "id": started["id"]}) as one:
            progress = [event["runProgress"] for event in events(one)]

    assert seen["run"]["id"] == started["id"]
    assert [event["sequence"] for event in progress] == list(range(1, len(progress) + 1))
    assert (progress[0]["state"], progress[-1]["state"]) == ("QUEUED", "SUCCEEDED")


def test_the_tab_that_asks_for_training_data_works(demo: Demo) -> None:
    create = EXAMPLES["training_dataset"]
    made = demo.ask(create.document, **create.variables)["createTrainingDataset"]["trainingDataset"]
    watch = EXAMPLES["run_progress"]
    with subscribed(demo, watch.document, {**watch.variables, "id": made["id"]}) as one:
        progress = [event["runProgress"] for event in events(one)]

    assert (made["name"], made["version"]) == ("late_departures", 1)
    assert (progress[-1]["state"], progress[-1]["rowsWritten"]) == ("SUCCEEDED", 336_776)


@contextmanager
def subscribed(demo: Demo, document: str, variables: Mapping[str, object]) -> Generator[ClientConnection]:
    with connect(f"ws://{demo.address}/graphql", subprotocols=[PROTOCOL]) as socket:
        socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(socket.recv(timeout=60))["type"] == "connection_ack"
        payload = {"query": document, "variables": variables}
        socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        yield socket


def events(socket: ClientConnection) -> Iterator[dict[str, Any]]:
    while (message := json.loads(socket.recv(timeout=60)))["type"] == "next":
        yield message["payload"]["data"]
    assert message["type"] == "complete"

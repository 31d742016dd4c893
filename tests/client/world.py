"""A month of the demo behind a real API, in processes of their own, as a client's program sees it."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

import duckdb
import httpx

from graphql_api.domain.times import utc_now
from graphql_api.embedded import bound
from graphql_api.examples.dataset import dataset, yesterday
from graphql_api.examples.steps import steps
from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore
from j_feature_store import FeatureStore
from tests.environments import environment_of

MONTH = 12
CARRIERS = "carrier IN ('UA', 'DL', 'B6')"
PATIENCE = 240.0
NEW_TOKEN = (
    "mutation($input: CreateTokenInput!) { createToken(input: $input) { ... on CreateTokenPayload { secret } } }"
)


@dataclass
class World:
    """Without a token everyone is an admin; with one, what it says counts."""

    settings: Settings
    environment: dict[str, str]
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, subprocess.Popen[bytes]])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def definitions(self) -> Path:
        """The demo's YAML files, where the data of this world lies."""
        return self.settings.data_dir / "definitions"

    def store(self, token: str | None = None) -> FeatureStore:
        return FeatureStore(self.url, token)

    def token(self, role: str) -> str:
        """A new one, with a role in the project of the demo."""
        asked = {"name": role, "roles": [{"project": "default", "role": role}]}
        with self.store() as store:
            return store.ask(NEW_TOKEN, input=asked)["createToken"]["secret"]

    def start(self, name: str) -> None:
        """`api` or `worker`."""
        self.processes[name] = subprocess.Popen(
            bound.command(sys.executable, "-m", f"graphql_api.doors.processes.{name}"), env=self.environment
        )

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.processes["api"].poll() is None, "the API has ended"
            assert time.monotonic() < deadline, "the API does not start"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def started(settings: Settings, *, chunk_rows: int = 500_000) -> Generator[World]:
    """The API and a worker run; nothing is in the registry."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    more = {"PORT": str(port), "AUTH": "none", "CHUNK_ROWS": str(chunk_rows), "LOG_LEVEL": "WARNING"}
    world = World(settings, environment_of(settings) | more, port)
    try:
        world.start("api")
        world.start("worker")
        world.until_ready()
        yield world
    finally:
        for name in list(world.processes):
            world.kill(name)


def bring_demo(world: World) -> None:
    """As one brings it by hand: data, then definitions, then the runs."""
    place = world.settings.source_places[0].rstrip("/")
    asyncio.run(_install(world.settings, place))
    world.definitions.mkdir()
    for path in steps()[0].glob("*.yaml"):
        (world.definitions / path.name).write_text(path.read_text().replace("s3://demo", place))
    with world.store() as store:
        for run in store.apply(world.definitions, materialize=True).materializations:
            store.wait(run)


async def _install(settings: Settings, place: str) -> None:
    async with ObjectStore.of(settings) as objects:
        await objects.ensure_bucket(place.removeprefix("s3://"))
        with dataset(yesterday(utc_now())) as data, TemporaryDirectory() as folder:
            tables = {
                "planes/planes": data.planes(),
                "weather/weather": data.weather().filter("observed_at > now() - INTERVAL 40 DAY"),
                "flights/december": data.flights(MONTH).filter(CARRIERS),
            }
            for name, table in tables.items():
                await objects.put_bytes(f"{place}/{name}.parquet", _parquet(table, Path(folder) / "table.parquet"))


def _parquet(table: duckdb.DuckDBPyRelation, path: Path) -> bytes:
    table.write_parquet(str(path), compression="zstd")
    return path.read_bytes()

"""A small registry with history and a correction, computed by a real worker; and spines to join it to."""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import httpx

from graphql_api.domain.global_ids import parse_as
from graphql_api.domain.times import now_micros, rfc3339
from graphql_api.runs.dataset_files import prefix_of
from tests.api.client import Client, Json
from tests.api.conftest import Door, Place
from tests.api.test_whole_path import APPLY, FOLLOW, started
from tests.api.uploading import parquet, uploaded
from tests.factories import DAY, HOUR
from tests.runs.processes import WorkerProcesses, worker_processes

MINUTE = 60_000_000
CREATE = """mutation($input: CreateTrainingDatasetInput!) {
  createTrainingDataset(input: $input) {
    __typename ... on Error { code message } ... on InvalidInput { problems { path message hint } }
    ... on TrainingDatasetPayload { trainingDataset { id name version state } }
  }
}"""
READ = """query($p: String!, $name: String!, $version: Int) {
  trainingDataset(project: $p, name: $name, version: $version) {
    id name version state attempts failure { code message hint } rows fingerprint knownBefore splitBy seed warnings
    features { name feature { reference } keys { joinKey requestColumn } } featureService { reference }
    columns { name dataType valueType } files { name split rows bytes sha256 downloadUrl } manifestUrl
    preview(first: 2) { columns { name valueType } rows }
    progress { sequence state phase fraction rowsRead rowsWritten rowsTotal bytesWritten message }
  }
}"""
DELETE = """mutation($p: String!, $name: String!, $version: Int!) {
  deleteTrainingDataset(project: $p, name: $name, version: $version) {
    __typename ... on Error { code message } ... on DeleteTrainingDatasetPayload { name version }
  }
}"""


@dataclass(frozen=True)
class Hangar:
    """`start`: of history. `counts` holds, of each plane, what was seen: known half an hour later, good for six hours;
    at two hours N1 was seen 20 times, which at five hours became known to be 21."""

    place: Place
    workers: WorkerProcesses
    start: int

    @property
    def editor(self) -> Client:
        return self.place.editor

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def folder(self) -> Path:
        return self.place.door.settings.data_dir

    def at(self, hours: float) -> int:
        return self.start + int(hours * HOUR)

    async def spine(self, rows: Sequence[tuple[str | None, float]], more: str = "") -> str:
        """Uploaded: a plane and a moment a row, in hours of history, with a label and a weight."""
        values = ", ".join(f"({'NULL' if tail is None else repr(tail)}, {self.at(hours)})" for tail, hours in rows)
        select = (
            "SELECT tail, make_timestamptz(moment) AS taken_at, 2::BIGINT AS weight, "
            f"(row_number() OVER ())::INTEGER AS label{more} "
            f"FROM (VALUES {values}) AS t(tail, moment)"
        )
        return (await uploaded(self.editor, self.name, parquet(self.folder, select)))["id"]

    def asked(self, name: str, upload: str, **more: Json) -> Json:
        spine = {"upload": upload, "eventTimestampColumn": "taken_at"}
        features = {} if "features" in more else {"featureService": "model"}
        return {"project": self.name, "name": name, "spine": spine, **features, **more}

    async def create(self, **asked: Json) -> Json:
        answer = (await self.editor.ask(CREATE, input=asked))["createTrainingDataset"]
        assert answer["__typename"] == "TrainingDatasetPayload", answer
        return answer["trainingDataset"]

    async def refused(self, **asked: Json) -> Json:
        answer = (await self.editor.ask(CREATE, input=asked))["createTrainingDataset"]
        assert "code" in answer, answer
        return answer

    async def built(self, **asked: Json) -> Json:
        """The data set, once it has ended, whatever that was."""
        made = await self.create(**asked)
        await self.followed(made["id"])
        return await self.read(made["name"], made["version"])

    async def followed(self, run: str) -> list[Json]:
        async with self.editor.socket() as socket:
            return [told["runProgress"] for told in await socket.all_of(FOLLOW, id=run)]

    async def read(self, name: str, version: int | None = None) -> Json:
        return (await self.editor.ask(READ, p=self.name, name=name, version=version))["trainingDataset"]

    async def rows(self, dataset: Json, columns: str = "*") -> list[tuple[Any, ...]]:
        """Of all its files, as they are downloaded, in their order."""
        found: list[tuple[Any, ...]] = []
        for file in dataset["files"]:
            path = self.folder / f"{file['sha256']}.parquet"
            path.write_bytes(await downloaded(self.editor.http, file))
            with duckdb.connect() as connection:
                connection.execute("SET TimeZone='UTC'")
                found += connection.execute(f"SELECT {columns} FROM '{path}'").fetchall()
        return found


async def downloaded(http: httpx.AsyncClient, file: Json) -> bytes:
    """By its address alone."""
    response = await http.get(file["downloadUrl"])
    assert response.status_code == 200, response.text
    assert len(response.content) == file["bytes"]
    assert hashlib.sha256(response.content).hexdigest() == file["sha256"]
    return response.content


@asynccontextmanager
async def opened(place: Place, *, lease_seconds: float = 2.0) -> AsyncGenerator[Hangar]:
    start = (now_micros() - 2 * DAY) // HOUR * HOUR
    files = await _sightings(place, start)
    applied = (await place.editor.ask(APPLY, d=_definitions(files), p=place.name))["apply"]
    assert applied["__typename"] == "ApplyPayload", applied
    async with worker_processes(place.door.settings, lease_seconds=lease_seconds) as workers:
        await workers.start()
        hangar = Hangar(place, workers, start)
        events = await hangar.followed(await started(place.editor, place.name))
        assert events[-1]["state"] == "SUCCEEDED", events[-1]
        yield hangar


async def _sightings(place: Place, start: int) -> str:
    seen = [("N1", 0, 0, "10"), ("N1", 2, 2, "20"), ("N1", 2, 5, "21"), ("N2", 1, 1, "NULL")]
    values = ", ".join(f"('{tail}', {start + at * HOUR}, {start + known * HOUR}, {n})" for tail, at, known, n in seen)
    content = parquet(
        place.door.settings.data_dir,
        "SELECT tail, make_timestamptz(moment) AS seen_at, make_timestamptz(known) AS known_at, n::BIGINT AS seen "
        f"FROM (VALUES {values}) AS t(tail, moment, known, n)",
    )
    return (await uploaded(place.editor, place.name, content))["uri"]


def _definitions(files: str) -> list[Json]:
    return [
        {"kind": "ENTITY", "spec": {"name": "plane", "joinKeys": [{"name": "tail", "type": "STRING"}]}},
        {
            "kind": "DATA_SOURCE",
            "spec": {
                "name": "sightings",
                "files": files,
                "eventTimestamp": "seen_at",
                "createdTimestamp": "known_at",
            },
        },
        {
            "kind": "FEATURE_VIEW",
            "spec": {
                "name": "counts",
                "entities": ["plane"],
                "ttl": "6h",
                "delay": "30m",
                "transformation": {
                    "sources": ["sightings"],
                    "sql": "SELECT tail, seen_at AS event_timestamp, known_at AS created_timestamp, seen "
                    "FROM sightings",
                },
                "features": [{"name": "seen", "type": "INT64"}],
            },
        },
        {
            "kind": "FEATURE_VIEW",
            "spec": {
                "name": "scaled",
                "transformation": {
                    "views": ["counts"],
                    "request": [{"name": "weight", "type": "INT64"}],
                    "expressions": [{"feature": "scaled_seen", "type": "INT64", "expression": "seen * weight"}],
                },
            },
        },
        {"kind": "FEATURE_SERVICE", "spec": {"name": "model", "features": ["counts", "scaled"]}},
    ]


def moment(micros: int) -> str:
    return rfc3339(micros)


async def keys(door: Door, run: str) -> list[str]:
    """Of the objects of a training data set."""
    return [found.key for found in await door.runtime.objects.page(prefix_of(parse_as("TrainingDataset", run)))]

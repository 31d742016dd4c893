"""Makes the kept data of a release, by its own program: `python -m tests.migrations.making COMMIT NAME`.

The commit is checked out in a folder of its own, gets its own environment, and runs on its own servers: the API and a
worker as processes, asked over HTTP as any client asks. What it leaves is read with the clients of today, which know
MongoDB, Redis and S3, and nothing of the release. See releases/README.md."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from pydantic import SecretStr
from pymongo import AsyncMongoClient

from graphql_api.embedded import bound
from graphql_api.embedded.ports import Ports
from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore
from tests.api.client import Client, Json
from tests.migrations import story
from tests.migrations.release import FOLDER, Release, contents_of, indexes_of
from tests.servers import RunningServers, redis_at

ROOT = Path(__file__).parents[2]
SECONDS = 60.0


class Program:
    """The release, installed."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.tree = tree
        self.folder = folder
        self.port = Ports(folder / "api-port.json").port_for("api")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.endswith("_URL")},
            "DATA_DIR": str(folder / "data"),
            "PORT": str(self.port),
            "SOURCE_PLACES": f"s3://{story.BUCKET}/",
            "LEASE_SECONDS": "2",
            "COLUMNS": "200",  # of the screen, for whole ids
        }

    def start(
        self, module: str, *arguments: str, pipe: bool = False, variables: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        command = bound.command(str(self.tree / ".venv" / "bin" / "python"), "-m", module, *arguments)
        output = subprocess.PIPE if pipe else None
        return subprocess.Popen(command, cwd=self.tree, env=self.environment | dict(variables or {}), stdout=output)

    def token(self, *arguments: str) -> str:
        process = self.start("graphql_api.doors.processes.tokens", *arguments, pipe=True)
        output, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        return output.decode().strip()

    @contextmanager
    def servers(self) -> Generator[RunningServers]:
        with self.start("graphql_api.embedded", pipe=True) as process:
            try:
                assert process.stdout
                yield msgspec.json.decode(process.stdout.readline(), type=RunningServers)
            finally:
                process.terminate()

    @asynccontextmanager
    async def api(self) -> AsyncGenerator[httpx.AsyncClient]:
        with self.start("graphql_api.doors.processes.api") as process:
            try:
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=30) as http:
                    await _until_ready(http)
                    yield http
            finally:
                process.terminate()

    @contextmanager
    def worker(self, **variables: str) -> Generator[subprocess.Popen[bytes]]:
        with self.start("graphql_api.doors.processes.worker", variables=variables) as process:
            try:
                yield process
            finally:
                process.kill()


@contextmanager
def installed(commit: str) -> Generator[Program]:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--detach", tree, commit], cwd=ROOT, check=True)
        try:
            subprocess.run(["uv", "sync", "--locked", "--quiet"], cwd=tree, check=True)
            yield Program(tree, Path(folder))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


async def made(program: Program, commit: str) -> Release:
    with program.servers() as servers:
        settings = Settings(
            mongodb_url=servers.mongodb_url,
            redis_url=servers.redis_url,
            s3_endpoint_url=servers.s3_endpoint_url,
            s3_access_key_id=servers.s3_access_key_id,
            s3_secret_access_key=SecretStr(servers.s3_secret_access_key),
            source_places=(f"s3://{story.BUCKET}/",),
        )
        sources = story.parquet(program.folder)
        async with ObjectStore.of(settings) as objects:
            await objects.ensure_bucket(story.BUCKET)
            for key in ("payments/1.parquet", "customers/1.parquet"):
                await objects.put_bytes(f"s3://{story.BUCKET}/{key}", sources[key])
            tokens = _tokens(program)
            async with program.api() as http, AsyncMongoClient[Any](servers.mongodb_url, tz_aware=True) as client:
                asked = Client(http, tokens["maker"])
                await _live(program, asked, objects, sources)
                answers = {name: await asked.ask(question) for name, question in story.QUESTIONS.items()}
                database = client["jfs"]
                mongodb, indexes = await contents_of(database), await indexes_of(database)
            own = {found.key: await _read(objects, found.key, program.folder) for found in await objects.page("")}
        return Release(commit, mongodb, indexes, _redis(servers), own, sources, tokens, answers)


def _tokens(program: Program) -> dict[str, str]:
    tokens = {
        "maker": program.token("create", "maker", "--role", "default=ADMIN"),
        "viewer": program.token("create", "viewer", "--role", "default=VIEWER", "--expires", "3650d"),
        "past": program.token("create", "past", "--everywhere", "ADMIN", "--expires", "1s"),
        "revoked": program.token("create", "revoked", "--everywhere", "EDITOR"),
    }
    listed = program.token("list").splitlines()
    (line,) = (line for line in listed if "revoked" in line)
    program.token("revoke", line.split()[0])
    return tokens


async def _live(program: Program, asked: Client, objects: ObjectStore, sources: dict[str, bytes]) -> None:
    await _apply(asked, story.FIRST)
    with program.worker(CHUNK_ROWS="20"):
        for reference, end in (("spend@1", "SUCCEEDED"), ("profile@1", "SUCCEEDED"), ("strict@1", "FAILED")):
            await _ended(asked, await _start(asked, reference), end)
        await objects.put_bytes(f"s3://{story.BUCKET}/payments/2.parquet", sources["payments/2.parquet"])
        again = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-10T00:00:00Z"}
        await _ended(asked, await _start(asked, "spend@1", idempotencyKey="correction", **again), "SUCCEEDED")
        await _apply(asked, story.SECOND)
        await _ended(asked, await _start(asked, "spend@2"), "SUCCEEDED")
        await _apply(asked, story.THIRD)
    await asked.ask(story.CANCEL, id=await _start(asked, "spend@1", **again))
    visits = await _start(asked, "visits@1")
    with program.worker(CHUNK_ROWS="4"):
        await _chunks(asked, visits, 3)
    await _start(asked, "profile@1")  # nobody takes it


async def _apply(asked: Client, text: str) -> None:
    done = (await asked.ask(story.APPLY, d=story.definitions(text)))["apply"]
    assert done["__typename"] == "ApplyPayload", done


async def _start(asked: Client, reference: str, **more: str) -> str:
    done = (await asked.ask(story.START, input={"reference": reference, **more}))["startMaterialization"]
    assert done["__typename"] == "MaterializationPayload", done
    return done["materialization"]["id"]


async def _ended(asked: Client, run: str, state: str) -> None:
    while True:
        progress = await _progress(asked, run)
        if progress["state"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            assert progress["state"] == state, progress
            return
        await asyncio.sleep(0.05)


async def _chunks(asked: Client, run: str, enough: int) -> None:
    """Return as soon as so many chunks are done; the run shall not have ended by then."""
    while (progress := await _progress(asked, run))["chunksDone"] < enough:
        assert progress["state"] in ("QUEUED", "RUNNING"), progress


async def _progress(asked: Client, run: str) -> Json:
    found = await asked.ask(
        "query($id: ID!) { materialization(id: $id) { progress { state chunksDone message } } }", id=run
    )
    return found["materialization"]["progress"]


async def _read(objects: ObjectStore, key: str, folder: Path) -> bytes:
    await objects.fetch(objects.uri(key), folder / "object")
    return (folder / "object").read_bytes()


def _redis(servers: RunningServers) -> dict[bytes, bytes]:
    with redis_at(servers.redis_url, decode_responses=False) as redis:
        return {key: redis.get(key) for key in sorted(redis.keys())}


async def _until_ready(http: httpx.AsyncClient) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if (await http.get("/readyz")).status_code == 200:
                return
        except httpx.HTTPError:
            assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


def main(commit: str, name: str) -> None:
    with installed(commit) as program:
        release = asyncio.run(made(program, commit))
    release.keep(FOLDER / f"{name}.json.gz")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What plans learn of real files in a real object store, and of SQL in a real sandbox."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from graphql_api.definitions.planning import make_plan
from graphql_api.definitions.questions import Refusal
from graphql_api.definitions.registry import Registry
from graphql_api.documents.base import ID, new_id
from graphql_api.engines.shapes import DescribeSql, FileColumn, Relation, SqlProblem
from graphql_api.errors import Unavailable
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.services.learning import Learned, Learning
from graphql_api.settings import Settings
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectStore
from tests.definitions.example import EXAMPLE
from tests.definitions.world import FLIGHTS as FLIGHTS_COLUMNS
from tests.definitions.world import PLANES as PLANES_COLUMNS
from tests.definitions.world import WEATHER as WEATHER_COLUMNS
from tests.definitions.world import definitions_of

FLIGHTS = Relation(
    "flights",
    [FileColumn("tailnum", "VARCHAR"), FileColumn("departed_at", "TIMESTAMP"), FileColumn("delay", "DOUBLE")],
    event_timestamp="departed_at",
)


@dataclass
class World:
    bucket: str
    folder: Path
    objects: ObjectStore
    learning: Learning
    answers: Learned

    async def put(self, name: str, select: str) -> None:
        """A Parquet file with the rows of a SELECT."""
        path = self.folder / "put.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        await self.objects.put_bytes(self.at(name), await asyncio.to_thread(path.read_bytes))

    def at(self, name: str) -> str:
        return f"s3://{self.bucket}/{name}"


async def nowhere(project_id: ID, uri: str) -> Refusal | None:
    """In our own bucket no source of these tests may lie."""
    return Refusal(f"{uri} is ours.", uri=uri)


@pytest.fixture
async def world(settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    bucket = settings.source_places[0].removeprefix("s3://").strip("/")
    async with ObjectStore.of(settings) as objects, SandboxPool(tmp_path / "sandbox", spares=0, most=2) as sandboxes:
        await objects.ensure_bucket(bucket)
        files = FileCache(objects, tmp_path / "cache", 10_000_000)
        learning = Learning(objects=objects, files=files, sandboxes=sandboxes, own_place=nowhere)
        async with learning.answers(new_id()) as answers:
            yield World(bucket, tmp_path, objects, learning, answers)


async def test_columns_come_from_the_footers_of_all_files(world: World) -> None:
    await world.put("f/a.parquet", "SELECT 1::INTEGER AS n, TIMESTAMP '2025-11-01' AS at")
    await world.put("f/b.parquet", "SELECT 1::BIGINT AS n, ['x'] AS words")
    await world.put("f/deeper/c.parquet", "SELECT true AS other, TIMESTAMPTZ '2025-11-01 00:00:00Z' AS zoned")

    assert await world.answers.columns([world.at("f/*.parquet")]) == [
        FileColumn("n", "BIGINT"),
        FileColumn("at", "TIMESTAMP"),
        FileColumn("words", "VARCHAR[]"),
    ]
    assert await world.answers.columns([world.at("f/**/*.parquet")]) == [
        FileColumn("n", "BIGINT"),
        FileColumn("at", "TIMESTAMP"),
        FileColumn("words", "VARCHAR[]"),
        FileColumn("other", "BOOLEAN"),
        FileColumn("zoned", "TIMESTAMP WITH TIME ZONE"),
    ]


async def test_files_that_disagree_are_both_named(world: World) -> None:
    await world.put("f/a.parquet", "SELECT 1::INTEGER AS n")
    await world.put("f/b.parquet", "SELECT 'x' AS n")

    assert await world.answers.columns([world.at("f/*.parquet")]) == Refusal(
        f"Column 'n' is INTEGER in {world.at('f/a.parquet')} and VARCHAR in {world.at('f/b.parquet')}.",
        "Write the files with one type, or split them into two sources.",
    )


async def test_a_pattern_without_a_match_is_refused(world: World) -> None:
    uri = world.at("none/*.parquet")

    assert await world.answers.place(uri) is None
    assert await world.answers.columns([uri]) == Refusal(
        f"No file matches {uri!r}.",
        "Upload a file there, or declare columns: [{name: …, type: …}], which then hold.",
        uri,
    )


@pytest.mark.parametrize("uri", ["s3://elsewhere/f/*.parquet", "file:///etc/passwd", "/etc/passwd", "s3://x"])
async def test_a_place_outside_the_allowed_ones_is_refused(world: World, uri: str) -> None:
    refusal = await world.answers.place(uri)

    assert refusal is not None
    assert refusal.uri == uri
    assert await world.answers.columns([uri]) == refusal


async def test_a_file_that_is_no_parquet_is_named(world: World) -> None:
    await world.objects.put_bytes(world.at("f/a.parquet"), b"name,age\nx,1\n")

    assert await world.answers.columns([world.at("f/*.parquet")]) == Refusal(
        f"{world.at('f/a.parquet')} cannot be read as a Parquet file.",
        "A source holds Parquet files and nothing else.",
    )


async def test_sql_is_typed_and_its_slips_are_placed(world: World) -> None:
    typed, slip, reach = await asyncio.gather(
        world.answers.sql("SELECT tailnum, max(delay) AS worst FROM flights GROUP BY 1", [FLIGHTS]),
        world.answers.sql("SELECT tailnum,\n  delai FROM flights", [FLIGHTS]),
        world.answers.sql("SELECT * FROM read_csv('/etc/passwd')", [FLIGHTS]),
    )

    assert typed == [FileColumn("tailnum", "VARCHAR"), FileColumn("worst", "DOUBLE")]
    assert isinstance(slip, SqlProblem)
    assert (slip.line, slip.column) == (2, 3)
    assert isinstance(reach, SqlProblem)


async def test_expressions_and_patterns_are_checked(world: World) -> None:
    expression = await world.answers.expression("delay > 15", FLIGHTS.columns)
    assert isinstance(expression, FileColumn)
    assert expression.data_type == "BOOLEAN"
    assert isinstance(await world.answers.expression("(SELECT 1)", FLIGHTS.columns), SqlProblem)
    assert isinstance(await world.answers.expression("CAST(NULL AS DECIMAL(9, 2))", FLIGHTS.columns), FileColumn)
    assert await world.answers.pattern("[A-Z]{2}\\d+") is None
    assert isinstance(await world.answers.pattern("(?=a)"), SqlProblem)


async def test_a_plan_holds_one_child_however_much_it_asks(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a pool of one, whoever held a second child, or one that was let go, would wait for ever."""
    bucket = settings.source_places[0].removeprefix("s3://").strip("/")
    async with (
        ObjectStore.of(settings) as objects,
        SandboxPool(tmp_path / "sandbox", spares=0, most=1, patience=20) as sandboxes,
    ):
        await objects.ensure_bucket(bucket)
        files = FileCache(objects, tmp_path / "cache", 10_000_000)
        learning = Learning(objects=objects, files=files, sandboxes=sandboxes, own_place=nowhere)
        async with learning.answers(new_id()) as answers:
            world = World(bucket, tmp_path, objects, learning, answers)
            await world.put("a.parquet", "SELECT 1::BIGINT AS n")
            assert isinstance(await answers.expression("delay > 15", FLIGHTS.columns), FileColumn)
            assert await answers.columns([world.at("a.parquet")]) == [FileColumn("n", "BIGINT")]

            with monkeypatch.context() as hurried:
                hurried.setattr("graphql_api.services.asking.QUESTION_SECONDS", 0.0)
                too_much = [await answers.expression("delay > 15", FLIGHTS.columns) for _ in range(3)]
            assert [type(answer) for answer in too_much] == [SqlProblem] * 3
            assert isinstance(await answers.expression("delay > 15", FLIGHTS.columns), FileColumn)


async def test_who_waits_for_a_child_for_long_is_told(tmp_path: Path) -> None:
    async with SandboxPool(tmp_path / "sandbox", spares=0, most=1, patience=0.1) as sandboxes:
        async with sandboxes.lease():
            with pytest.raises(Unavailable) as told:
                async with sandboxes.lease():
                    pass
        async with sandboxes.lease() as box:
            assert await box.call(DescribeSql("SELECT 1 AS n", [])) == [FileColumn("n", "INTEGER")]

    assert told.value.message == "All that may compute here have been busy for 0.1 seconds."


async def test_a_store_that_does_not_answer_is_said_so(settings: Settings, tmp_path: Path) -> None:
    away = settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"})
    async with ObjectStore.of(away) as objects, SandboxPool(tmp_path / "sandbox", spares=0) as sandboxes:
        files = FileCache(objects, tmp_path / "cache", 1)
        async with Learning(objects=objects, files=files, sandboxes=sandboxes, own_place=nowhere).answers(
            new_id()
        ) as answers:
            with pytest.raises(Unavailable):
                await answers.columns([f"{settings.source_places[0]}f/*.parquet"])


async def test_the_example_is_planned_over_real_files(world: World) -> None:
    for name, columns in (("flights", FLIGHTS_COLUMNS), ("planes", PLANES_COLUMNS), ("weather", WEATHER_COLUMNS)):
        values = ", ".join(f"CAST(NULL AS {data_type}) AS {column}" for column, data_type in columns.items())
        await world.put(f"{name}/1.parquet", f"SELECT {values}")
    definitions = definitions_of(EXAMPLE.replace("s3://demo/", f"s3://{world.bucket}/"))

    planned = await make_plan(definitions, Registry(new_id()), world.answers, author="ann")

    assert [change.creates_version for change in planned.plan.changes if change.creates_version] == [
        "aircraft_delays@1",
        "aircraft_profile@1",
        "airport_weather@1",
        "delay_model@1",
    ]
    assert planned.plan.warnings == ()

"""What the demo's loader leaves in the object store, and that it leaves alone what is there."""

import json
from datetime import date
from pathlib import Path

import duckdb

from graphql_api.examples.install import install
from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore

END = date(2026, 6, 14)


async def test_the_whole_data_set_lies_where_the_sources_look_and_stays_as_it_was(
    settings: Settings, tmp_path: Path
) -> None:
    place = settings.source_places[0].rstrip("/")
    async with ObjectStore.of(settings) as objects:
        first = await install(objects, end=END, place=place)
        there = await objects.list(f"{place}/**")

        second = await install(objects, end=date(2026, 7, 1), place=place)

        assert (first, second) == (END, END)
        assert await objects.list(f"{place}/**") == there
        assert sorted(found.uri.removeprefix(f"{place}/") for found in there) == [
            *(f"flights/month-{month:02}.parquet" for month in range(1, 13)),
            "installed.json",
            "planes/planes.parquet",
            "weather/weather.parquet",
        ]
        assert await rows(objects, f"{place}/flights/*.parquet", tmp_path) == 336_776
        assert await rows(objects, f"{place}/weather/*.parquet", tmp_path) == 26_115
        assert await rows(objects, f"{place}/planes/*.parquet", tmp_path) == 3_322


async def test_an_installation_that_broke_off_is_done_again(settings: Settings, tmp_path: Path) -> None:
    place = settings.source_places[0].rstrip("/")
    async with ObjectStore.of(settings) as objects:
        await objects.ensure_bucket(place.removeprefix("s3://"))
        await objects.put_bytes(f"{place}/flights/month-01.parquet", b"half a file of another day")

        await install(objects, end=END, place=place)

        assert await rows(objects, f"{place}/flights/*.parquet", tmp_path) == 336_776
        marker = tmp_path / "installed.json"
        await objects.fetch(f"{place}/installed.json", marker)
        assert json.loads(marker.read_text()) == {"end": "2026-06-14"}


async def rows(objects: ObjectStore, pattern: str, folder: Path) -> int:
    paths: list[str] = []
    for number, found in enumerate(await objects.list(pattern)):
        path = folder / f"{number}.parquet"
        await objects.fetch(found.uri, path)
        paths.append(str(path))
    with duckdb.connect() as connection:
        return connection.read_parquet(paths).shape[0]

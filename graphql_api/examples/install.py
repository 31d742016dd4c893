"""Puts the demo's data where its sources look for it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from graphql_api.examples.dataset import MONTHS, Dataset, dataset
from graphql_api.stores.objects import ObjectStore

PLACE = "s3://demo"

Step = Callable[[str], None]


async def install(objects: ObjectStore, *, end: date, place: str = PLACE, on_step: Step = lambda _: None) -> date:
    """Write flights, weather and planes as Parquet, unless they are there; return the day on which their year ends.

    The marker is written last: an installation that broke off is done again, over the same names. Data that is there
    stays as it was installed, whatever `end` says: what was computed from it stays true."""
    await objects.ensure_bucket(place.removeprefix("s3://").split("/")[0])
    there = await _installed(objects, place)
    if there is not None:
        return there
    with dataset(end) as data, TemporaryDirectory(prefix="jfs-demo-") as folder:
        for name, table in _tables(data):
            on_step(f"Installing {name}")
            content = await asyncio.to_thread(_as_parquet, table, Path(folder) / "table.parquet")
            await objects.put_bytes(f"{place}/{name}", content)
    await objects.put_bytes(_marker(place), json.dumps({"end": end.isoformat()}).encode())
    return end


def _tables(data: Dataset) -> Iterator[tuple[str, duckdb.DuckDBPyRelation]]:
    yield "planes/planes.parquet", data.planes()
    yield "weather/weather.parquet", data.weather()
    for month in MONTHS:
        yield f"flights/month-{month:02}.parquet", data.flights(month)


def _as_parquet(table: duckdb.DuckDBPyRelation, path: Path) -> bytes:
    table.write_parquet(str(path), compression="zstd")
    return path.read_bytes()


def _marker(place: str) -> str:
    return f"{place}/installed.json"


async def _installed(objects: ObjectStore, place: str) -> date | None:
    if not await objects.list(_marker(place)):
        return None
    with TemporaryDirectory(prefix="jfs-demo-") as folder:
        path = Path(folder) / "installed.json"
        await objects.fetch(_marker(place), path)
        return date.fromisoformat(json.loads(path.read_bytes())["end"])

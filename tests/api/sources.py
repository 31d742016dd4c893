"""Files in the object store for definitions to read: one row each, with the columns that they name."""

from collections.abc import Mapping

import duckdb

from tests.api.client import Json
from tests.api.conftest import Door, Place
from tests.definitions.example import WHOLE
from tests.definitions.world import FLIGHTS, PLANES, WEATHER, definitions_of

Columns = Mapping[str, str]


async def put_files(door: Door, folder: str, sources: Mapping[str, Columns]) -> str:
    """Puts a file of each source into a folder of its name; returns the place in which these are."""
    (prefix,) = door.settings.source_places
    await door.runtime.objects.ensure_bucket(prefix.removeprefix("s3://").rstrip("/"))
    for name, columns in sources.items():
        path = door.settings.data_dir / f"{folder}_{name}.parquet"
        values = ", ".join(f"CAST(NULL AS {data_type}) AS {column}" for column, data_type in columns.items())
        with duckdb.connect() as connection:
            connection.execute(f"COPY (SELECT {values}) TO '{path}' (FORMAT parquet)")
        await door.runtime.objects.put_bytes(f"{prefix}{folder}/{name}/1.parquet", path.read_bytes())
    return f"{prefix}{folder}/"


async def whole_example(place: Place) -> list[Json]:
    """The example of the specification, over files at a place of this test."""
    files = await put_files(place.door, place.name, {"flights": FLIGHTS, "planes": PLANES, "weather": WEATHER})
    return as_input(WHOLE.replace("s3://demo/", files))


def as_input(text: str) -> list[Json]:
    return [{"kind": one.kind.value, "spec": one.spec} for one in definitions_of(text)]

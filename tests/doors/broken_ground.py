"""What the registry holds where the broken files are applied: the example of the specification, over real files."""

from pathlib import Path

import duckdb

from graphql_api.doors.cli.client import Api
from tests.api.conftest import Door
from tests.definitions.example import WHOLE
from tests.definitions.world import FLIGHTS, PLANES, WEATHER, definitions_of

PLACE = "s3://demo/"
OLD_POSITION = """
kind: FeatureView
name: old_position
entities: [aircraft]
transformation: {push: {}}
features: [{name: altitude, type: INT64}]
"""
"""A version that is deprecated."""
APPLY = """mutation($definitions: [DefinitionInput!]!, $project: String!) {
  apply(definitions: $definitions, project: $project) {
    __typename ... on Error { code message } ... on InvalidInput { problems { path message hint } }
  }
}"""
DEPRECATE = """mutation($p: String!) {
  deprecateVersion(reference: "old_position@1", reason: "x", replacement: "aircraft_position@1", project: $p) {
    __typename
  }
}"""


async def lay(door: Door, api: Api, project: str, folder: Path) -> None:
    await door.runtime.objects.ensure_bucket("demo")
    for name, columns in (("flights", FLIGHTS), ("planes", PLANES), ("weather", WEATHER)):
        values = ", ".join(f"CAST(NULL AS {data_type}) AS {column}" for column, data_type in columns.items())
        await _put(door, f"{name}/1.parquet", f"SELECT {values}", folder)
    await _put(door, "mixed/a.parquet", "SELECT 1 AS n", folder)
    await _put(door, "mixed/b.parquet", "SELECT 'x' AS n", folder)
    await door.runtime.objects.put_bytes(f"{PLACE}broken/a.parquet", b"name,age\nx,1\n")
    given = [{"kind": one.kind, "spec": one.spec} for one in definitions_of(WHOLE + OLD_POSITION)]
    assert (await api.ask(APPLY, definitions=given, project=project))["apply"] == {"__typename": "ApplyPayload"}
    assert (await api.ask(DEPRECATE, p=project))["deprecateVersion"] == {"__typename": "VersionPayload"}


async def _put(door: Door, name: str, select: str, folder: Path) -> None:
    path = folder / "put.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    await door.runtime.objects.put_bytes(f"{PLACE}{name}", path.read_bytes())

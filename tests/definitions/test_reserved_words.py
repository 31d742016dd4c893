"""Names and keys that mean something to the platform are refused where users would give them another meaning."""

from graphql_api.errors import Problem
from tests.definitions.world import World

AIRCRAFT = """
kind: Entity
name: aircraft
joinKeys: [{name: tailnum, type: STRING}]
"""
PROFILE = f"""{AIRCRAFT}
---
kind: DataSource
name: planes
files: s3://demo/planes/*.parquet
---
kind: FeatureView
name: profile
entities: [aircraft]
transformation:
  sources: [planes]
  sql: SELECT tailnum, seats FROM planes
features: [{{name: seats, type: INT64}}]
"""


async def test_keys_that_the_database_reads_as_its_own_are_refused() -> None:
    assert await World().problems(f"{AIRCRAFT}\ntags: {{$ref: a, $id: b}}") == [
        Problem("definitions[0].tags.$ref", "A key may not begin with $, as '$ref' does.", "Give it another name."),
        Problem("definitions[0].tags.$id", "A key may not begin with $, as '$id' does.", "Give it another name."),
    ]


async def test_no_request_column_of_a_service_is_named_as_a_timestamp_of_rows() -> None:
    service = """
---
kind: FeatureService
name: model
features: [{view: profile, keys: {tailnum: event_timestamp}}]
"""

    assert await World().problems(PROFILE + service) == [
        Problem(
            "definitions[3].features[0].keys.tailnum",
            "'event_timestamp' is the name of a timestamp of the row and can be no request column.",
            "Give the column another name.",
        )
    ]


async def test_a_null_within_a_list_is_called_null() -> None:
    assert await World().problems(AIRCRAFT + "tags: {domain: null}") == [
        Problem("definitions[0].tags.domain", "This must be text, not null.", "Put it in quotes.")
    ]

"""Scalars, in both directions."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLScalarType

from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import SECOND
from graphql_api.doors.graphql import core_schema
from tests.api.conftest import Place
from tests.api.registry import a_registry, a_run

START = """mutation($p: String!, $s: DateTime) {
  startMaterialization(input: {reference: "aircraft_delays", project: $p, start: $s}) { __typename }
}"""


def scalar(name: str) -> GraphQLScalarType:
    found = core_schema().type_map[name]
    assert isinstance(found, GraphQLScalarType)
    return found


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 24, 23, 39, 34, tzinfo=UTC), "2026-11-24T23:39:34Z"),
        (datetime(2026, 11, 24, 23, 39, 34, 1, tzinfo=UTC), "2026-11-24T23:39:34.000001Z"),
        (datetime(2026, 11, 24, 23, 39, 34, tzinfo=timezone(timedelta(hours=2))), "2026-11-24T21:39:34Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_z(moment: datetime, text: str) -> None:
    assert scalar("DateTime").coerce_output_value(moment) == text
    assert scalar("DateTime").coerce_input_value(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T23:39:34+02:00", datetime(2026, 11, 24, 21, 39, 34, tzinfo=UTC)),
        ("2026-11-24t23:39:34.123456789z", datetime(2026, 11, 24, 23, 39, 34, 123_456, tzinfo=UTC)),
    ],
)
def test_any_offset_will_do(text: str, moment: datetime) -> None:
    assert scalar("DateTime").coerce_input_value(text) == moment


@pytest.mark.parametrize(
    "value",
    [
        *("2026-11-24T23:39:34", "2026-11-24", "yesterday", "", "2026-02-30T00:00:00Z", "2026-11-24T25:00:00Z"),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "٢٠٢٦-11-24T23:39:34Z"),
        *(5, None, True),
    ],
)
def test_what_is_no_moment_is_refused(value: Any) -> None:
    with pytest.raises(GraphQLError) as refused:
        scalar("DateTime").coerce_input_value(value)

    assert refused.value.extensions == {"code": "INVALID_INPUT"}


@pytest.mark.parametrize("moment", ["2026-11-24T23:39:34", "2026-11-24"])
async def test_a_moment_without_an_offset_is_refused_as_variable_and_in_the_text(place: Place, moment: str) -> None:
    in_the_text = START.replace(", $s: DateTime", "").replace("$s", f'"{moment}"')

    refusals = [
        await place.editor.refusal(START, p=place.name, s=moment),
        await place.editor.refusal(in_the_text, p=place.name),
    ]

    assert [one["extensions"] for one in refusals] == [{"code": "INVALID_INPUT"}] * 2


@pytest.mark.parametrize("number", [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)])
def test_a_big_int_is_a_number_of_64_bits(number: int) -> None:
    assert scalar("BigInt").coerce_output_value(number) == number
    assert scalar("BigInt").coerce_input_value(number) == number


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1.0, "1", True, None])
def test_what_is_no_big_int_is_refused(value: Any) -> None:
    with pytest.raises(GraphQLError):
        scalar("BigInt").coerce_input_value(value)


async def test_event_timestamps_are_exact_to_the_microsecond(place: Place) -> None:
    held = await a_registry(place.project)
    run = await a_run(held.version, start=1_764_072_000_000_001, end=1_764_072_000_000_002 + SECOND).insert()

    found = await place.viewer.ask(
        "query($id: ID!) { materialization(id: $id) { start end } }", id=global_id("Materialization", run.id)
    )

    assert found == {"materialization": {"start": "2025-11-25T12:00:00.000001Z", "end": "2025-11-25T12:00:01.000002Z"}}


async def test_a_mutation_hears_the_moment_that_was_sent(place: Place) -> None:
    await a_registry(place.project)

    found = await place.editor.ask(
        START.replace(
            "__typename", "... on Error { message } ... on MaterializationPayload { materialization { start } }"
        ),
        p=place.name,
        s="2025-11-25T13:00:00.000001+01:00",
    )

    assert found == {"startMaterialization": {"materialization": {"start": "2025-11-25T12:00:00.000001Z"}}}

"""The demo's folders of YAML, planned as they stand against the columns that its files have."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from graphql_api.examples.dataset import LAST_DAY, dataset
from graphql_api.examples.steps import steps
from tests.definitions.world import DuckAnswers, World

FIRST, SECOND = steps()


def text_of(folder: Path) -> str:
    return "\n---\n".join(path.read_text() for path in sorted(folder.glob("*.yaml")))


def columns(table: duckdb.DuckDBPyRelation) -> Mapping[str, str]:
    return {name: str(kind) for name, kind in zip(table.columns, table.types, strict=True)}


@pytest.fixture(scope="module")
def answers() -> DuckAnswers:
    with dataset(LAST_DAY) as data:
        return DuckAnswers(
            {
                "s3://demo/flights/*.parquet": columns(data.flights(1)),
                "s3://demo/weather/*.parquet": columns(data.weather()),
                "s3://demo/planes/*.parquet": columns(data.planes()),
            }
        )


async def test_the_first_step_makes_the_whole_registry_without_a_warning(answers: DuckAnswers) -> None:
    plan = await World(answers=answers).plan(text_of(FIRST))

    assert {change.name for change in plan.changes} == {
        "aircraft",
        "airport",
        "carrier",
        "flights",
        "planes",
        "weather",
        "aircraft_delays",
        "aircraft_profile",
        "airport_weather",
        "carrier_delays",
        "route_delays",
        "delay_model",
    }
    assert (plan.warnings, plan.behind) == ((), ())


async def test_the_second_step_makes_a_version_that_the_service_stays_behind(answers: DuckAnswers) -> None:
    world = World(answers=answers)
    await world.apply(text_of(FIRST))
    world.cover("route_delays@1")
    world.publish("route_delays@1")

    plan = (await world.apply(text_of(SECOND))).plan

    assert [(change.name, change.creates_version) for change in plan.changes] == [("route_delays", "route_delays@2")]
    assert not plan.warnings
    again = await world.plan((FIRST / "delay_model.yaml").read_text())
    assert [(behind.dependent, behind.reference, behind.newest) for behind in again.behind] == [
        ("delay_model", "route_delays@1", "route_delays@2")
    ]

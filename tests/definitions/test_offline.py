"""Definitions checked by themselves: nothing right is refused, and what is wrong, or left open, is told."""

import asyncio
from collections.abc import Sequence
from typing import cast

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.definitions.offline import Checked, check_offline
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import CheckText, SqlProblem
from graphql_api.engines.texts import check_text
from graphql_api.errors import Problem
from graphql_api.examples.steps import steps
from tests.definitions.broken import BROKEN
from tests.definitions.example import (
    ACTIVITY,
    AIRCRAFT,
    AIRPORT_WEATHER,
    DELAYS,
    FLIGHTS,
    RISK,
    WHOLE,
    WHOLE_MODEL,
)
from tests.definitions.world import FLIGHTS as FLIGHTS_COLUMNS
from tests.definitions.world import DuckAnswers, World, definitions_of


class Texts(DuckAnswers):
    """Answers of a world without files."""

    def __init__(self) -> None:
        super().__init__({})

    async def text(self, text: str, relations: Sequence[str] | None) -> SqlProblem | None:
        await asyncio.sleep(0)
        with duckdb.connect() as connection:
            try:
                check_text(connection, CheckText(text, None if relations is None else list(relations)))
            except Refused as refused:
                return cast("SqlProblem", refused.problem)
        return None


async def checked(text: str, *, is_whole: bool = False) -> Checked:
    return await check_offline(definitions_of(text), Texts(), is_whole=is_whole)


async def problems(text: str, *, is_whole: bool = False) -> list[tuple[str, str, str | None]]:
    found = (await checked(text, is_whole=is_whole)).problems
    return [(problem.path, problem.message, problem.hint) for problem in found]


async def unchecked(text: str) -> list[tuple[str, str]]:
    found = await checked(text)
    assert found.problems == ()
    return [(note.path, note.message) for note in found.unchecked]


COLUMNS = ", ".join(f"{{name: {name}, type: {kind}}}" for name, kind in FLIGHTS_COLUMNS.items())
DECLARED = FLIGHTS.replace("---\n", f"columns: [{COLUMNS}]\n---\n")


async def test_the_whole_example_is_right_and_what_only_files_and_the_registry_tell_is_named() -> None:
    not_looked_at = "The columns are those of the files, which are not looked at here."

    assert await unchecked(WHOLE) == [
        ("definitions[1].files", not_looked_at),
        ("definitions[2].files", not_looked_at),
        ("definitions[3].files", not_looked_at),
        (
            "definitions[5].transformation.sql",
            "It may run; what it gives is not known here, since the columns of flights are not.",
        ),
        ("definitions[6].transformation.source", "The columns of flights and their types are not known here."),
        (
            "definitions[7].transformation.sql",
            "It may run; what it gives is not known here, since the columns of weather are not.",
        ),
        (
            "definitions[8].transformation.sql",
            "It may run; what it gives is not known here, since the columns of planes are not.",
        ),
        (
            "definitions[11].features[1]",
            "Whether there is a version aircraft_activity@1, and what it gives, is for the registry to tell.",
        ),
    ]
    assert (await checked(WHOLE)).warnings == ()


async def test_where_columns_are_declared_nothing_is_left_open() -> None:
    assert await unchecked(AIRCRAFT + DECLARED + DELAYS + ACTIVITY + RISK) == []


DEMO = ["\n---\n".join(path.read_text() for path in sorted(folder.glob("*.yaml"))) for folder in steps()]


@pytest.mark.parametrize("text", DEMO, ids=["01_first", "02_longer_routes"])
async def test_the_demo_is_right(text: str) -> None:
    assert await problems(text) == []


PARTS = [f"{part}---\n" for part in WHOLE.split("---\n") if part.strip()]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from(PARTS), unique=True))
def test_what_other_files_hold_is_never_a_problem(parts: list[str]) -> None:
    found = asyncio.run(checked("".join(parts)))

    assert found.problems == ()


@pytest.mark.parametrize("what", sorted(BROKEN)[::3])
async def test_what_is_told_here_the_plan_tells_too(what: str) -> None:
    here = {path for path, *_ in await problems(BROKEN[what])}
    there = {problem.path for problem in await World().problems(BROKEN[what])}

    assert here <= there


async def test_names_that_these_files_do_not_hold_are_left_open_unless_there_are_no_others() -> None:
    text = AIRCRAFT + AIRPORT_WEATHER + WHOLE_MODEL.replace("aircraft_delays", "airport_wether")
    absent = [
        ("definitions[1].entities[0]", "There is no entity 'airport' in these files."),
        ("definitions[1].transformation.sources[0]", "There is no data source or view 'weather' in these files."),
        ("definitions[2].features[0]", "There is no feature view 'airport_wether' in these files."),
        ("definitions[2].features[1]", "There is no feature view 'aircraft_activity' in these files."),
        ("definitions[2].features[2]", "There is no feature view 'delay_risk' in these files."),
    ]

    assert [note for note in await unchecked(text) if "in these files" in note[1]] == absent
    (slip,) = [note for note in (await checked(text)).unchecked if "airport_wether" in note.message]
    assert slip.hint == "Did you mean 'airport_weather'?"
    assert {path for path, *_ in await problems(text, is_whole=True)} >= {path for path, _ in absent}


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (DELAYS.replace("FROM flights", "FRM flights"), "transformation.sql", "syntax error"),
        (DELAYS.replace("count(*) ", "random() "), "transformation.sql", "random"),
        (DELAYS.replace("FROM flights", "FROM planes"), "transformation.sql", "planes"),
        (
            DELAYS.replace("sources: [flights]", "sources: [flights@2]").replace("avg(", "avg(("),
            "transformation.sql",
            "",
        ),
        (ACTIVITY.replace("dep_delay > 15", "dep_delay >"), "transformation.aggregations[2].filter", ""),
        (RISK.replace("24.0)", "24.0"), "transformation.expressions[0].expression", ""),
    ],
)
async def test_texts_that_may_not_run_whatever_the_columns_are(text: str, path: str, message: str) -> None:
    (found,) = await problems(AIRCRAFT + FLIGHTS + text)

    assert found[0] == f"definitions[2].{path}"
    assert message in found[1].lower()


async def test_what_views_declare_is_what_is_built_on_them() -> None:
    wrong = RISK.replace("mean_dep_delay_7d *", "mean_dep_delay *")
    twice = "kind: FeatureService\nname: s\nfeatures: [aircraft_delays, {view: aircraft_delays, features: [flights]}]\n"

    assert await problems(AIRCRAFT + FLIGHTS + DELAYS + wrong + twice) == [
        (
            "definitions[3].transformation.expressions[0].expression",
            "Line 1, column 1: There is no 'mean_dep_delay' here.",
            "Did you mean 'mean_dep_delay_7d'?",
        ),
        (
            "definitions[4].features[1].features[0]",
            "aircraft_delays has no feature 'flights'.",
            "Did you mean 'flights_7d'?",
        ),
    ]


async def test_declared_columns_are_held_to() -> None:
    assert await problems(AIRCRAFT + DECLARED + DELAYS.replace("avg(dep_delay)", "avg(arr_delay)")) != []
    assert await problems(AIRCRAFT + FLIGHTS + DELAYS.replace("avg(dep_delay)", "avg(arr_delay)")) == []


def test_problems_are_as_a_plan_tells_them() -> None:
    (problem,) = asyncio.run(checked(AIRCRAFT.replace("STRING", "STRONG"))).problems

    assert problem == Problem(
        "definitions[0].joinKeys[0].type", "'STRONG' is none of the words for type.", "Did you mean 'STRING'?"
    )

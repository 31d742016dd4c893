"""Whatever slips make of the example: a plan, or problems that lie within what was written."""

import json
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.definitions.documents import Definition, find_in_yaml
from graphql_api.definitions.planning import make_plan
from graphql_api.definitions.positions import position
from graphql_api.errors import InvalidInput, Problem
from tests.definitions.example import WHOLE
from tests.definitions.mutations import definitions, texts
from tests.definitions.world import World

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
EMPTY, FULL = World(), World()


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(definitions(), st.sampled_from([EMPTY, FULL]))
async def test_a_plan_is_made_or_every_problem_lies_within_the_definitions(
    given: list[Definition], world: World
) -> None:
    if not FULL.registry.views:
        await FULL.apply(WHOLE)

    found = await problems(given, world)

    for problem in found or ():
        lies_within(given, problem)
    assert found is None or len(set(found)) == len(found) > 0


async def problems(given: list[Definition], world: World) -> tuple[Problem, ...] | None:
    """None: there is a plan."""
    try:
        await make_plan(given, world.registry, world.answers, author="ann")
    except InvalidInput as refused:
        return refused.problems
    return None


def lies_within(given: list[Definition], problem: Problem) -> None:
    """Its definition is there, and so is the way to it, but for keys that lack."""
    match = re.match(r"definitions\[(\d+)\]", problem.path)
    assert match is not None, problem
    assert int(match[1]) < len(given), problem
    assert problem.message, problem
    assert len(position(given, problem.path)) >= 1, problem


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(texts())
def test_a_text_is_read_or_every_problem_lies_within_its_lines(text: str) -> None:
    found = find_in_yaml([("x.yaml", text)])

    for problem in found.problems:
        match = re.match(r"x\.yaml:(\d+)(, document \d+|$)", problem.path)
        assert match is not None, problem
        assert 1 <= int(match[1]) <= len(re.split(r"\r\n|[\r\n\x85\u2028\u2029]", text)) + 1, problem
    for place, definition in found.definitions:
        assert place.line("features[0].type") >= 1
        assert json.dumps(definition.spec)

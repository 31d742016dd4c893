"""Broken definitions: each is refused with its place, what is wrong, and the remedy."""

import pytest

from tests.definitions import problems_of_checks, problems_of_services, problems_of_sources, problems_of_views
from tests.definitions.broken import BROKEN
from tests.definitions.example import DELAYS, GROUND, RISK
from tests.definitions.world import World

EXPECTED = (
    problems_of_sources.PROBLEMS
    | problems_of_views.PROBLEMS
    | problems_of_checks.PROBLEMS
    | problems_of_services.PROBLEMS
)


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_broken_is_refused(what: str) -> None:
    assert await World().problems(BROKEN[what]) == EXPECTED[what]


async def test_a_source_that_is_misspelt_hides_nothing_of_the_texts() -> None:
    slips = DELAYS.replace("sources: [flights]", "sources: [flihgts]").replace("avg(dep_delay)", "avg(random())")
    risk = RISK.replace("views: [aircraft_delays]", "views: [aircraft_delais]").replace("mean_dep", "sum(mean_dep")
    risk = risk.replace("24.0)", "24.0))")

    assert [(one.path, one.message) for one in await World().problems(GROUND + slips + risk)] == [
        ("definitions[5].transformation.sources[0]", "There is no data source and no view 'flihgts'."),
        (
            "definitions[5].transformation.sql",
            "Line 4, column 12: The function 'random' is refused: its value is not the same every time.",
        ),
        ("definitions[6].transformation.views[0]", "There is no feature view 'aircraft_delais'."),
        (
            "definitions[6].transformation.expressions[0].expression",
            "Line 1, column 1: The function 'sum' is refused in an expression: it is not scalar.",
        ),
    ]

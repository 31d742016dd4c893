"""Broken definitions: each is refused with its place, what is wrong, and the remedy."""

import pytest

from tests.definitions import problems_of_checks, problems_of_services, problems_of_sources, problems_of_views
from tests.definitions.broken import BROKEN
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

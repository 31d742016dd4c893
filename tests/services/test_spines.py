"""What is said of a spine at once, and what is the machine's own matter."""

from pathlib import Path

import pytest

from graphql_api.documents.training_datasets import SpinePart
from graphql_api.errors import InvalidInput, Problem, Unavailable
from graphql_api.runs.log import Database
from graphql_api.runs.tools import Tools
from graphql_api.services.links import Links
from graphql_api.services.projects import Projects
from graphql_api.services.spines import Spines
from graphql_api.services.tokens import Tokens
from graphql_api.services.uploads import Uploads
from graphql_api.serving.feed import ChangeFeed
from graphql_api.serving.join_plan import JoinPlan
from graphql_api.settings import Settings
from tests.runs.conftest import opened_tools

NOTHING = JoinPlan((), (), (), (), (), ())


async def a_spine(tools: Tools, text: str) -> SpinePart:
    uri = tools.objects.uri("uploads/spine.csv")
    await tools.objects.put_bytes(uri, text.encode())
    return SpinePart(uris=(uri,), is_csv=True, event_timestamp="at")


async def spines(tools: Tools, feed: ChangeFeed, *, seconds: float) -> Spines:
    links = await Links.open(Tokens(projects=Projects(), feed=feed), everyone_is_let_in=True)
    uploads = Uploads(
        projects=Projects(), database=tools.database, objects=tools.objects, links=links, most_bytes=1_000_000
    )
    return Spines(uploads=uploads, objects=tools.objects, cache=tools.cache, sandbox=tools.boxes, seconds=seconds)


async def test_a_bad_value_is_told_with_its_row_and_what_is_accepted(
    settings: Settings, database: Database, feed: ChangeFeed, tmp_path: Path
) -> None:
    async with opened_tools(settings, database, tmp_path) as tools:
        spine = await a_spine(tools, "at\n2026-01-01T00:00:00Z\nsoon\n")

        with pytest.raises(InvalidInput) as refused:
            await (await spines(tools, feed, seconds=60)).check(spine, NOTHING)

    [problem] = refused.value.problems
    assert problem == Problem(
        "spine.eventTimestampColumn",
        "Row 2 (line 3): 'at' is 'soon', which is no time.",
        "Write it as 2026-01-31T12:00:00Z, or with another offset or time zone behind it; one without is of UTC. "
        "Write nothing where there is none.",
    )


async def test_a_check_that_does_not_end_in_time_is_not_the_fault_of_the_spine(
    settings: Settings, database: Database, feed: ChangeFeed, tmp_path: Path
) -> None:
    async with opened_tools(settings, database, tmp_path) as tools:
        spine = await a_spine(tools, "at\n2026-01-01T00:00:00Z\n")

        with pytest.raises(Unavailable, match=r"The spine cannot be looked into now: .* did not end within 1e-06 seco"):
            await (await spines(tools, feed, seconds=1e-6)).check(spine, NOTHING)

"""Walks through lists that change meanwhile: what stays is shown once, whatever comes, goes or changes."""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from graphql_api.auth.viewer import EVERYONE_IS_ADMIN
from graphql_api.documents.cataloguing import rebuild_catalog
from graphql_api.documents.feature_views import FeatureViewDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.pages import PageRequest
from graphql_api.domain.times import utc_now
from graphql_api.services.feature_views import FeatureViewOrderField, FeatureViews, ViewFilters, view_order
from graphql_api.services.projects import Projects
from tests.databases import make
from tests.factories import a_view
from tests.servers import RunningServers

NAMES = [f"{letter}{number}" for letter in "abc" for number in range(4)]
_numbers = itertools.count()


@dataclass(frozen=True)
class Step:
    """What happens between two pages: by name, and for what is new also when it was changed, in seconds."""

    add: dict[str, int]
    remove: frozenset[str]
    change: frozenset[str]


STEPS = st.lists(
    st.builds(
        Step,
        add=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5), max_size=3),
        remove=st.frozensets(st.sampled_from(NAMES), max_size=3),
        change=st.frozensets(st.sampled_from(NAMES), max_size=3),
    ),
    max_size=6,
)
ORDERS = st.tuples(st.sampled_from(FeatureViewOrderField), st.sampled_from([1, -1]))


@dataclass
class Walk:
    """What was there before the first page, what came or went or was changed since, and what was seen, in order."""

    held: dict[str, datetime]
    moved: set[str]
    changed: set[str]
    seen: list[str]


@pytest.fixture
def database(servers: RunningServers) -> str:
    return f"walks-{next(_numbers)}"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5)), steps=STEPS, first=st.integers(1, 4), by=ORDERS
)
def test_what_stays_as_it_is_is_shown_once_by_any_walk(
    servers: RunningServers,
    database: str,
    start: dict[str, int],
    steps: list[Step],
    first: int,
    by: tuple[FeatureViewOrderField, int],
) -> None:
    walk = asyncio.run(_walked(servers, database, start, steps, first, by))

    there_all_the_while = set(walk.held) - walk.moved
    by_name = by[0] is FeatureViewOrderField.NAME
    stayed = there_all_the_while if by_name else there_all_the_while - walk.changed
    assert sorted(name for name in walk.seen if name in stayed) == sorted(stayed)
    if by_name:
        assert walk.seen == sorted(set(walk.seen), reverse=by[1] < 0)
    elif by[1] > 0:
        assert there_all_the_while <= set(walk.seen)


async def _walked(
    servers: RunningServers,
    database: str,
    start: dict[str, int],
    steps: list[Step],
    first: int,
    by: tuple[FeatureViewOrderField, int],
) -> Walk:
    async with AsyncMongoClient[dict[str, object]](servers.mongodb_url, tz_aware=True) as client:
        await make(client[database])
        project = await ProjectDocument(name=f"p{next(_numbers)}").insert()
        now = utc_now()
        held = {name: now - timedelta(seconds=ago) for name, ago in start.items()}
        await _put(project, held)
        walk = Walk(held, set(), set(), [])
        views, order, after = FeatureViews(projects=Projects()), view_order(*by), None
        for step in itertools.chain(steps, itertools.repeat(Step({}, frozenset(), frozenset()))):
            page = await views.list(EVERYONE_IS_ADMIN, project.name, ViewFilters(), order, PageRequest.of(first, after))
            walk.seen += [view.name for view in page.items]
            if not page.has_next:
                return walk
            after = page.cursors[-1]
            await _take(project, step, walk)
        raise AssertionError("a walk has an end")


async def _take(project: ProjectDocument, step: Step, walk: Walk) -> None:
    there = {view["name"] async for view in collection_of(FeatureViewDocument).find({"project_id": project.id})}
    await collection_of(FeatureViewDocument).delete_many({"project_id": project.id, "name": {"$in": list(step.remove)}})
    changed = (step.change & there) - step.remove
    await collection_of(FeatureViewDocument).update_many(
        {"project_id": project.id, "name": {"$in": list(changed)}}, {"$set": {"updated_at": utc_now()}}
    )
    added = {name: utc_now() - timedelta(seconds=ago) for name, ago in step.add.items() if name not in there}
    await _put(project, added)
    walk.moved |= (step.remove & there) | set(added)
    walk.changed |= changed


async def _put(project: ProjectDocument, views: dict[str, datetime]) -> None:
    for name, at in views.items():
        await a_view(project, name).model_copy(update={"updated_at": at}).insert()
    await rebuild_catalog(project.id)

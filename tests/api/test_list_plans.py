"""How MongoDB answers the lists: always from an index, and with about as much work as there is on a page."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import Role
from tests.api.client import Client
from tests.api.commands import EXPLAINED
from tests.api.conftest import Door
from tests.registries import WORDS, a_large_registry

VIEWS, FEATURES = 400, 5
PAGE = 10
DESCRIBED: Mapping[str, list[str]] = {
    "search": [f'search: "{WORDS[5]}"', 'search: "a"'],
    "tag": ['tag: "tier"', f'tag: "domain:{WORDS[9]}"'],
    "owner": ['owner: "ann@example.com"'],
}
LISTS: Mapping[str, Mapping[str, list[str]]] = {
    "entities": DESCRIBED,
    "dataSources": DESCRIBED,
    "featureServices": DESCRIBED,
    "features": {**DESCRIBED, "valueType": ["valueType: STRING"]},
    "featureViews": {
        **DESCRIBED,
        "entity": ['entity: "entity_00001"'],
        "stale": ["stale: true", "stale: false"],
        "failing": ["failing: true", "failing: false"],
        "orderBy": [
            f"orderBy: {{field: {field}, direction: {direction}}}"
            for field in ("NAME", "UPDATED_AT")
            for direction in ("ASC", "DESC")
        ],
    },
    "materializations": {
        "view": ["view: $view"],
        "states": ["states: [FAILED]", "states: [SUCCEEDED, FAILED]", "states: [QUEUED]"],
        "trigger": ["trigger: MANUAL", "trigger: REBUILD"],
    },
    "recentChanges": {},
}


BY_ONE_INDEX = {
    *("", "valueType: STRING", 'tag: "tier"', 'owner: "ann@example.com"', 'entity: "entity_00001"'),
    *LISTS["featureViews"]["orderBy"],
}


def combinations(name: str) -> list[str]:
    """Nothing, each filter and order alone, each two of them together, and all at once."""
    values = list(LISTS[name].values())
    alone = [one for some in values for one in some]
    pairs = [", ".join(two) for some in itertools.combinations(values, 2) for two in itertools.product(*some)]
    return ["", *alone, *pairs, ", ".join(some[0] for some in values)]


@pytest.fixture(scope="module")
async def large(door: Door) -> tuple[ProjectDocument, Client]:
    project = await door.project()
    await a_large_registry(project, VIEWS, features=FEATURES)
    return project, await door.client(**{project.name: Role.VIEWER})


@pytest.mark.parametrize("name", LISTS)
async def test_each_list_with_each_filter_and_order_is_read_from_an_index(
    large: tuple[ProjectDocument, Client], door: Door, name: str
) -> None:
    project, client = large
    views = f'featureViews(project: "{project.name}", first: 1) {{ edges {{ node {{ name }} }} }}'
    view = (await client.ask(f"{{ {views} }}"))["featureViews"]["edges"][0]["node"]["name"]
    told: list[tuple[str, str, int]] = []
    for chosen in combinations(name):
        arguments = chosen.replace("$view", f'"{view}"')
        query = f'{{ {name}(project: "{project.name}", first: {PAGE}, {arguments}) {{ edges {{ cursor }} }} }}'
        with EXPLAINED.listening() as asked:
            await client.ask(query)
        for command in asked:
            plan = await door.runtime.database.command("explain", command, verbosity="executionStats")
            told.append((arguments, *_work(plan)))

    assert [one for one in told if "COLLSCAN" in one[1]] == []
    # What one index leaves is walked at most once for a filter that it does not hold; a look-up costs a key or two.
    assert max(keys for _, _, keys in told) <= 3 * VIEWS * FEATURES
    assert [one for one in told if one[0] in BY_ONE_INDEX and one[2] > 3 * PAGE] == []


def _work(plan: Any) -> tuple[str, int]:
    """The stages of the plan that was taken, and how many keys it looked at."""
    stages = plan.get("stages", [plan])
    cursor = stages[0].get("$cursor", stages[0])
    looked = [int(stage.get("totalKeysExamined", 0)) for stage in stages if "$lookup" in stage]
    taken = cursor["queryPlanner"]["winningPlan"]
    collections = [str(stage.get("collectionScans", 0)) for stage in stages if "$lookup" in stage]
    scans = "COLLSCAN" if any(one != "0" for one in collections) else ""
    return f"{taken}{scans}", int(cursor["executionStats"]["totalKeysExamined"]) + sum(looked)

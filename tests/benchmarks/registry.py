"""What lists, searches and deep pages of a large registry take: uv run python -m tests.benchmarks.registry [views]

5,000 views with ten features each, on the product's embedded servers, asked through the GraphQL endpoint of a server in
this process: the median and the fastest of twenty, the CPU time of this process (client and server together) and how
many commands MongoDB was asked.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvloop

from graphql_api.documents.projects import ProjectDocument
from graphql_api.doors.starting import keep_what_was_started
from tests.api.client import Client
from tests.api.commands import COMMANDS
from tests.api.conftest import served
from tests.conftest import clean_place
from tests.registries import WORDS, a_large_registry
from tests.servers import running

ROUNDS = 20
VIEW = "name description owner tags { key value } updatedAt entities { name } currentVersion { reference state }"
WIDE = """name entities { name } currentVersion { reference features { name valueType } freshness { breached }
latestMaterialization { state } }"""
FEATURE = "reference name description owner valueType tags { key value } version { reference featureView { name } }"
QUERIES: Mapping[str, str] = {
    "views, first 50": f"featureViews(first: 50) {{ edges {{ node {{ {VIEW} }} }} }}",
    "views, first 50, wide": f"featureViews(first: 50) {{ edges {{ node {{ {WIDE} }} }} }}",
    "views, first 200, names": "featureViews(first: 200) { edges { node { name owner updatedAt } } }",
    "views by change": "featureViews(first: 50, orderBy: {field: UPDATED_AT, direction: DESC}) "
    f"{{ edges {{ node {{ {VIEW} }} }} }}",
    "views of an owner": f'featureViews(first: 50, owner: "ann@example.com") {{ edges {{ node {{ {VIEW} }} }} }}',
    "views with a tag": f'featureViews(first: 50, tag: "domain:{WORDS[7]}") {{ edges {{ node {{ {VIEW} }} }} }}',
    "views of an entity": f'featureViews(first: 50, entity: "entity_00003") {{ edges {{ node {{ {VIEW} }} }} }}',
    "views with a word": f'featureViews(first: 50, search: "{WORDS[3]}") {{ edges {{ node {{ {VIEW} }} }} }}',
    "views with any word": f'featureViews(first: 50, search: "{WORDS[3][0]}") {{ edges {{ node {{ {VIEW} }} }} }}',
    "stale views": f"featureViews(first: 50, stale: true) {{ edges {{ node {{ {VIEW} }} }} }}",
    "failing views": f"featureViews(first: 50, failing: true) {{ edges {{ node {{ {VIEW} }} }} }}",
    "total of the views": "featureViews(first: 0) { totalCount }",
    "features, first 50": f"features(first: 50) {{ edges {{ node {{ {FEATURE} }} }} }}",
    "features, first 200, names": "features(first: 200) { edges { node { name valueType } } }",
    "features of a type": f"features(first: 50, valueType: STRING) {{ edges {{ node {{ {FEATURE} }} }} }}",
    "features with a word": f'features(first: 50, search: "{WORDS[3]}") {{ edges {{ node {{ {FEATURE} }} }} }}',
    "total of the features": "features(first: 0) { totalCount }",
    "services, first 50": "featureServices(first: 50) { edges { node { reference owner ready } } }",
    "services, 50 features each": "featureServices(first: 50) { edges { node { reference features { name } } } }",
    "runs, first 50": "materializations(first: 50) { edges { node { id state version { reference } } } }",
    "search, one word": f'search(query: "{WORDS[3]}") {{ kind name snippet node {{ id }} }}',
    "search, two words": f'search(query: "{WORDS[3]} {WORDS[20]}") {{ kind name snippet node {{ id }} }}',
    "search, a beginning": f'search(query: "{WORDS[3][:4]}") {{ kind name snippet node {{ id }} }}',
    "search, one letter": f'search(query: "{WORDS[3][:1]}") {{ kind name snippet node {{ id }} }}',
    "search, a word of all": 'search(query: "mean") { kind name snippet node { id } }',
    "search, a name": 'search(query: "service_00099") { kind name snippet node { id } }',
}
NAMES = " {{ edges {{ node {{ name }} }} pageInfo {{ endCursor }} }}"
DEEP: Mapping[str, str] = {
    "views, deep page": "featureViews(first: {first}, after: {after})" + NAMES,
    "views by change, deep page": "featureViews(first: {first}, after: {after}, orderBy: {{field: UPDATED_AT}})"
    + NAMES,
    "features, deep page": "features(first: {first}, after: {after})" + NAMES,
}


async def measure(client: Client, name: str, query: str) -> Any:
    took: list[float] = []
    answer: Any = None
    await client.ask(query)  # the first of its kind is parsed and checked
    used = time.process_time()
    with COMMANDS.counted() as asked:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            answer = await client.ask(query)
            took.append((time.perf_counter() - began) * 1_000)
    own = (time.process_time() - used) * 1_000 / ROUNDS
    print(
        f"{name:28} {statistics.median(took):7.1f} ms  fastest {min(took):7.1f} ms  own CPU {own:6.1f} ms"
        f"  {len(asked) / ROUNDS:5.1f} commands",
        flush=True,
    )
    return answer


async def deep_cursor(client: Client, query: str, pages: int) -> str:
    """Of an item far into the list."""
    after = "null"
    for _ in range(pages):
        (found,) = (await client.ask("{" + query.format(first=200, after=after) + "}")).values()
        after = f'"{found["pageInfo"]["endCursor"]}"'
    return after


async def main(views: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "servers") as servers,
        clean_place(servers, Path(folder) / "data") as settings,
    ):
        async with served(settings) as door:
            project = await ProjectDocument.find_one({"name": "default"})
            assert project is not None
            began = time.perf_counter()
            keep_what_was_started()
            await a_large_registry(project, views)
            print(f"{views} views were written in {time.perf_counter() - began:.0f} s")
            await until_idle()
            await ask_all(Client(door.http), views)


async def until_idle() -> None:
    """Servers read a registry anew after it was written."""
    used = -1.0
    while time.process_time() - used > 0.1:
        used = time.process_time()
        await asyncio.sleep(1)


async def ask_all(client: Client, views: int) -> None:
    for name, query in QUERIES.items():
        await measure(client, name, "{" + query + "}")
    for name, query in DEEP.items():
        pages = views * (10 if name.startswith("features") else 1) * 9 // 10 // 200
        cursor = await deep_cursor(client, query, pages)
        await measure(client, name, "{" + query.format(first=50, after=cursor) + "}")


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000))

"""The registry's changes as one sequence: replayed from anywhere, then followed, with nothing lost or told twice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from graphql_api.auth.viewer import EVERYONE_IS_ADMIN, Viewer
from graphql_api.documents.audit import AuditEntryDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.recording import RegistryChange
from graphql_api.documents.registry_events import ChangePart, RegistryEventDocument
from graphql_api.domain.enums import ChangeKind, DefinitionKind
from graphql_api.errors import Conflict, InvalidInput, ProjectNotFound
from graphql_api.runs.log import Database
from graphql_api.services.projects import Projects
from graphql_api.services.registry_events import AT_ONCE, RegistryEvents
from graphql_api.serving.feed import LAGGED, ChangeFeed
from tests.databases import make
from tests.factories import a_project, recorded
from tests.own_servers import OwnMongo, restart

ANN = EVERYONE_IS_ADMIN


def changed(name: str = "aircraft") -> RegistryChange:
    return RegistryChange(DefinitionKind.ENTITY, name, ChangeKind.CHANGED)


@pytest.fixture
def events(projects: Projects, feed: ChangeFeed) -> RegistryEvents:
    return RegistryEvents(projects=projects, feed=feed)


@pytest.fixture
async def project(database: Database) -> ProjectDocument:
    return await a_project().insert()


async def taken(following: AsyncGenerator[RegistryEventDocument], until: int) -> list[int]:
    told: list[int] = []
    async with asyncio.timeout(60), aclosing(following):
        async for event in following:
            told.append(event.sequence)
            if event.sequence >= until:
                return told
    return told


async def test_a_change_its_event_and_the_audit_are_written_together(project: ProjectDocument) -> None:
    difference = ChangePart(kind=ChangeKind.CHANGED, path="ttl", before="30d", after={"a.b": [1, None]}, breaking=True)
    change = RegistryChange(DefinitionKind.FEATURE_VIEW, "delays", ChangeKind.CHANGED, (difference,), "delays@2")

    assert await recorded(project, changed(), change, operation="apply", by="ann") == 2

    first, second = await RegistryEventDocument.find_all().sort("sequence").to_list()
    assert (first.sequence, first.name, first.changes, first.version) == (1, "aircraft", (), None)
    assert (second.sequence, second.changes, second.version) == (2, (difference,), "delays@2")
    (entry,) = await AuditEntryDocument.find_all().to_list()
    assert (entry.project_id, entry.actor.name, entry.operation, entry.subjects) == (
        *(project.id, "ann", "apply"),
        ("aircraft", "delays@2"),
    )
    assert (entry.outcome, entry.first_sequence, entry.last_sequence) == ("DONE", 1, 2)


async def test_changes_are_followed_from_any_sequence_on_by_many(
    project: ProjectDocument, events: RegistryEvents
) -> None:
    await recorded(project, *(changed() for _ in range(AT_ONCE + 20)))
    other = await a_project("other").insert()
    followers = [
        asyncio.create_task(taken(await events.follow(ANN, "default", after=after), AT_ONCE + 60))
        for after in (0, AT_ONCE, AT_ONCE + 20, None)
    ]
    for _ in range(20):
        await asyncio.gather(recorded(project, changed(), changed()), recorded(other, changed()))

    expected = [list(range(after + 1, AT_ONCE + 61)) for after in (0, AT_ONCE, AT_ONCE + 20, AT_ONCE + 20)]
    assert [await follower for follower in followers] == expected


async def test_a_sequence_that_is_yet_to_come_and_a_project_of_others_are_refused(
    project: ProjectDocument, events: RegistryEvents
) -> None:
    await recorded(project, changed())

    with pytest.raises(InvalidInput, match="last change of 'default' is 1; 2 has not happened yet"):
        await events.follow(ANN, "default", after=2)
    with pytest.raises(InvalidInput, match="must not be negative"):
        await events.follow(ANN, "default", after=-1)
    with pytest.raises(ProjectNotFound):
        await events.follow(Viewer("eve", {}), "default")


async def test_who_falls_behind_reads_what_is_missing(
    project: ProjectDocument, events: RegistryEvents, feed: ChangeFeed
) -> None:
    slow = await events.follow(ANN, "default", after=0)
    await recorded(project, changed())
    assert (await anext(slow)).sequence == 1
    await recorded(project, *(changed() for _ in range(5)))
    await asyncio.sleep(0.3)
    for listener in feed._listeners:  # pyright: ignore[reportPrivateUsage]
        while not listener._queue.empty():  # pyright: ignore[reportPrivateUsage]
            listener._queue.get_nowait()  # pyright: ignore[reportPrivateUsage]
        listener.hear(LAGGED)
    await recorded(project, changed())

    assert await taken(slow, 7) == [2, 3, 4, 5, 6, 7]


async def test_a_database_that_dies_and_comes_back_loses_and_repeats_nothing(tmp_path: Path) -> None:
    with OwnMongo(tmp_path) as mongo:
        async with AsyncMongoClient[dict[str, object]](mongo.url, tz_aware=True) as client:
            await make(client["jfs"])
            project = await a_project().insert()
            async with ChangeFeed(client["jfs"]) as feed:
                events = RegistryEvents(projects=Projects(), feed=feed)
                await recorded(project, *(changed() for _ in range(3)))
                follower = asyncio.create_task(taken(await events.follow(ANN, "default", after=1), 9))
                await recorded(project, changed(), changed())
                await restart(mongo)
                await recorded(project, *(changed() for _ in range(4)))

                assert await follower == [2, 3, 4, 5, 6, 7, 8, 9]


async def test_nothing_changes_in_an_archived_project(project: ProjectDocument) -> None:
    project.archived_at = project.created_at
    await project.save()

    with pytest.raises(Conflict, match="'default' is archived"):
        await recorded(project, changed())

    held = await ProjectDocument.get(project.id)
    assert held is not None
    assert (held.revision, await RegistryEventDocument.count(), await AuditEntryDocument.count()) == (0, 0, 0)

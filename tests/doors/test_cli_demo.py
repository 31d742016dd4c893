"""What a start waits for before it applies a step of the demo that is missing."""

from collections.abc import AsyncGenerator

import pytest

from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import RunState
from graphql_api.domain.global_ids import global_id
from graphql_api.doors.cli.client import Api
from graphql_api.doors.cli.demo import going_on
from graphql_api.settings import AuthMode
from tests.api.conftest import Door, served
from tests.api.registry import a_registry, a_run
from tests.conftest import clean_place
from tests.factories import a_version, a_view
from tests.servers import RunningServers


@pytest.fixture
async def door(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    with clean_place(servers, tmp_path_factory.mktemp("doors")) as settings:
        async with served(settings.model_copy(update={"auth": AuthMode.NONE})) as door:
            yield door


async def test_a_step_waits_for_the_runs_in_progress_of_the_views_that_it_changes_alone(door: Door) -> None:
    project = await door.project()
    held = await a_registry(project)
    await a_run(held.version, state=RunState.SUCCEEDED).insert()
    await a_long_run_of_another_view(project)

    async with Api(str(door.http.base_url)) as api:
        found = await going_on(api, [held.view.name, "not_there_yet"], project.name)

    assert found == {held.version.reference: global_id("Materialization", held.run.id)}


async def a_long_run_of_another_view(project: ProjectDocument) -> None:
    view = a_view(project, name="another", entities=[])
    version = a_version(view, entities=[], features={})
    for document in (view, version, a_run(version, state=RunState.RUNNING)):
        await document.insert()

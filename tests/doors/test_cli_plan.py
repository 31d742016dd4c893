"""`jfs plan` and `jfs apply` on files of which not all can be read."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from graphql_api.doors.cli.client import Api, Refused
from graphql_api.doors.cli.definitions import applied, planned
from graphql_api.doors.cli.files import read
from graphql_api.settings import AuthMode
from tests.api.conftest import Door, served
from tests.conftest import clean_place
from tests.servers import RunningServers

ENTITY = "kind: Entity\nname: aircraft\njoinKeys: [{name: tailnum, type: STRING}]\n"
BROKEN = "kind: Entitee\nname: x\n"


@pytest.fixture
async def door(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    with clean_place(servers, tmp_path_factory.mktemp("doors")) as settings:
        async with served(settings.model_copy(update={"auth": AuthMode.NONE})) as door:
            yield door


async def test_problems_of_files_and_of_the_plan_are_told_at_once(door: Door, tmp_path: Path) -> None:
    project = await door.project()
    file = tmp_path / "a.yaml"
    file.write_text(f"{BROKEN}---\n{ENTITY.replace('STRING', 'STRONG')}---\n{ENTITY}")

    async with Api(str(door.http.base_url)) as api:
        with pytest.raises(Refused) as refused:
            await planned(api, read([file]), project.name)

    assert [(problem.path, problem.hint) for problem in refused.value.problems] == [
        (f"{file}:1, document 1 (entity x): kind", "Did you mean 'Entity'?"),
        (f"{file}:1, document 1 (entity x): joinKeys", "Write joinKeys: [{name: …, type: STRING}]."),
        (f"{file}:6, document 2 (entity aircraft): joinKeys[0].type", "Did you mean 'STRING'?"),
        (
            f"{file}:9, document 3 (entity aircraft): name",
            f"Leave one out: the other is {file}:4, document 2 (entity aircraft).",
        ),
    ]


async def test_what_can_be_read_is_not_applied_without_the_rest(door: Door, tmp_path: Path) -> None:
    project = await door.project()
    (tmp_path / "a.yaml").write_text(f"kind: Model\nname: x\n---\n{ENTITY}")
    written = read([tmp_path])

    async with Api(str(door.http.base_url)) as api:
        for work in (
            planned(api, written, project.name),
            applied(api, written, project.name, fingerprint=None, materialize=False),
        ):
            with pytest.raises(Refused, match="cannot be read"):
                await work
        answer = await api.ask("query($p: String!) { entities(project: $p) { totalCount } }", p=project.name)

    assert answer == {"entities": {"totalCount": 0}}

"""Files as people write them at first: each gets all of its problems at once, with place and remedy, and changes
nothing. `tests/definitions/broken_files/` holds them, with the whole of each answer beside them."""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from graphql_api.doors.cli.client import Api, Refused, problems_in
from graphql_api.doors.cli.definitions import PLAN
from graphql_api.doors.cli.files import Written, read
from graphql_api.errors import Problem
from graphql_api.settings import AuthMode, Settings
from tests.api.conftest import served
from tests.conftest import clean_place
from tests.definitions import broken_files
from tests.doors.broken_ground import APPLY, PLACE, lay
from tests.servers import RunningServers

FOLDER = Path(*broken_files.__path__)
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".yaml", ".yml", ".json"))


@dataclass(frozen=True)
class Ground:
    api: Api
    project: str
    settings: Settings

    async def answer(self, file: Path) -> str:
        """What the command says of the file, and the API of what the command reads of it."""
        try:
            written = read([file])
        except Refused as refused:
            return f"{refused.message}\n\n{as_text(refused.problems)}"
        if written.problems:  # of which the command applies nothing
            return as_text(await self.problems(PLAN, "plan", written))
        return as_text(await self.problems(APPLY, "apply", written))

    async def problems(self, operation: str, field: str, written: Written) -> Sequence[Problem]:
        answer = (await self.api.ask(operation, definitions=written.as_input(), project=self.project))[field]
        return written.all_problems(problems_in(answer))

    def held(self) -> dict[str, list[dict[str, Any]]]:
        """All that the database holds: the registry, its events, its audit and everything else."""
        with MongoClient[dict[str, Any]](self.settings.mongodb_url) as client:
            database = client[self.settings.mongodb_database]
            return {
                name: sorted(database[name].find(), key=lambda one: str(one["_id"]))
                for name in sorted(database.list_collection_names())
            }


@pytest.fixture(scope="module")
async def ground(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Ground]:
    folder = tmp_path_factory.mktemp("broken")
    with clean_place(servers, folder) as settings:
        settings = settings.model_copy(update={"auth": AuthMode.NONE, "source_places": (PLACE,)})
        async with served(settings) as door, Api(str(door.http.base_url)) as api:
            project = await door.project()
            await lay(door, api, project.name, folder)
            yield Ground(api, project.name, settings)


def as_text(problems: Sequence[Problem]) -> str:
    """For people, and for `git diff`."""
    told = (f"{one.path}\n  {one.message}\n" + (f"  > {one.hint}\n" if one.hint else "") for one in problems)
    return "\n".join(told)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
async def test_every_problem_is_told_with_place_and_remedy_and_nothing_is_changed(ground: Ground, file: Path) -> None:
    before = ground.held()

    answer = await ground.answer(file)

    assert answer.replace(f"{FOLDER}/", "") == file.with_name(f"{file.name}.problems.txt").read_text()
    assert ground.held() == before


def test_every_answer_tells_a_line_and_a_remedy() -> None:
    for file in FILES:
        for problem in file.with_name(f"{file.name}.problems.txt").read_text().rstrip().split("\n\n"):
            assert re.fullmatch(PROBLEM, problem.rstrip("\n")), (file.name, problem)


PROBLEM = r"(No definition can be read|There is no definition in \S+)\.|\S+:\d+(, document .+)?\n  .+\n  > .+"


def test_there_are_at_least_forty_of_them_and_each_has_its_answer() -> None:
    answers = {path.name.removesuffix(".problems.txt") for path in FOLDER.glob("*.problems.txt")}

    assert answers == {file.name for file in FILES}
    assert len(FILES) >= 40

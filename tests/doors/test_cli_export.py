"""`jfs export`: folders of files, and what is printed; planned again, nothing changes."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from graphql_api.settings import AuthMode
from tests.api.conftest import Door, served
from tests.conftest import clean_place
from tests.doors.commands import Commands, Ended
from tests.doors.test_cli_plans import AIRCRAFT, MODEL, NOTHING, POSITION
from tests.servers import RunningServers


@pytest.fixture(scope="module")
async def door(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    with clean_place(servers, tmp_path_factory.mktemp("doors")) as settings:
        async with served(settings.model_copy(update={"auth": AuthMode.NONE})) as door:
            yield door


@pytest.fixture
async def jfs(door: Door, tmp_path: Path) -> Commands:
    """With a registry of one object of three kinds."""
    jfs = Commands(door, (await door.project()).name)
    files = {"entity.yaml": AIRCRAFT, "view.yaml": POSITION, "service.yaml": MODEL}
    write(tmp_path / "given", files)
    assert (await jfs("apply", tmp_path / "given", "--yes")).status == 0
    return jfs


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def held(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*")) if file.is_file()}


async def test_each_object_has_a_file_that_names_the_schema_and_changes_nothing(jfs: Commands, tmp_path: Path) -> None:
    out = tmp_path / "out"

    first, again = await jfs("export", "--out", out), await jfs("export", "--out", out)

    head = f"# yaml-language-server: $schema={jfs.door.http.base_url}/definitions.schema.json\n".replace("/\n", "\n")
    assert held(out) == {
        "entities/aircraft.yaml": (
            f"{head}kind: Entity\nname: aircraft\njoinKeys:\n  - {{name: tailnum, type: STRING}}\n"
        ),
        "feature_services/model.yaml": (
            f"{head}kind: FeatureService\nname: model\nfeatures:\n  - position  # pinned to position@1\n"
        ),
        "feature_views/position.yaml": (
            f"{head}kind: FeatureView\nname: position\nentities: [aircraft]\ntransformation: {{push: {{}}}}\n"
            "features:\n  - {name: altitude, type: INT64}\n"
        ),
    }
    assert first == Ended(0, f"{out}: 3 files; 3 new, 0 changed, 0 as they were.\n", "")
    assert again == Ended(0, f"{out}: 3 files; 0 new, 0 changed, 3 as they were.\n", "")
    assert await jfs("plan", out) == NOTHING


async def test_files_follow_the_registry_and_those_of_nothing_are_told(jfs: Commands, tmp_path: Path) -> None:
    out = tmp_path / "out"
    await jfs("export", "--out", out, "--schema", "")
    write(out, {"feature_services/old.yaml": "", "entities/aircraft.yaml": "changed", "entities/notes.md": "mine"})

    assert await jfs("export", "--out", out, "--schema", "") == Ended(
        0,
        f"{out}: 3 files; 0 new, 1 changed, 2 as they were.\n"
        f"{out / 'feature_services' / 'old.yaml'} is not in the registry: remove it, or apply it.\n",
        "",
    )
    assert held(out)["entities/aircraft.yaml"].startswith("kind: Entity\n")


async def test_without_a_folder_everything_is_printed(jfs: Commands, tmp_path: Path) -> None:
    printed = await jfs("export", "--schema", "schema.json")
    write(tmp_path, {"all.yaml": printed.output})

    assert (printed.status, printed.complaints) == (0, "")
    assert printed.output.startswith("# yaml-language-server: $schema=schema.json\nkind: Entity\nname: aircraft\n")
    assert printed.output.count("---\n# yaml-language-server: $schema=schema.json\nkind: ") == 2
    assert await jfs("plan", tmp_path / "all.yaml") == NOTHING
    assert await jfs("export", "--label", "nothing") == Ended(0, "", "")


async def test_a_folder_that_cannot_be_written_to_is_told(jfs: Commands, tmp_path: Path) -> None:
    write(tmp_path, {"out": "a file"})

    ended = await jfs("export", "--out", tmp_path / "out")

    assert (ended.status, ended.output) == (1, "")
    assert f"{tmp_path / 'out' / 'entities' / 'aircraft.yaml'} cannot be written: Not a directory" in ended.complaints

"""`jfs plan` and `jfs apply`: what they show, what they refuse, and how they end."""

import asyncio
import json
import os
import pty
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.times import utc_now
from graphql_api.doors.cli import run
from graphql_api.settings import AuthMode
from tests.api.conftest import Door, served
from tests.conftest import clean_place
from tests.doors.commands import Commands, Ended
from tests.servers import RunningServers

AIRCRAFT = "kind: Entity\nname: aircraft\njoinKeys: [{name: tailnum, type: STRING}]\n"
POSITION = """kind: FeatureView
name: position
entities: [aircraft]
transformation: {push: {}}
features: [{name: altitude, type: INT64}]
"""
SPEED = POSITION.replace("position", "speed").replace("altitude", "knots")
MODEL = "kind: FeatureService\nname: model\nfeatures: [position]\n"
WHOLE = "---\n".join((AIRCRAFT, POSITION, MODEL))
SHOWN = """+ entity aircraft
+ feature view position  makes position@1
+ feature service model  makes model@1
Plan: 3 to add, 0 to change, 0 to delete; 2 new versions.
"""
NOTHING = Ended(0, "No changes: the registry matches already.\n", "")


@pytest.fixture(scope="module")
async def door(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    with clean_place(servers, tmp_path_factory.mktemp("doors")) as settings:
        async with served(settings.model_copy(update={"auth": AuthMode.NONE})) as door:
            yield door


@pytest.fixture
async def jfs(door: Door) -> Commands:
    return Commands(door, (await door.project()).name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "registry.yaml"
    write(file, WHOLE)
    return file


def write(file: Path, text: str) -> None:
    file.write_text(text)


async def test_a_plan_ends_with_2_while_something_would_change(jfs: Commands, file: Path) -> None:
    planned = await jfs("plan", file)
    applied = await jfs("apply", file, "--yes")
    again = await jfs("plan", file)

    assert planned == Ended(2, SHOWN, "")
    assert applied == Ended(0, f"{SHOWN}Applied.\nMade position@1, model@1.\n", "")
    assert again == NOTHING
    assert await jfs("apply", file, "--yes") == NOTHING


async def test_a_plan_with_problems_ends_with_1_and_tells_each_with_its_place_and_remedy(
    jfs: Commands, file: Path
) -> None:
    write(file, WHOLE.replace("STRING", "STRONG").replace("[position]", "[positon]"))

    ended = await jfs("plan", file)

    assert (ended.status, ended.output) == (1, "")
    assert "joinKeys[0].type" in ended.complaints
    assert "Did you mean 'STRING'?" in ended.complaints
    assert "There is no feature view 'positon'." in ended.complaints
    assert "Did you mean 'position'?" in ended.complaints


async def test_a_plan_is_json_for_programs_and_so_are_its_problems(jfs: Commands, file: Path) -> None:
    planned = await jfs("plan", file, "--json")
    write(file, WHOLE.replace("STRING", "STRONG"))
    refused = await jfs("plan", file, "--json")

    plan: dict[str, Any] = json.loads(planned.output)
    assert (planned.status, planned.complaints) == (2, "")
    assert list(plan) == ["changes", "behind", "warnings", "fingerprint"]
    assert [(one["change"], one["kind"], one["name"], one["createsVersion"]) for one in plan["changes"]] == [
        ("ADDED", "ENTITY", "aircraft", None),
        ("ADDED", "FEATURE_VIEW", "position", "position@1"),
        ("ADDED", "FEATURE_SERVICE", "model", "model@1"),
    ]
    told: dict[str, Any] = json.loads(refused.output)
    assert (refused.status, refused.complaints, told["code"]) == (1, "", "INVALID_INPUT")
    assert [(one["message"], one["hint"]) for one in told["problems"]] == [
        ("'STRONG' is none of the words for type.", "Did you mean 'STRING'?")
    ]
    assert told["problems"][0]["path"].startswith(str(file))


async def test_a_change_is_shown_with_what_it_was_whom_it_breaks_and_who_uses_it(jfs: Commands, file: Path) -> None:
    await jfs("apply", file, "--yes")
    write(file, WHOLE.replace("INT64", "FLOAT64").replace("entities: [aircraft]", "entities: [aircraft]\nttl: 15m"))

    assert await jfs("plan", file) == Ended(
        2,
        "~ feature view position  makes position@2  breaking\n"
        "    ~ features.altitude.type: INT64 -> FLOAT64  breaking\n"
        "    + ttl: 15m\n"
        "    ~ currentVersion: 1 -> 2\n"
        "    used by model@1\n"
        "Pins that stay behind what is newer; --repin moves them:\n"
        "  model holds position@1; the newest is position@2\n"
        "Plan: 0 to add, 1 to change (1 breaking), 0 to delete; 1 new version.\n",
        "",
    )
    await jfs("apply", file, "--yes")
    assert (await jfs("plan", file, "--repin")).output == (
        "~ feature service model  makes model@2  breaking\n"
        "    ~ features[0]: position@1 -> position@2  breaking\n"
        "Plan: 0 to add, 1 to change (1 breaking), 0 to delete; 1 new version.\n"
    )
    assert (await jfs("apply", file, "--repin", "--yes")).status == 0
    assert await jfs("plan", file, "--repin") == NOTHING


async def test_what_is_absent_under_a_label_is_pruned_unless_something_needs_it(jfs: Commands, file: Path) -> None:
    assert (await jfs("apply", file, "--label", "mine", "--yes")).status == 0
    write(file, AIRCRAFT + "---\n" + POSITION)

    assert (await jfs("plan", file, "--label", "mine")).status == 0
    assert await jfs("plan", file, "--label", "mine", "--prune") == Ended(
        2, "- feature service model\nPlan: 0 to add, 0 to change, 1 to delete; 0 new versions.\n", ""
    )
    assert (await jfs("plan", file, "--prune")).complaints == (
        "  label  prune deletes what was last applied under a label and is absent now, and no label is given.\n"
        "      Give the label of these definitions, or leave prune.\n"
    )

    write(file, AIRCRAFT + "---\n" + MODEL.replace("[position]", "[position@1]"))
    blocked = await jfs("apply", file, "--label", "mine", "--prune", "--yes")
    assert (blocked.status, blocked.output, blocked.complaints.splitlines()[-1]) == (1, "", "  model@1")

    write(file, AIRCRAFT + "---\n" + POSITION)
    assert (await jfs("apply", file, "--label", "mine", "--prune", "--yes")).status == 0
    assert await jfs("plan", file, "--label", "mine", "--prune") == NOTHING


async def test_where_nobody_can_be_asked_nothing_is_applied_without_yes(jfs: Commands, file: Path) -> None:
    refused = await jfs("apply", file)

    assert (refused.status, refused.output) == (1, "")
    assert "give --yes" in refused.complaints
    assert await jfs("plan", file) == Ended(2, SHOWN, "")


@pytest.mark.parametrize(
    ("answer", "status", "told", "left"),
    [("n", 1, "Nothing was applied.\n", 2), ("y", 0, "Applied.\nMade position@1, model@1.\n", 0)],
)
async def test_on_a_terminal_it_asks(
    jfs: Commands,
    file: Path,
    answer: str,
    status: int,
    told: str,
    left: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    variables = {"JFS_URL": str(jfs.door.http.base_url), "JFS_PROJECT": jfs.project}
    with monkeypatch.context() as typed, os.fdopen(theirs) as terminal:
        typed.setattr(sys, "stdin", terminal)
        typed.setattr(sys, "argv", ["jfs", "apply", str(file)])
        for name, value in variables.items():
            typed.setenv(name, value)
        ended = await asyncio.to_thread(status_of, run)
    os.close(ours)

    shown = capsys.readouterr()
    assert (ended, shown.out + shown.err) == (status, f"{SHOWN}Apply this? [y/N]: {told}")
    assert (await jfs("plan", file)).status == left


def status_of(program: Callable[[], None]) -> object:
    with pytest.raises(SystemExit) as ended:
        program()
    return ended.value.code


async def test_a_plan_that_was_reviewed_elsewhere_is_applied_or_nothing_is(jfs: Commands, file: Path) -> None:
    reviewed = json.loads((await jfs("plan", file, "--json")).output)["fingerprint"]
    other = file.with_name("other.yaml")
    write(other, AIRCRAFT)
    await jfs("apply", other, "--yes")

    moved = await jfs("apply", file, "--fingerprint", reviewed, "--yes")
    renewed = json.loads((await jfs("plan", file, "--json")).output)["fingerprint"]

    assert (moved.status, moved.complaints) == (
        3,
        "This is not the plan of that --fingerprint: review it anew. Nothing was applied.\n",
    )
    assert (await jfs("apply", file, "--fingerprint", renewed, "--yes")).status == 0


async def test_an_archived_project_refuses_with_3(jfs: Commands, file: Path) -> None:
    await ProjectDocument.find_one(ProjectDocument.name == jfs.project).update({"$set": {"archived_at": utc_now()}})

    refused = await jfs("apply", file, "--yes")

    assert refused.status == 3
    assert refused.complaints.endswith("Nothing was applied.\n")


GOING_ON = "query($p: String!) { materializations(project: $p) { edges { node { id version { reference } } } } }"
CANCEL = "mutation($id: ID!) { cancelRun(id: $id) { __typename } }"


async def test_it_starts_runs_follows_them_and_ends_with_1_where_one_does_not_succeed(
    jfs: Commands, tmp_path: Path
) -> None:
    (prefix,) = jfs.door.settings.source_places
    source = f"kind: DataSource\nname: planes\nfiles: {prefix}planes/*.parquet\n"
    columns = "columns: [{name: tailnum, type: STRING}, {name: seats, type: INT64}]\n"
    view = POSITION.replace("{push: {}}", "{sources: [planes], sql: 'SELECT tailnum, seats AS altitude FROM planes'}")
    file = tmp_path / "view.yaml"
    write(file, "---\n".join((AIRCRAFT, source + columns, view)))

    assert "Still to be computed, by --materialize or jfs materialize: position@1." in (
        (await jfs("apply", file, "--yes")).output
    )
    following = asyncio.create_task(jfs("apply", file, "--materialize", "--yes"))
    ended = await cancelled(jfs, following)

    assert ended.status == 1
    assert ended.complaints == "1 of 1 runs did not succeed.\n  position@1  The run is CANCELLED.\n"


async def cancelled(jfs: Commands, following: "asyncio.Task[Ended]") -> Ended:
    """How the command ends, whose run nobody computes, once that is cancelled."""
    async with asyncio.timeout(30):
        while not following.done():
            answer = await jfs.door.http.post("/graphql", json={"query": GOING_ON, "variables": {"p": jfs.project}})
            for edge in answer.json()["data"]["materializations"]["edges"]:
                run = {"query": CANCEL, "variables": {"id": edge["node"]["id"]}}
                await jfs.door.http.post("/graphql", json=run)
            await asyncio.sleep(0.1)
    return following.result()


@pytest.mark.parametrize("typed", [["plan", "--bogus"], ["plan"], ["nothing"]])
def test_a_command_that_is_wrong_ends_with_1_too(
    typed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["jfs", *typed])

    with pytest.raises(SystemExit) as ended:
        run()

    assert (ended.value.code, "Error" in capsys.readouterr().err) == (1, True)

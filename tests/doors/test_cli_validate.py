"""`jfs validate`: no server is there, and the texts are judged in a sandbox of its own."""

import json
from pathlib import Path

from typer.testing import CliRunner

from graphql_api.doors.cli import app
from graphql_api.examples.steps import steps
from tests.definitions.example import AIRCRAFT, DELAYS, RISK

NOWHERE = {"JFS_URL": "http://127.0.0.1:9"}


def validated(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["validate", *map(str, arguments)], env=NOWHERE)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_the_demo_is_right_and_what_was_not_checked_is_said() -> None:
    status, output, complaints = validated(steps()[0])

    first, *notes, last = output.splitlines()
    assert (status, complaints, first) == (0, "", "Not checked here; `jfs plan` asks the server:")
    assert len(notes) == 8
    assert all("is not known here" in note or "are not looked at here" in note for note in notes)
    assert last == "12 definitions, no problem."


def test_every_problem_is_told_with_its_place_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(AIRCRAFT.replace("STRING", "STRONG"))
    (tmp_path / "b.yaml").write_text(DELAYS.replace("avg(", "median(now() - ").replace("30d", "30 days"))

    status, output, complaints = validated(tmp_path)

    assert status == 1
    assert "no problem" not in output
    for told in (
        "joinKeys[0].type",
        "Did you mean 'STRING'?",
        "ttl",
        "'30 days' is not a duration",
        "transformation.sql",
        "now",
    ):
        assert told in complaints


def test_it_is_json_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(RISK)

    open_status, left_open, _ = validated(file, "--json")
    whole_status, whole, complaints = validated(file, "--json", "--whole")

    assert (open_status, whole_status, complaints) == (0, 1, "")
    assert [note["message"] for note in json.loads(left_open)["unchecked"]] == [
        "There is no feature view 'aircraft_delays' in these files.",
        "They may run; their types are not known here, since the features of aircraft_delays are not.",
    ]
    assert [problem["message"] for problem in json.loads(whole)["problems"]] == [
        "There is no feature view 'aircraft_delays'."
    ]


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    assert validated(tmp_path / "nothing") == (1, "", f"There is no file or folder {tmp_path / 'nothing'}.\n")

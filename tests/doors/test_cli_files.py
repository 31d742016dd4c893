"""Definitions on disk, and the way back from a problem to its place in a file."""

from pathlib import Path

import pytest

from graphql_api.doors.cli.client import Refused
from graphql_api.doors.cli.files import read
from graphql_api.errors import Problem

TWO = """
kind: Entity
name: aircraft
joinKeys: [{name: tailnum, type: STRING}]
---
kind: FeatureView
name: delays
since: 2025-11-01
"""


def test_a_folder_gives_its_yaml_files_in_order_and_dates_stay_text(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "views.yml").write_text("kind: FeatureService\nname: model\n")
    (tmp_path / "a.yaml").write_text(TWO)
    (tmp_path / "notes.md").write_text("no definition")

    assert read([tmp_path]).as_input() == [
        {"kind": "ENTITY", "spec": {"name": "aircraft", "joinKeys": [{"name": "tailnum", "type": "STRING"}]}},
        {"kind": "FEATURE_VIEW", "spec": {"name": "delays", "since": "2025-11-01"}},
        {"kind": "FEATURE_SERVICE", "spec": {"name": "model"}},
    ]


def test_a_problem_of_the_server_is_shown_with_its_file_document_and_path(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(TWO)
    problem = Problem("definitions[1].features[0].type", "There is no type INT.", "Did you mean INT64?")

    placed = read([file]).placed(problem)

    assert placed == Problem(
        f"{file}:6, document 2 (feature view delays): features[0].type", "There is no type INT.", "Did you mean INT64?"
    )


def test_a_hint_that_leads_to_another_definition_is_shown_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TWO)
    (tmp_path / "b.yaml").write_text(f"# nothing\n---\n{TWO}")
    written = read([tmp_path])

    placed = written.placed(Problem("definitions[3].name", "It comes twice.", "The other is definitions[1]."))

    assert placed == Problem(
        f"{tmp_path / 'b.yaml'}:9, document 2 (feature view delays): name",
        "It comes twice.",
        f"The other is {tmp_path / 'a.yaml'}:6, document 2 (feature view delays).",
    )


def test_what_cannot_be_read_hides_nothing_that_can(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Entity\nname: [")
    (tmp_path / "b.yaml").write_text(f"kind: Entitee\nname: x\n---\n{TWO}")
    (tmp_path / "c.yaml").write_bytes(b"kind: Entity\n\xff")

    written = read([tmp_path])

    assert [str(origin) for origin in written.origins] == [
        f"{tmp_path / 'a.yaml'}:2, document 1 (entity without a name)",
        f"{tmp_path / 'b.yaml'}:1, document 1 (entity x)",
        f"{tmp_path / 'b.yaml'}:5, document 2 (entity aircraft)",
        f"{tmp_path / 'b.yaml'}:9, document 3 (feature view delays)",
    ]
    assert list(written.problems) == [
        Problem(
            f"{tmp_path / 'c.yaml'}:2",
            "This is not UTF-8: the byte 0xff makes no character here.",
            "Save the file as UTF-8.",
        ),
        Problem(
            f"{tmp_path / 'a.yaml'}:2, document 1 (entity without a name)",
            "This is not YAML: expected the node content, but found the end (column 8).",
            "Look for a bracket or a quote that is not closed, a comma that lacks, or a text that needs quotes.",
        ),
        Problem(
            f"{tmp_path / 'b.yaml'}:1, document 1 (entity x): kind",
            "There is no kind 'Entitee'.",
            "Did you mean 'Entity'?",
        ),
    ]


def test_files_of_which_nothing_can_be_read_are_refused_with_every_problem(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: [")
    (tmp_path / "b.yaml").write_text("kind: ConfigMap\nname: x")

    with pytest.raises(Refused) as refused:
        read([tmp_path])

    assert [problem.path for problem in refused.value.problems] == [
        f"{tmp_path / 'a.yaml'}:1, document 1",
        f"{tmp_path / 'b.yaml'}:1, document 1: kind",
    ]


def test_a_folder_without_definitions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no definition in"):
        read([tmp_path])

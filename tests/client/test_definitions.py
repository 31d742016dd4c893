"""Definitions from files and from Python are planned and applied, and problems lead back to their places."""

import json
from pathlib import Path

import pytest

from j_feature_store import FeatureStore, InvalidInput
from j_feature_store.definition_files import read
from tests.client.world import World

RAMP = {"kind": "Entity", "name": "ramp", "joinKeys": [{"name": "ramp", "type": "STRING"}]}


def test_what_was_applied_from_files_changes_nothing_again(world: World, store: FeatureStore) -> None:
    assert store.plan(world.definitions).changes == []
    assert str(store.plan([world.definitions / "entities.yaml"])) == "No changes: the registry matches already."


def test_a_plan_says_what_changes_and_what_it_makes(world: World, store: FeatureStore) -> None:
    path = world.settings.data_dir / "longer.yaml"
    longer = (world.definitions / "aircraft_delays.yaml").read_text().replace("lookback: 7d", "lookback: 14d")
    path.write_text(longer)

    assert str(store.plan(path)).splitlines()[:2] == [
        "~ feature view aircraft_delays, makes aircraft_delays@2",
        "    transformation.lookback",
    ]


def test_apply_says_which_versions_it_made_and_which_still_need_a_run(world: World, store: FeatureStore) -> None:
    view = {
        "kind": "FeatureView",
        "name": "gate_weather",
        "entities": ["airport"],
        "transformation": {
            "sources": ["weather"],
            "sql": "SELECT origin AS airport, observed_at AS event_timestamp, temp FROM weather",
        },
        "features": [{"name": "temp", "type": "FLOAT64"}],
    }

    applied = store.apply([RAMP, view], plan=store.plan([RAMP, view]))

    assert [change.name for change in applied.plan.changes] == ["ramp", "gate_weather"]
    assert (applied.versions, applied.unmaterialized) == (["gate_weather@1"], ["gate_weather@1"])
    assert applied.materializations == []


def test_a_problem_is_told_with_its_file_its_document_and_its_path(store: FeatureStore, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("null\n---\nkind: Entity\nname: dock\njoinKeys: [{name: dock, type: TEXT}]\n")
    (tmp_path / "b.json").write_text(json.dumps([RAMP, {"kind": "Entity", "name": "Ramp", "joinKeys": []}]))

    with pytest.raises(InvalidInput) as told:
        store.plan(tmp_path)

    assert sorted(problem.path for problem in told.value.problems) == [
        f"{tmp_path}/a.yaml, document 2 (dock): joinKeys[0].type",
        f"{tmp_path}/b.json, document 2 (Ramp): joinKeys",
        f"{tmp_path}/b.json, document 2 (Ramp): name",
    ]


def test_what_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Entity\nname: dock\nname: dock\n")
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.yaml").write_text("kind: Entiti\n---\n- 1\n")

    with pytest.raises(InvalidInput) as told:
        read(tmp_path)

    assert [problem.path.removeprefix(f"{tmp_path}/") for problem in told.value.problems] == [
        "a.yaml",
        "b.json",
        "c.yaml, document 1",
        "c.yaml, document 2",
    ]
    assert "'name' is here twice" in told.value.problems[0].message


def test_yaml_is_read_as_json_has_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("kind: FeatureView\nname: v\nsince: 2026-01-01\nttl: 30d\nrows: 1_0\n")

    assert read(path).as_input() == [
        {"kind": "FEATURE_VIEW", "spec": {"name": "v", "since": "2026-01-01", "ttl": "30d", "rows": 10}}
    ]

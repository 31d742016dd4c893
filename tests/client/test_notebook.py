"""The notebook goes from the demo's features to a model that is better than chance."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.client.world import World

NOTEBOOK = Path(__file__).parents[2] / "client" / "examples" / "late_departures.ipynb"


@pytest.fixture(scope="module")
def outputs(world: World, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What each of its cells of code shows."""
    target = tmp_path_factory.mktemp("notebook") / "done.ipynb"
    program = Path(sys.executable).parent / "jupyter-execute"
    environment = {**os.environ, "JFS_URL": world.url, "IPYTHONDIR": str(target.parent), "HOME": str(target.parent)}
    done = subprocess.run(
        [program, NOTEBOOK, "--output", target], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [cell["outputs"] for cell in json.loads(target.read_text())["cells"] if cell["cell_type"] == "code"]


def shown(outputs: list[Any]) -> str:
    return "\n".join(
        "".join(output.get("text") or output.get("data", {}).get("text/plain") or ()) for output in outputs
    )


def test_its_bar_is_one_output_that_ended_full(outputs: list[Any]) -> None:
    bars = [output for cell in outputs for output in cell if "<progress" in str(output.get("data", {}))]

    assert len(bars) == 1
    assert "late_departures@1 100% SUCCEEDED" in "".join(bars[0]["data"]["text/plain"])


def test_its_model_is_better_than_chance(outputs: list[Any]) -> None:
    found = re.search(r"AUC (0\.\d+)", "\n".join(map(shown, outputs)))

    assert found is not None
    assert float(found[1]) > 0.6


def test_its_model_answers_for_flights_to_come(outputs: list[Any]) -> None:
    assert "N14228" in shown(outputs[-1])
    assert "risk" in shown(outputs[-1])


def test_it_is_kept_without_what_it_showed() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]

    assert [cell["outputs"] for cell in cells if cell["cell_type"] == "code" and cell["outputs"]] == []

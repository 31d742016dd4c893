"""The package as it is: one source for both stores, operations that the server knows, a wheel that stands alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

import j_feature_store
from j_feature_store import AsyncFeatureStore, FeatureStore, operations
from j_feature_store.wire import Operation
from tests.client.world import World

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "client"
SCHEMA = build_schema((ROOT / "schema" / "schema.graphql").read_text())
OPERATIONS = {name: each for name, each in vars(operations).items() if isinstance(each, Operation)}
UV = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
LOOK_UP = """
import json, sys
import j_feature_store
store = j_feature_store.FeatureStore()
values = store.online(["aircraft_profile:seats"], {"tailnum": ["N14228"]})
missing = []
for convert in (values.to_arrow, values.to_pandas, values.to_polars):
    try:
        convert()
    except j_feature_store.Missing as told:
        missing.append(str(told))
try:
    store.plan(sys.argv[1])
except j_feature_store.Missing as told:
    missing.append(str(told))
others = {name.partition(".")[0] for name in sys.modules} & {"graphql_api", "schema", "resolvers"}
print(json.dumps({"from": j_feature_store.__file__, "rows": values.rows, "missing": missing, "others": list(others)}))
"""


def test_the_store_that_blocks_is_made_from_the_one_that_does_not() -> None:
    check = subprocess.run(
        [sys.executable, CLIENT / "scripts" / "make_sync.py", "--check"], capture_output=True, text=True, check=False
    )

    assert (check.stdout, check.returncode) == ("", 0)


def test_both_stores_have_the_same_methods() -> None:
    of = {kind: {name for name in dir(kind) if not name.startswith("_")} for kind in (FeatureStore, AsyncFeatureStore)}

    assert of[FeatureStore] - {"close"} == of[AsyncFeatureStore] - {"aclose"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_server_knows_what_the_client_asks(name: str) -> None:
    assert [error.message for error in validate(SCHEMA, parse(OPERATIONS[name].text))] == []


def test_all_that_is_public_is_listed_and_told() -> None:
    for name in j_feature_store.__all__:
        assert getattr(j_feature_store, name).__doc__ or issubclass(getattr(j_feature_store, name), Exception), name


def test_the_wheel_works_alone_and_says_what_an_extra_would_bring(world: World, tmp_path: Path) -> None:
    uv(tmp_path, "build", "--wheel", "--out-dir", str(tmp_path), str(CLIENT))
    uv(tmp_path, "venv", "--python", sys.executable, "alone")
    (wheel,) = tmp_path.glob("j_feature_store-*-py3-none-any.whl")
    uv(tmp_path, "pip", "install", "--python", "alone", str(wheel))

    asked = subprocess.run(
        [tmp_path / "alone" / "bin" / "python", "-c", LOOK_UP, world.definitions],
        env={"JFS_URL": world.url, "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 0, asked.stderr
    told = json.loads(asked.stdout)
    assert Path(told.pop("from")).is_relative_to(tmp_path / "alone")
    assert told == {
        "rows": [[149]],
        "missing": [
            "This needs pyarrow: pip install 'j-feature-store[arrow]'.",
            "This needs pyarrow: pip install 'j-feature-store[arrow]'.",
            "This needs polars: pip install 'j-feature-store[polars]'.",
            "This needs PyYAML: pip install 'j-feature-store[yaml]'.",
        ],
        "others": [],
    }
    assert (tmp_path / "alone").glob("lib/*/site-packages/j_feature_store/py.typed")


def uv(folder: Path, *arguments: str) -> None:
    done = subprocess.run([UV, "--quiet", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Every example in the client's docstrings, as it stands: of the one store as it is read, of the other awaited."""

import ast
import contextlib
import doctest
import inspect
import io
import traceback
from collections.abc import Iterator
from typing import Any

import pandas
import pytest

import j_feature_store
from j_feature_store import AsyncFeatureStore, FeatureStore
from tests.client.world import World

pytestmark = pytest.mark.filterwarnings("ignore::j_feature_store.TrainingDataWarning")

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def examples_of(kind: type) -> Iterator[doctest.DocTest]:
    for name, member in [(kind.__name__, kind), *inspect.getmembers(kind)]:
        if not name.startswith("_"):
            text = inspect.getdoc(member)
            yield from [doctest.DocTestParser().get_doctest(text, {}, name, None, 0)] if text and ">>>" in text else []


PLAIN = list(examples_of(FeatureStore))
AWAITED = list(examples_of(AsyncFeatureStore))


@pytest.fixture(scope="module", autouse=True)
def seats(world: World) -> None:
    """A data set of three rows, which examples find."""
    rows = pandas.DataFrame({"tailnum": ["N14228", "N24211", "not a plane"], "at": pandas.Timestamp.now("UTC")})
    with world.store() as store:
        store.training_dataset("seats", ["aircraft_profile:seats"], spine=rows, event_timestamp="at")


@pytest.fixture(autouse=True)
def environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JFS_URL", world.url)


@pytest.mark.parametrize("example", PLAIN, ids=lambda each: each.name)
def test_an_example_gives_what_it_says(example: doctest.DocTest, store: FeatureStore) -> None:
    check(doctest.DocTest(example.examples, {"store": store}, example.name, None, 0, example.docstring))


def test_the_example_of_the_package_gives_what_it_says() -> None:
    example = doctest.DocTestParser().get_doctest(j_feature_store.__doc__ or "", {}, "package", None, 0)
    check(example)
    example.globs["store"].close()


def check(example: doctest.DocTest) -> None:
    told = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(example, out=told.write, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0, told.getvalue()


@pytest.mark.parametrize("example", AWAITED, ids=lambda each: each.name)
async def test_an_awaited_example_gives_what_it_says(example: doctest.DocTest, world: World) -> None:
    checker = doctest.OutputChecker()
    async with AsyncFeatureStore(world.url) as store:
        names: dict[str, Any] = {"store": store}
        for each in example.examples:
            found = await printed(each.source, names)
            assert checker.check_output(each.want, found, OPTIONS), f"{each.source}gave {found}, not {each.want}"


async def printed(source: str, names: dict[str, Any]) -> str:
    """What a statement shows at the prompt of `python -m asyncio`."""
    code = compile(source, "<example>", "single", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with contextlib.redirect_stdout(io.StringIO()) as told:
        try:
            result = eval(code, names)
            if inspect.iscoroutine(result):
                await result
        except Exception:
            told.write(traceback.format_exc())
    return told.getvalue()


def test_both_stores_have_the_same_examples() -> None:
    assert [each.name.removeprefix("Async") for each in AWAITED] == sorted(
        (each.name for each in PLAIN), key=lambda name: (name != "FeatureStore", name)
    )
    assert len(PLAIN) > 8

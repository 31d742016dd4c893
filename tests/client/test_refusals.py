"""Each refusal of the server is an exception of its own, with what it carries."""

from pathlib import Path
from typing import Any

import pytest

from j_feature_store import (
    AsyncFeatureStore,
    BlockedByDependents,
    Conflict,
    FeatureStore,
    FeatureStoreError,
    Forbidden,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Problem,
    Refused,
    ServerFault,
    Unauthenticated,
    Unavailable,
)
from j_feature_store.errors import refusal
from tests.client.world import World

PIER = {"kind": "Entity", "name": "pier", "joinKeys": [{"name": "pier", "type": "STRING"}]}


def test_what_is_not_there_is_not_found(store: FeatureStore) -> None:
    with pytest.raises(NotFound, match="no_model"):
        store.online("no_model", {})
    with pytest.raises(NotFound):
        store.cancel("nothing")


def test_wrong_input_leads_to_its_places(store: FeatureStore) -> None:
    with pytest.raises(InvalidInput) as told:
        store.online("delay_model", {"tailnum": ["N14228"], "origin": ["EWR"], "dest": ["IAH"]})

    assert told.value.code == "INVALID_INPUT"
    assert "carrier" in str(told.value)


async def test_an_awaited_call_is_refused_alike(world: World) -> None:
    async with AsyncFeatureStore(world.url) as store:
        with pytest.raises(InvalidInput, match="carrier"):
            await store.online("delay_model", {"tailnum": ["N14228"]})


def test_a_viewer_may_look_and_not_compute(world: World) -> None:
    with world.store(world.token("VIEWER")) as store:
        assert store.online(["aircraft_profile:seats"], {"tailnum": ["N14228"]}).rows == [[149]]
        with pytest.raises(Forbidden):
            store.materialize("airport_weather")


def test_a_token_that_does_not_count_is_told(world: World) -> None:
    with world.store("jfs_nonsense") as store, pytest.raises(Unauthenticated):
        store.runs()
    with pytest.raises(Unauthenticated, match="no API token"):
        FeatureStore(world.url, "two words")


def test_a_plan_that_is_no_longer_true_is_a_conflict(store: FeatureStore) -> None:
    reviewed = store.plan(PIER)
    store.apply({**PIER, "description": "Meanwhile."})

    with pytest.raises(Conflict):
        store.apply(PIER, plan=reviewed)


def test_what_others_need_is_not_pruned_and_they_are_named(store: FeatureStore) -> None:
    lounge = {"kind": "Entity", "name": "lounge", "joinKeys": [{"name": "lounge", "type": "STRING"}]}
    view: dict[str, Any] = {
        "kind": "FeatureView",
        "name": "lounge_guests",
        "entities": ["lounge"],
        "transformation": {"push": {}},
        "features": [{"name": "guests", "type": "INT64"}],
    }
    store.apply(lounge, label="lounges")
    store.apply(view)

    with pytest.raises(BlockedByDependents) as told:
        store.apply(PIER, label="lounges", prune=True)

    assert told.value.dependents == ("lounge_guests@1",)


def test_a_place_that_is_none_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(InvalidInput, match="write http://host:port"):
        FeatureStore("localhost:8000")


def test_what_json_cannot_tell_is_refused_before_anything_is_sent(store: FeatureStore) -> None:
    with pytest.raises(InvalidInput, match="cannot be sent as JSON"):
        store.online("delay_model", {"tailnum": [object()]})


def test_a_file_that_is_not_there_is_named(store: FeatureStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no file or folder"):
        store.plan(tmp_path / "nothing.yaml")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("NOT_FOUND", NotFound),
        ("CONFLICT", Conflict),
        ("UNAUTHENTICATED", Unauthenticated),
        ("FORBIDDEN", Forbidden),
        ("LIMIT_EXCEEDED", LimitExceeded),
        ("INTERNAL", ServerFault),
        ("OF_A_LATER_SERVER", Refused),
    ],
)
def test_every_code_has_its_exception(code: str, error: type[Refused]) -> None:
    told = refusal(code, "No.", {})

    assert (type(told), told.code, str(told)) == (error, code, "No.")
    assert isinstance(told, FeatureStoreError)


def test_a_refusal_carries_what_its_kind_tells() -> None:
    problem = {"path": "input.start", "message": "It is later than end.", "hint": "Swap them."}

    wrong = refusal("INVALID_INPUT", "That is wrong.", {"problems": [problem]})
    blocked = refusal("BLOCKED_BY_DEPENDENTS", "It is in use.", {"dependents": ["model@1"]})
    away = refusal("UNAVAILABLE", "Not now.", {"retryAfterSeconds": 1.5})

    assert isinstance(wrong, InvalidInput)
    assert wrong.problems == (Problem("start", "It is later than end.", "Swap them."),)
    assert str(wrong) == "That is wrong.\n  start: It is later than end. Swap them."
    assert str(blocked) == "It is in use.\n  model@1"
    assert isinstance(away, Unavailable)
    assert away.retry_after_seconds == 1.5

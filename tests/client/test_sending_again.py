"""What is sent again where no answer came, and what never is."""

import logging

import pytest

from j_feature_store import AsyncFeatureStore, FeatureStore, Unavailable
from j_feature_store.errors import Refused, ServerFault, UnexpectedAnswer
from j_feature_store.place import place_of
from j_feature_store.wire import LONGEST_PAUSE, data_of, pause_before
from tests.client.cutting import answers_lost
from tests.client.world import World

GATE = {"kind": "Entity", "name": "stand", "joinKeys": [{"name": "stand", "type": "STRING"}]}
SEATS = (["aircraft_profile:seats"], {"tailnum": ["N14228"]})


def test_a_query_is_asked_again(world: World) -> None:
    with answers_lost(world.port, times=2) as line, FeatureStore(line.url, retries=2) as store:
        assert store.online(*SEATS).rows == [[149]]

    assert len(line.requests) == 3


async def test_an_awaited_query_is_asked_again(world: World) -> None:
    with answers_lost(world.port, times=2) as line:
        async with AsyncFeatureStore(line.url, retries=2) as store:
            assert (await store.online(*SEATS)).rows == [[149]]

    assert len(line.requests) == 3


def test_a_query_is_not_asked_for_ever(world: World) -> None:
    lost = answers_lost(world.port, times=9)
    with lost as line, FeatureStore(line.url, retries=1) as store, pytest.raises(Unavailable) as told:
        store.online(*SEATS)

    assert str(told.value).startswith(f"No answer from {line.url}: ")
    assert len(line.requests) == 2


def test_a_start_whose_answer_is_lost_is_sent_again_and_starts_one_run(world: World, store: FeatureStore) -> None:
    before = len(store.runs("airport_weather"))

    with answers_lost(world.port, times=1) as line, FeatureStore(line.url) as over_it:
        started = over_it.materialize("airport_weather", wait=False)

    assert store.wait(started).state == "SUCCEEDED"
    assert len(store.runs("airport_weather")) == before + 1
    assert len(line.requests) == 2


def test_an_apply_whose_answer_is_lost_is_not_sent_again(world: World, store: FeatureStore) -> None:
    with answers_lost(world.port, times=1) as line, FeatureStore(line.url) as over_it, pytest.raises(Unavailable):
        over_it.apply(GATE)

    assert len(line.requests) == 1
    assert store.plan(GATE).changes == []  # it was done all the same


def test_a_mutation_that_cannot_have_left_is_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "j_feature_store")

    with FeatureStore("http://127.0.0.1:9", retries=2) as store, pytest.raises(Unavailable):
        store.apply(GATE)

    assert [record.message.split(" Asking")[0] for record in caplog.records] == [
        "No answer from http://127.0.0.1:9: [Errno 111] Connection refused."
    ] * 2


@pytest.mark.parametrize(
    ("status", "headers", "content", "error"),
    [
        (503, {"retry-after": "3"}, b"<html>", Unavailable("http://here answered 503.", 3.0)),
        (502, {}, b"<html>", Unavailable("http://here answered 502.")),
        (404, {}, b"<html>", UnexpectedAnswer("http://here answered 404, but not as this API does. Is the URL right?")),
        (200, {}, b"[1]", UnexpectedAnswer("http://here answered 200, but not as this API does. Is the URL right?")),
        (
            200,
            {},
            b'{"errors": [{"message": "a", "extensions": {"code": "INTERNAL"}}, {"message": "b"}], "data": null}',
            ServerFault("a\nb"),
        ),
        (
            503,
            {},
            b'{"errors": [{"message": "a", "extensions": {"code": "UNAVAILABLE", "retryAfterSeconds": 2.5}}]}',
            Unavailable("a", 2.5),
        ),
        (200, {}, b'{"errors": [{"message": "a", "extensions": {"code": "NEW"}}]}', Refused("a")),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    status: int, headers: dict[str, str], content: bytes, error: Exception
) -> None:
    with pytest.raises(type(error)) as told:
        data_of(status, headers, content, "http://here")

    assert (type(told.value), vars(told.value) | {"code": ""}) == (type(error), vars(error) | {"code": ""})


def test_pauses_grow_and_the_server_may_ask_for_one() -> None:
    growing = [pause_before(attempt, Unavailable("busy")) for attempt in (1, 3, 5, 50)]

    assert growing == sorted(growing)
    assert growing[-1] <= LONGEST_PAUSE
    assert pause_before(1, Unavailable("busy", 2.0)) == 2.0


def test_the_token_goes_to_the_server_alone() -> None:
    place = place_of("https://store.example/base/", "jfs_secret", None)

    assert place.headers_for("https://store.example/downloads/1") == {"Authorization": "Bearer jfs_secret"}
    for elsewhere in ("http://store.example/", "https://store.example:8443/", "https://s3.example/store.example"):
        assert place.headers_for(elsewhere) == {}
    assert place.absolute("/downloads/1") == "https://store.example/downloads/1"
    assert place.absolute("https://s3.example/x?y=1") == "https://s3.example/x?y=1"
    assert "secret" not in repr(place)

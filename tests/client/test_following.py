"""A run is followed over connections that break, and no event is missed or told twice."""

import threading
from datetime import UTC, datetime

import pytest

from j_feature_store import (
    AsyncFeatureStore,
    FeatureStore,
    InvalidInput,
    Materialization,
    NotFound,
    RunFailed,
    TimedOut,
    Unauthenticated,
)
from tests.client.cutting import cut_after_frames
from tests.client.world import World

ACKNOWLEDGED = 1


@pytest.fixture(scope="module")
def run(world: World) -> str:
    """One that is over, of several events."""
    with world.store() as store:
        return store.runs("aircraft_delays", limit=1)[0].id


def test_a_run_is_told_from_its_first_event_to_its_last(store: FeatureStore, run: str) -> None:
    events = list(store.watch(run))

    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.is_last for event in events] == [False] * (len(events) - 1) + [True]
    assert (events[0].state, events[-1].state, events[-1].fraction) == ("QUEUED", "SUCCEEDED", 1.0)


def test_what_was_seen_is_not_told_again(store: FeatureStore, run: str) -> None:
    events = list(store.watch(run))

    assert list(store.watch(run, after=3)) == events[3:]
    assert list(store.watch(run, after=len(events))) == []


def test_a_line_that_breaks_within_every_third_event_loses_none(world: World, store: FeatureStore, run: str) -> None:
    events = list(store.watch(run))

    with cut_after_frames(world.port, ACKNOWLEDGED + 2) as line, FeatureStore(line.url) as over_it:
        assert list(over_it.watch(run)) == events

    assert len(events) > 4
    assert len(line.requests) == (len(events) + 1) // 2


async def test_it_loses_none_for_who_awaits_them_either(world: World, store: FeatureStore, run: str) -> None:
    events = list(store.watch(run))

    with cut_after_frames(world.port, ACKNOWLEDGED + 1) as line:
        async with AsyncFeatureStore(line.url) as over_it:
            assert [event async for event in over_it.watch(run)] == events

    assert len(line.requests) == len(events)


def test_a_server_that_is_killed_and_started_again_in_mid_run_loses_none(world: World, store: FeatureStore) -> None:
    started = store.materialize("airport_weather", wait=False)
    watched = store.watch(started)
    events = [next(watched)]

    world.kill("api")
    again = threading.Timer(0.5, world.start, ["api"])
    again.start()
    events += watched
    world.until_ready()

    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert (events[0].state, events[-1].state) == ("QUEUED", "SUCCEEDED")
    assert list(store.watch(started)) == events


def test_a_token_that_does_not_count_is_not_tried_again(world: World, run: str) -> None:
    with world.store("jfs_nonsense") as store, pytest.raises(Unauthenticated):
        list(store.watch(run))


def test_a_run_that_is_not_there_is_not_found(store: FeatureStore) -> None:
    with pytest.raises(NotFound):
        list(store.watch("bm8gcnVu"))


def test_waiting_ends_in_time_and_the_run_goes_on(store: FeatureStore) -> None:
    with pytest.raises(TimedOut, match="airport_weather@1 goes on") as told:
        store.materialize("airport_weather", timeout=0.0)

    (latest,) = store.runs("airport_weather", limit=1)
    assert isinstance(told.value.run, Materialization)
    assert told.value.run.id == latest.id
    assert store.wait(told.value.run).state == "SUCCEEDED"


def test_who_watches_by_an_id_is_told_the_id_and_may_wait_for_it(store: FeatureStore, run: str) -> None:
    with pytest.raises(TimedOut) as told:
        list(store.watch(run, timeout=0.0))

    assert told.value.run == run
    assert store.wait(run).id == run


def test_who_is_tired_of_waiting_for_a_data_set_knows_which_and_may_go_on(store: FeatureStore) -> None:
    spine = {"tailnum": ["N14228"], "at": [datetime.now(UTC)]}
    with pytest.raises(TimedOut, match="late@1 goes on") as told:
        store.training_dataset("late", ["aircraft_profile:seats"], spine=spine, event_timestamp="at", timeout=0.0)

    ended = store.wait(told.value.run)
    assert (ended.title, ended.state) == ("late@1", "SUCCEEDED")
    assert store.get_training_dataset("late").to_arrow().num_rows == 1


async def test_so_may_who_awaits_it(world: World) -> None:
    spine = {"tailnum": ["N14228"], "at": [datetime.now(UTC)]}
    async with AsyncFeatureStore(world.url) as store:
        asked = store.training_dataset(
            "slow", ["aircraft_profile:seats"], spine=spine, event_timestamp="at", wait=False
        )
        dataset = await asked
        with pytest.raises(TimedOut, match="slow@1 goes on"):
            await dataset.wait(timeout=0.0)
        await dataset.wait()

    assert dataset.rows == 1


def test_who_waits_for_a_run_that_is_cancelled_is_told(store: FeatureStore) -> None:
    run = store.materialize("airport_weather", wait=False)
    store.cancel(run)

    with pytest.raises(RunFailed) as told:
        store.wait(run)

    assert (told.value.run.id, told.value.run.state) == (run.id, "CANCELLED")


def test_one_key_starts_one_run(store: FeatureStore) -> None:
    first = store.materialize("airport_weather", idempotency_key="the same")
    second = store.materialize("airport_weather", idempotency_key="the same")

    assert second.id == first.id


def test_a_range_that_is_empty_is_refused_with_its_place(store: FeatureStore) -> None:
    with pytest.raises(InvalidInput) as told:
        store.materialize("airport_weather", start="2026-01-02T00:00:00Z", end="2026-01-01T00:00:00Z")

    assert [problem.path for problem in told.value.problems] == ["start"]

"""A delay that is shorter than the pause between runs is warned of."""

import pytest

from graphql_api.definitions.schedules import longest_pause
from graphql_api.domain.durations import parse_duration
from tests.definitions.example import ACTIVITY, DELAYS, GROUND, PROFILE
from tests.definitions.world import World


@pytest.mark.parametrize(
    ("schedule", "pause"),
    [
        ("* * * * *", "1m"),
        ("15 * * * *", "1h"),
        ("0 9,17 * * *", "16h"),
        ("0 9 * * 1-5", "3d"),
        ("0 0 1 * *", "31d"),
        ("0 0 1 1 *", "365d"),
        ("0 0 29 2 *", "1461d"),
    ],
)
def test_the_longest_pause_of_a_schedule(schedule: str, pause: str) -> None:
    assert longest_pause(schedule) == parse_duration(pause)


def warning(view: str, delay: str, pause: str) -> str:
    return (
        f"{view}: its delay ({delay}) is shorter than the pause between its runs (up to {pause}): training data takes "
        f"a row {delay} after its event, while online it arrives with the next run, up to that pause later. Run more "
        "often, or raise the delay."
    )


async def test_a_delay_that_is_shorter_than_the_pause_between_runs() -> None:
    world = World()
    text = DELAYS.replace("15 * * * *", "0 0,6 * * *") + ACTIVITY.replace("---", 'schedule: "0 * * * *"\n---')

    assert (await world.plan(GROUND + text)).warnings == (
        warning("aircraft_activity", "0s", "1h"),
        warning("aircraft_delays", "1h", "18h"),
    )


async def test_a_static_view_has_no_delay_that_could_be_short() -> None:
    world = World()
    text = PROFILE.replace("name: aircraft_profile", 'name: aircraft_profile\nschedule: "0 * * * *"')

    assert (await world.plan(GROUND + DELAYS + text)).warnings == ()

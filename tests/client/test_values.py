"""Values as tables, exact, whatever the entities came as."""

# pyright: basic
# (types of pandas' and Arrow's columns are unknown in part)

from datetime import UTC, datetime

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from j_feature_store import FeatureStore, FeatureValues
from j_feature_store.frames import pandas_of
from j_feature_store.tables import columns_of

TAILS = ["N14228", None, "N24211"]
SEATS = ["aircraft_profile:seats"]


@pytest.mark.parametrize(
    "entities",
    [
        {"tailnum": TAILS},
        {"tailnum": tuple(TAILS)},
        {"tailnum": np.array(TAILS, dtype=object)},
        {"tailnum": pd.Series(TAILS)},
        {"tailnum": pl.Series(TAILS)},
        {"tailnum": pa.array(TAILS)},
        pd.DataFrame({"tailnum": TAILS}),
        pd.DataFrame({"label": [0, 1, 0]}, index=pd.Index(TAILS, name="tailnum")),
        pl.DataFrame({"tailnum": TAILS}),
        pl.LazyFrame({"tailnum": TAILS}),
        pa.table({"tailnum": TAILS}),
        duckdb.sql("SELECT unnest(['N14228', NULL, 'N24211']) AS tailnum"),
    ],
    ids=lambda each: type(each if not isinstance(each, dict) else each["tailnum"]).__module__.partition(".")[0],
)
def test_entities_come_as_columns_of_any_kind(store: FeatureStore, entities: object) -> None:
    found = store.online(SEATS, entities)  # type: ignore[arg-type]

    assert found.rows == [[149], [None], [149]]
    assert found.statuses == [["PRESENT"], ["MISSING"], ["PRESENT"]]


def test_a_service_is_asked_by_its_name(store: FeatureStore) -> None:
    entities = {"tailnum": ["N14228"], "carrier": ["UA"], "origin": ["EWR"], "dest": ["IAH"]}

    found = store.online("delay_model", entities)

    assert found.to_dicts() == [dict(zip(found.features, found.rows[0], strict=True))]
    assert list(found.to_pandas().columns) == [*entities, *found.features]
    assert "route_flights" in found.features


LARGE = 2**53 + 1
FOUND = FeatureValues(
    features=["seen", "share", "late"],
    rows=[[LARGE, 0.5, True], [None, None, None]],
    statuses=[["PRESENT"] * 3, ["MISSING"] * 3],
    views=["counts@1"],
    view_of_feature=[0, 0, 0],
    event_timestamps=[[datetime(2026, 1, 1, tzinfo=UTC)], [None]],
    materialization_ids=[["x"], [None]],
    asked={"tail": ["N1", "N2"]},
)


def test_tables_hold_what_was_asked_and_exact_values() -> None:
    expected = {"tail": ["N1", "N2"], "seen": [LARGE, None], "share": [0.5, None], "late": [True, None]}

    assert FOUND.to_arrow().to_pydict() == expected
    assert FOUND.to_polars().to_dict(as_series=False) == expected
    frame = FOUND.to_pandas()
    assert [str(kind) for kind in frame.dtypes] == ["str", "Int64", "float64", "boolean"]
    assert frame["seen"].tolist() == [LARGE, pd.NA]


WHOLE = ["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"]


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_of_any_width_stay_exact_beside_a_null(name: str) -> None:
    kind = getattr(pa, name.lower())()
    most = 2 ** (kind.bit_width - (not name.startswith("U"))) - 1

    frame = pandas_of(pa.table({"n": pa.array([most, None], kind), "all": pa.array([most, 0], kind)}))

    assert [str(kind) for kind in frame.dtypes] == [name, name]
    assert (frame["n"].tolist(), frame["all"].tolist()) == ([most, pd.NA], [most, 0])


def test_lists_keep_their_numbers_and_their_nulls() -> None:
    columns = {
        "seen": [[LARGE, None], None, []],
        "late": [[True, None], [], None],
        "share": [[0.5, None], [], None],
        "tails": [["N1", None], [], None],
    }

    frame = pandas_of(pa.table(columns))

    assert {name: [None if each is pd.NA else each for each in frame[name]] for name in columns} == columns
    assert columns_of(frame) == columns


def test_values_that_libraries_have_are_sent_as_json_has_them() -> None:
    frame = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "at": [pd.Timestamp("2026-01-01T00:00Z"), pd.NaT]})

    assert columns_of(frame) == {"n": [1, None], "at": [pd.Timestamp("2026-01-01T00:00Z"), None]}
    assert columns_of({"n": np.array([1, 2])}) == {"n": [1, 2]}

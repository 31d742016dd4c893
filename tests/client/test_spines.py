"""Columns and tables of any kind become one Parquet file, or are refused in words."""

# pyright: basic
# (types of pandas' and Arrow's columns are unknown in part)

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from j_feature_store import InvalidInput
from j_feature_store.files import as_file
from j_feature_store.tables import columns_of

LARGE = 2**53 + 1
TWICE = "Several columns of this table are named 'a': rename them"
NOON = datetime(2026, 6, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"tail": ["N1", None], "n": [LARGE, 2]}),
        pd.DataFrame({"n": [LARGE, 2]}, index=pd.Index(["N1", None], name="tail")),
        pl.DataFrame({"tail": ["N1", None], "n": [LARGE, 2]}),
        pl.LazyFrame({"tail": ["N1", None], "n": [LARGE, 2]}),
        pa.table({"tail": ["N1", None], "n": [LARGE, 2]}),
        pa.table({"tail": ["N1", None], "n": [LARGE, 2]}).to_reader(),
        {"tail": ["N1", None], "n": (LARGE, 2)},
        {"tail": ["N1", pd.NA], "n": range(LARGE, 0, 2 - LARGE)},
        {"tail": np.array(["N1", None], dtype=object), "n": np.array([LARGE, 2])},
        {"tail": pd.Series(["N1", None]), "n": pd.Series([LARGE, 2])},
        {"tail": pl.Series(["N1", None]), "n": pl.Series([LARGE, 2])},
        {"tail": pa.array(["N1", None]), "n": pa.chunked_array([[LARGE], [2]])},
    ],
    ids=[
        *("pandas", "pandas index", "polars", "polars lazy", "arrow", "arrow stream"),
        *("lists", "nothing and a range", "NumPy", "series of pandas", "series of polars", "arrays of Arrow"),
    ],
)
def test_a_table_of_any_kind_becomes_the_same_parquet(table: object) -> None:
    with as_file(table) as path:  # type: ignore[arg-type]
        assert pq.read_table(path).to_pydict() == {"tail": ["N1", None], "n": [LARGE, 2]}

    assert not path.exists()


def test_what_is_neither_a_table_nor_a_file_of_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spine.xlsx").write_bytes(b"x")

    for given, told in [
        (tmp_path / "spine.xlsx", "neither .parquet nor .csv"),
        (tmp_path / "none.csv", "no file"),
        (pd.DataFrame({"x": [1, "a"]}), "cannot be written as Parquet"),
        ([1, 2], "neither columns by name, nor a table"),
    ]:
        with pytest.raises(InvalidInput, match=told), as_file(given):  # type: ignore[arg-type]
            pass


@pytest.mark.parametrize(
    "moments",
    [
        [NOON, None],
        [pd.Timestamp(NOON), pd.NaT],
        pd.Series([NOON, None]),
        pl.Series([NOON, None]),
        np.array(["2026-06-14T12:00", "NaT"], "datetime64[ns]"),
        np.array(["2026-06-14T12:00", "NaT"], "datetime64[s]"),
    ],
    ids=["datetimes", "timestamps", "pandas", "polars", "nanoseconds", "seconds"],
)
def test_moments_are_moments_whatever_they_come_in(moments: object) -> None:
    with as_file({"at": moments}) as path:  # type: ignore[arg-type]
        kept, none = pq.read_table(path).to_pydict()["at"]

    assert (kept.replace(tzinfo=UTC), none) == (NOON, None)
    listed, none = columns_of({"at": moments})["at"]  # type: ignore[dict-item]
    assert (listed.replace(tzinfo=UTC), none) == (NOON, None)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), TWICE),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "Several columns of this table are named '1': rename them"),
        (
            pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]),
            TWICE,
        ),
        (
            pd.DataFrame({"a": [1]}, index=pd.Index([1], name="a")),
            r"index and one of its columns are both named 'a': .* reset_index\(drop=True\)",
        ),
    ],
    ids=["pandas", "pandas as texts", "arrow", "pandas index"],
)
def test_columns_of_one_name_are_refused_with_the_name(given: object, told: str) -> None:
    with pytest.raises(InvalidInput, match=told), as_file(given):  # type: ignore[arg-type]
        pass
    with pytest.raises(InvalidInput, match=told):
        columns_of(given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (pl.DataFrame({"a": [object()]}), "the column 'a' holds Python objects"),
        (pl.LazyFrame({"a": [1]}).select("b"), "b"),
        (pl.DataFrame({"a": [{}]}), "struct"),
        (pd.DataFrame({"a": [2**70]}), "too large"),
        (pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}), "Sparse"),
        ({"a": [1, "b"]}, "the column 'a': .*'b'"),
        ({"a": [2**70]}, "the column 'a': .*too large"),
        ({"a": pl.Series([object()], dtype=pl.Object)}, "the column 'a': .*object"),
        ({"a": np.array([[1, 2]])}, "the column 'a': .*1-dimensional"),
    ],
    ids=["object", "lazy", "struct", "large", "sparse", "mixed", "large in a list", "object series", "two axes"],
)
def test_what_parquet_cannot_hold_is_refused_and_says_what_it_can(given: object, told: str) -> None:
    with pytest.raises(InvalidInput) as refused, as_file(given):  # type: ignore[arg-type]
        pass

    assert re.match(f"This table cannot be written as Parquet: .*{told}", str(refused.value), re.DOTALL)
    assert str(refused.value).endswith("texts, truths, moments, or lists of these.")


def test_columns_of_several_lengths_are_refused_with_their_lengths() -> None:
    with pytest.raises(InvalidInput, match="equally long: 'a' has 2, 'b' has 1"), as_file({"a": [1, 2], "b": [1]}):
        pass


@pytest.mark.parametrize("one", ["N14228", 5, {"N14228": 1}])
def test_a_value_where_a_column_is_due_is_refused(one: object) -> None:
    told = "The column 'tailnum' is a list of values"
    with pytest.raises(InvalidInput, match=told), as_file({"tailnum": one}):  # type: ignore[dict-item]
        pass
    with pytest.raises(InvalidInput, match=told):
        columns_of({"tailnum": one})  # type: ignore[dict-item]

"""Types of DuckDB against those of features, and columns of many files as one. DuckDB itself says what widens."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.definitions.columns import merged_columns, source_columns, spread
from graphql_api.definitions.duck_types import fits, value_type_of, widened
from graphql_api.definitions.questions import Refusal
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, FileSchema
from graphql_api.engines.types import widens

FITS = {
    "BOOLEAN": ["BOOL"],
    "TINYINT": ["INT64", "FLOAT64"],
    "BIGINT": ["INT64", "FLOAT64"],
    "UINTEGER": ["INT64", "FLOAT64"],
    "UBIGINT": ["INT64", "FLOAT64"],
    "HUGEINT": ["INT64", "FLOAT64"],
    "UHUGEINT": ["FLOAT64"],
    "DECIMAL(18,0)": ["INT64", "FLOAT64"],
    "DECIMAL(18,2)": ["FLOAT64"],
    "FLOAT": ["FLOAT64"],
    "DOUBLE": ["FLOAT64"],
    "VARCHAR": ["STRING"],
    "UUID": ["STRING"],
    "ENUM('a', 'b')": ["STRING"],
    "DATE": ["TIMESTAMP"],
    "TIMESTAMP": ["TIMESTAMP"],
    "TIMESTAMP_NS": ["TIMESTAMP"],
    "TIMESTAMP WITH TIME ZONE": ["TIMESTAMP"],
    "BOOLEAN[]": ["BOOL_LIST"],
    "INTEGER[]": ["INT64_LIST", "FLOAT64_LIST"],
    "DOUBLE[]": ["FLOAT64_LIST"],
    "VARCHAR[]": ["STRING_LIST"],
    "TIMESTAMP[]": [],
    "INTEGER[][]": [],
    "FLOAT[3]": [],
    "JSON": [],
    "BLOB": [],
    "TIME": [],
    "INTERVAL": [],
    "STRUCT(a INTEGER)": [],
    "MAP(VARCHAR, INTEGER)": [],
    '"NULL"': [],
}


@pytest.mark.parametrize("data_type", FITS)
def test_what_fits_what(data_type: str) -> None:
    assert [str(value_type) for value_type in ValueType if fits(data_type, value_type)] == FITS[data_type]


def test_the_type_of_a_column_is_the_first_that_fits() -> None:
    assert [value_type_of(name) for name in ("BIGINT", "DECIMAL(9,2)", "INTEGER[]", "BLOB")] == [
        ValueType.INT64,
        ValueType.FLOAT64,
        ValueType.INT64_LIST,
        None,
    ]


WHOLE = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"]


@pytest.mark.parametrize("one", WHOLE)
def test_whole_numbers_widen_as_duckdb_itself_unites_them(one: str) -> None:
    with duckdb.connect() as connection:
        for other in WHOLE:
            query = f"DESCRIBE SELECT CAST(0 AS {one}) AS x UNION ALL SELECT CAST(0 AS {other})"
            assert widened(one, other) == connection.execute(query).fetchall()[0][1], (one, other)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("INTEGER", "FLOAT", "DOUBLE"),
        ("FLOAT", "FLOAT", "FLOAT"),
        ("FLOAT", "DOUBLE", "DOUBLE"),
        ("DECIMAL(9,2)", "DECIMAL(12,4)", "DECIMAL(12,4)"),
        ("DECIMAL(9,2)", "INTEGER", "DECIMAL(12,2)"),
        ("DECIMAL(38,2)", "BIGINT", "DECIMAL(38,2)"),
        ("DECIMAL(38,20)", "BIGINT", "DOUBLE"),
        ("INTEGER[]", "BIGINT[]", "BIGINT[]"),
        ('"NULL"', "VARCHAR", "VARCHAR"),
        ("TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP"),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", None),
        ("VARCHAR", "INTEGER", None),
        ("DATE", "TIMESTAMP", None),
        ("BOOLEAN", "INTEGER", None),
    ],
)
def test_other_types_widen_or_disagree(one: str, other: str, both: str | None) -> None:
    assert (widened(one, other), widened(other, one)) == (both, both)


TYPES = st.recursive(
    st.sampled_from([name for name in FITS if not name.endswith("[]")] + [*WHOLE, "TIMESTAMP_S", "TIMESTAMP_MS"])
    | st.tuples(st.integers(1, 38), st.integers(0, 38))
    .filter(lambda digits: digits[1] <= digits[0])
    .map(lambda digits: f"DECIMAL({digits[0]},{digits[1]})"),
    lambda inner: inner.map(lambda name: f"{name}[]"),
    max_leaves=2,
)


@given(TYPES, TYPES)
def test_what_a_plan_merges_a_run_reads(one: str, other: str) -> None:
    both = widened(one, other)

    assert both == widened(other, one)
    if both is None:
        assert not widens(one, other)
        assert not widens(other, one)
    else:
        assert (widens(one, both), widens(other, both)) == (True, True)


def a_file(**types: str) -> FileSchema:
    return FileSchema([FileColumn(name, data_type) for name, data_type in types.items()], rows=1)


def test_columns_are_merged_by_name() -> None:
    merged = merged_columns([("a", a_file(x="INTEGER", y='"NULL"')), ("b", a_file(z="DATE", x="BIGINT", y="VARCHAR"))])

    assert merged == [FileColumn("x", "BIGINT"), FileColumn("y", "VARCHAR"), FileColumn("z", "DATE")]


def test_files_that_disagree_are_both_named() -> None:
    files = [("a", a_file(x="INTEGER")), ("b", a_file(x="BIGINT")), ("c", a_file(x="VARCHAR"))]

    assert merged_columns(files) == Refusal(
        "Column 'x' is BIGINT in b and VARCHAR in c.", "Write the files with one type, or split them into two sources."
    )


def test_names_that_differ_in_case_alone_are_refused() -> None:
    assert merged_columns([("a", a_file(x="INTEGER")), ("b", a_file(X="INTEGER"))]) == Refusal(
        "Column 'x' of a and 'X' of b differ in case alone.",
        "SQL takes the two for one: write the files with one spelling.",
    )


def test_a_column_that_no_feature_can_hold_is_listed_all_the_same() -> None:
    parts = source_columns([FileColumn("raw", "BLOB"), FileColumn("n", "SMALLINT")])

    assert [(part.name, part.data_type, part.value_type) for part in parts] == [
        ("raw", "BLOB", None),
        ("n", "SMALLINT", ValueType.INT64),
    ]


def test_two_hundred_footers_are_spread_over_the_names() -> None:
    names = [f"{number:05}" for number in range(10_000)]
    chosen = spread(names)

    assert (len(set(chosen)), chosen[0], chosen[-1]) == (200, "00000", "09999")
    assert spread(["b", "a"]) == ["a", "b"]

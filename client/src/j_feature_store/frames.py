"""Tables of pandas, polars and Arrow on their way out. Each is an extra, and asked for only where it is used."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from j_feature_store.extras import needed

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


def arrow_of(columns: Mapping[str, list[Any]]) -> "pyarrow.Table":
    return needed("pyarrow", "arrow").table(dict(columns))


def polars_of(columns: Mapping[str, list[Any]]) -> "polars.DataFrame":
    return needed("polars", "polars").DataFrame(dict(columns), strict=False)


def pandas_of(table: "pyarrow.Table") -> "pandas.DataFrame":
    """Whole numbers and truths as nullable columns, lists as Arrow's: a null would make floats of them, which end to be
    exact at 2^53."""
    pandas, types = needed("pandas", "pandas"), needed("pyarrow.types", "pandas")
    whole = {f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
    exact = {**whole, "bool": "boolean"}

    def kind_of(type: object) -> object:
        if types.is_nested(type):
            return pandas.ArrowDtype(type)
        name = exact.get(str(type))
        return name and pandas.api.types.pandas_dtype(name)

    return cast(Any, table).to_pandas(types_mapper=kind_of)


def read_arrow(paths: Sequence[Path]) -> "pyarrow.Table":
    arrow, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    return arrow.concat_tables([parquet.read_table(path) for path in paths])


def read_polars(paths: Sequence[Path]) -> "polars.DataFrame":
    polars = needed("polars", "polars")
    return polars.concat([polars.read_parquet(path) for path in paths])

"""Tables of pandas, polars and Arrow, in and out. Each is an extra, and asked for only where it is used."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast, runtime_checkable

from j_feature_store.errors import InvalidInput
from j_feature_store.extras import needed

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


@runtime_checkable
class ArrowTable(Protocol):
    """A table of pandas, polars, Arrow or DuckDB, or any other that gives its columns as an Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Columns: TypeAlias = Mapping[str, Iterable[Any]] | ArrowTable
"""Columns by name: lists, arrays, or a table."""


def columns_of(given: Columns | None) -> dict[str, list[Any]]:
    """Columns as JSON will tell them; what stands for no value is None."""
    if given is None:
        return {}
    if isinstance(given, ArrowTable):
        return {name: _listed(column) for name, column in _named_columns(given).items()}
    if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInput('Entities are columns by name, {"tailnum": ["N14228"]}, or a table.')
    return {name: _listed(column) for name, column in given.items()}


def _named_columns(table: ArrowTable) -> dict[str, Any]:
    frame: Any = table
    if _is_of("pandas", frame):
        frame = _with_named_index(frame)
        return {str(name): frame[name] for name in frame.columns}
    if _is_of("polars", frame):
        return frame.to_dict(as_series=True)
    arrow = needed("pyarrow", "arrow").table(frame)
    return dict(zip(arrow.column_names, arrow.columns, strict=True))


def _listed(column: object) -> list[Any]:
    if isinstance(column, str | bytes):
        raise InvalidInput(f"A column is a list of values, one an entity, not {column!r}: write [{column!r}].")
    if _is_of("pandas", column):
        series: Any = column
        return [None if missing else value for value, missing in zip(series.tolist(), series.isna(), strict=True)]
    for name in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, name):
            return list(getattr(column, name)())
    return list(cast("Iterable[Any]", column))


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


def is_table(given: object) -> bool:
    """Also one of polars that is not computed yet."""
    return isinstance(given, ArrowTable) or _is_of("polars", given)


def write_parquet(table: ArrowTable, path: Path) -> None:
    """Raises InvalidInput for columns that Parquet cannot hold."""
    frame: Any = table
    if _is_of("polars", frame):
        write = frame.sink_parquet if hasattr(frame, "sink_parquet") else frame.write_parquet
        write(path)
        return
    arrow, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    try:
        if _is_of("pandas", frame):
            frame = arrow.Table.from_pandas(_with_named_index(frame), preserve_index=False)
        batches = arrow.RecordBatchReader.from_stream(frame)
        with batches, parquet.ParquetWriter(path, batches.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)
    except arrow.ArrowException as wrong:
        raise InvalidInput(f"This table cannot be written as Parquet: {str(wrong)[:300]}.") from None


def _with_named_index(frame: Any) -> Any:
    """An index that has a name is a column, such as a join key."""
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame


def _is_of(package: str, value: object) -> bool:
    return package in sys.modules and type(value).__module__.partition(".")[0] == package

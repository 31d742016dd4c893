"""Columns and tables as Parquet files, which is how rows are sent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from j_feature_store.errors import InvalidInput
from j_feature_store.extras import needed
from j_feature_store.tables import Columns, is_of, must_be_many, must_differ, plain, with_named_index

HOLDS = "A column holds values of one type: numbers to 64 bits, texts, truths, moments, or lists of these."


def write_parquet(given: Columns, path: Path) -> None:
    """Raises InvalidInput for what Parquet cannot hold, with what to do about it."""
    if is_of("polars", given):
        _write_polars(given, path)
    else:
        _write_arrow(given, path)


def _write_polars(frame: Any, path: Path) -> None:
    polars = needed("polars", "polars")
    try:
        for name, kind in frame.collect_schema().items():
            if kind == polars.Object:
                raise _unwritable(f"the column {name!r} holds Python objects")
        write = frame.sink_parquet if hasattr(frame, "sink_parquet") else frame.write_parquet
        write(path)
    except polars.exceptions.PolarsError as wrong:
        raise _unwritable(wrong) from None


def _write_arrow(given: Any, path: Path) -> None:
    arrow, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    try:
        batches = arrow.RecordBatchReader.from_stream(_as_arrow(given))
        must_differ(batches.schema.names)
        with batches, parquet.ParquetWriter(path, batches.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)
    except (arrow.ArrowException, TypeError, ValueError, OverflowError) as wrong:
        raise _unwritable(wrong) from None


def _as_arrow(given: Any) -> Any:
    if isinstance(given, Mapping):
        return _of_columns(cast("Mapping[str, object]", given))
    if is_of("pandas", given):
        frame = with_named_index(given)
        return needed("pyarrow", "arrow").Table.from_pandas(frame, preserve_index=False)
    return given


def _of_columns(columns: Mapping[str, object]) -> Any:
    arrays = {str(name): _array(str(name), column) for name, column in columns.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        told = ", ".join(f"{name!r} has {len(array):,}" for name, array in arrays.items())
        raise InvalidInput(f"The columns of a table are equally long: {told}.")
    return needed("pyarrow", "arrow").table(arrays)


def _array(name: str, column: object) -> Any:
    """What has a type keeps it."""
    arrow, many = needed("pyarrow", "arrow"), must_be_many(name, column)
    series: Any = many
    if is_of("polars", many) and series.dtype != needed("polars", "polars").Object:
        return series.to_arrow()
    if is_of("pyarrow", many):
        return many
    try:
        if hasattr(many, "__array__") and not is_of("polars", many):
            return arrow.array(many)
        return arrow.array(plain(many))
    except (arrow.ArrowException, TypeError, ValueError, OverflowError) as wrong:
        raise _unwritable(f"the column {name!r}: {wrong}") from None


def _unwritable(why: object) -> InvalidInput:
    return InvalidInput(f"This table cannot be written as Parquet: {str(why).strip()[:300]}. {HOLDS}")

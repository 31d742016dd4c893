"""Columns and tables on their way in: of plain Python, NumPy, pandas, polars, Arrow or DuckDB."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

from j_feature_store.errors import InvalidInput
from j_feature_store.extras import needed

NO_VALUES = frozenset({"NAType", "NaTType"})


@runtime_checkable
class ArrowTable(Protocol):
    """A table of pandas, polars, Arrow or DuckDB, or any other that gives its columns as an Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Columns: TypeAlias = Mapping[str, Iterable[Any]] | ArrowTable
"""Columns by name: lists, arrays, or a table."""


def columns_of(given: Columns | None) -> dict[str, list[Any]]:
    """Columns as JSON will tell them; what stands for no value is None. Raises InvalidInput for what are none."""
    if given is None:
        return {}
    if is_table(given):
        return {name: _listed(name, column) for name, column in _named_columns(given).items()}
    if not isinstance(given, Mapping):
        raise InvalidInput('Entities are columns by name, {"tailnum": ["N14228"]}, or a table.')
    return {name: _listed(name, column) for name, column in given.items()}


def is_table(given: object) -> bool:
    """Also one of polars that is not computed yet."""
    return isinstance(given, ArrowTable) or (is_of("polars", given) and hasattr(given, "collect"))


def _named_columns(table: object) -> dict[str, Any]:
    frame: Any = table
    if is_of("pandas", frame):
        frame = with_named_index(frame)
        return {str(name): frame[name] for name in frame.columns}
    if is_of("polars", frame):
        computed = frame.collect() if hasattr(frame, "collect") else frame
        return computed.to_dict(as_series=True)
    arrow = needed("pyarrow", "arrow").table(frame)
    must_differ(arrow.column_names)
    return dict(zip(arrow.column_names, arrow.columns, strict=True))


def _listed(name: str, column: object) -> list[Any]:
    many = must_be_many(name, column)
    if is_of("pandas", many):
        values: Any = many
        return [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]
    if str(getattr(many, "dtype", "")).startswith("datetime64"):
        many = cast(Any, many).astype("datetime64[us]")  # finer ones are listed as numbers
    for convert in ("to_pylist", "to_list", "tolist"):
        if hasattr(many, convert):
            return list(getattr(many, convert)())
    return plain(many)


def plain(values: Iterable[Any]) -> list[Any]:
    """A list in which what pandas writes for no value is None."""
    return [None if type(value).__name__ in NO_VALUES else value for value in values]


def must_be_many(name: str, column: object) -> Iterable[Any]:
    """Raises InvalidInput for one value where a column is due."""
    if isinstance(column, str | bytes | Mapping) or not isinstance(column, Iterable):
        raise InvalidInput(f"The column {name!r} is a list of values, one a row, not {column!r}: write [{column!r}].")
    return cast("Iterable[Any]", column)


def must_differ(names: Sequence[object]) -> None:
    """Raises InvalidInput where two columns have one name."""
    told = [str(name) for name in names]
    again = sorted({name for name in told if told.count(name) > 1})
    if again:
        raise InvalidInput(f"Several columns of this table are named {', '.join(map(repr, again))}: rename them.")


def with_named_index(frame: Any) -> Any:
    """A frame of pandas, in which an index that has a name is a column, such as a join key.

    Raises InvalidInput where two columns have one name."""
    must_differ(frame.columns)
    named = [name for name in frame.index.names if name is not None]
    if not named:
        return frame
    twice = sorted({str(name) for name in named} & {str(name) for name in frame.columns})
    if twice:
        raise InvalidInput(
            f"This table's index and one of its columns are both named {', '.join(map(repr, twice))}: "
            "rename one of them, or leave the index out with reset_index(drop=True)."
        )
    return frame.reset_index()


def is_of(package: str, value: object) -> bool:
    return package in sys.modules and type(value).__module__.partition(".")[0] == package

"""The columns of every Parquet file that the engine stages, in this order:

    the join keys            under the view's own names
    event_timestamp          TIMESTAMP WITH TIME ZONE, microseconds
    created_timestamp        the same
    the features             in the order of the data's layout
    __commit, __run          KEPT files only: commit number (BIGINT) and run (hex) that the row came with
    __failed                 QUARANTINE files only: ids of the checks that the row failed

Every column is nullable, so that all files have one schema. Rows are sorted by keys, event, created: files are pruned
by the event timestamps that MongoDB knows of each, so inside a file it is the keys that row groups can be pruned by
(one entity's timeline reads a few row groups a file), and equal keys side by side pack best.
"""

from collections.abc import Sequence

from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import Slice, Value, View
from graphql_api.engines.text import columns_of, listed, literal, quoted

EVENT = "event_timestamp"
CREATED = "created_timestamp"
COMMIT = "__commit"
RUN = "__run"
FAILED = "__failed"
_FILE = "__file"
_ALWAYS = (-(1 << 62), 1 << 62)


def row_columns(view: View) -> list[Value]:
    return [*view.keys, Value(EVENT, ValueType.TIMESTAMP), Value(CREATED, ValueType.TIMESTAMP), *view.features]


def finite(column: Value) -> str:
    """The column's values as they are stored: floats that are not finite are null."""
    name = quoted(column.name)
    match column.value_type:
        case ValueType.FLOAT64:
            return f"CASE WHEN isfinite({name}) THEN {name} END"
        case ValueType.FLOAT64_LIST:
            return f"list_transform({name}, lambda x: CASE WHEN isfinite(x) THEN x END)"
        case _:
            return name


def identity_names(view: View) -> list[str]:
    return [*(key.name for key in view.keys), EVENT, CREATED]


def sorted_by_identity(view: View, alias: str | None = None) -> str:
    return columns_of(identity_names(view), alias)


def nullable(columns: Sequence[Value], more: Sequence[str] = ()) -> str:
    """The columns as expressions of which DuckDB cannot know that they are never null; COPY would else write them as
    REQUIRED in one file and OPTIONAL in the next."""
    names = [column.name for column in columns] + list(more)
    return ", ".join(
        f"CASE WHEN {quoted(EVENT)} IS NOT NULL THEN {quoted(name)} END AS {quoted(name)}" for name in names
    )


def visible_rows(view: View, slices: Sequence[Slice], names: Sequence[str]) -> str:
    """A SELECT of `names`, `__commit` and `__run` over what is visible of the slices."""
    if not slices:
        types = {column.name: column.value_type.sql for column in row_columns(view)}
        nothing = ", ".join(f"CAST(NULL AS {types[name]}) AS {quoted(name)}" for name in names)
        return f"SELECT {nothing}, NULL::BIGINT AS {COMMIT}, NULL::VARCHAR AS {RUN} WHERE false"
    places = ", ".join(
        f"({literal(piece.path)}, {piece.commit}, {literal(piece.run_id)}, {start}, {end})"
        for piece in slices
        for start, end in piece.ranges or [_ALWAYS]
    )
    # One scan and a join, since a copy of data may have thousands of commits. Files of kept rows say their commit
    # themselves; the empty relation gives the others that column too.
    return (
        f"SELECT {columns_of(names, 'held')}, coalesce(held.{COMMIT}, place.number) AS {COMMIT}, "
        f"coalesce(held.{RUN}, place.run) AS {RUN} FROM (SELECT NULL::BIGINT AS {COMMIT}, NULL::VARCHAR AS {RUN} "
        f"WHERE false UNION ALL BY NAME SELECT * FROM read_parquet({listed(dict.fromkeys(s.path for s in slices))}, "
        f"union_by_name=true, filename='{_FILE}')) AS held JOIN (VALUES {places}) AS place(path, number, run, lo, hi) "
        f"ON held.{_FILE} = place.path AND epoch_us(held.{EVENT}) >= place.lo AND epoch_us(held.{EVENT}) < place.hi"
    )

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
PLACE = "__place"
ROWS_A_FILE = 1 << 40
"""More than any file has."""
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
    columns = {column.name: column for column in row_columns(view)}
    return visible_columns([columns[name] for name in names], slices)


def visible_columns(columns: Sequence[Value], slices: Sequence[Slice], *, with_place: bool = False) -> str:
    """A SELECT of the columns, `__commit` and `__run` over what is visible of the slices; also of `__place`, which
    says where the row lies among `files_of` the slices."""
    more = [PLACE] if with_place else []
    if not slices:
        nothing = [f"CAST(NULL AS {column.value_type.sql}) AS {quoted(column.name)}" for column in columns]
        nothing += [f"NULL::BIGINT AS {COMMIT}", f"NULL::VARCHAR AS {RUN}", *(f"NULL::BIGINT AS {n}" for n in more)]
        return f"SELECT {', '.join(nothing)} WHERE false"
    places = ", ".join(
        f"({literal(piece.path)}, {piece.commit}, {literal(piece.run_id)}, {start}, {end})"
        for piece in slices
        for start, end in piece.ranges or [_ALWAYS]
    )
    items = [f"held.{quoted(column.name)}" for column in columns]
    items += [f"coalesce(held.{COMMIT}, place.number) AS {COMMIT}", f"coalesce(held.{RUN}, place.run) AS {RUN}"]
    items += [f"held.{name}" for name in more]
    scan = f"read_parquet({listed(files_of(slices))}, union_by_name=true, filename='{_FILE}')"
    found = ", ".join(["*", *(f"{row_place('file_index')} AS {name}" for name in more)])
    # One scan and a join, since a copy of data may have thousands of commits. Files of kept rows say their commit
    # themselves; the empty relation gives the others that column too.
    return (
        f"SELECT {', '.join(items)} FROM (SELECT NULL::BIGINT AS {COMMIT}, NULL::VARCHAR AS {RUN} "
        f"WHERE false UNION ALL BY NAME SELECT {found} FROM {scan}) AS held "
        f"JOIN (VALUES {places}) AS place(path, number, run, lo, hi) "
        f"ON held.{_FILE} = place.path AND epoch_us(held.{EVENT}) >= place.lo AND epoch_us(held.{EVENT}) < place.hi"
    )


def files_of(slices: Sequence[Slice]) -> list[str]:
    """Each file once."""
    return list(dict.fromkeys(piece.path for piece in slices))


def row_place(file: str) -> str:
    """SQL for one number that says where a row of a scan lies: in which file, and which row of it."""
    return f"(CAST({file} AS BIGINT) * {ROWS_A_FILE} + file_row_number)"


def has_places(columns: Sequence[Value]) -> bool:
    """Can the rows be told by place? A column may hide what DuckDB says of it."""
    return not {column.name for column in columns} & {"file_index", "file_row_number"}

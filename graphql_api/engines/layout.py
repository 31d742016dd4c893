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


def row_columns(view: View) -> list[Value]:
    return [*view.keys, Value(EVENT, ValueType.TIMESTAMP), Value(CREATED, ValueType.TIMESTAMP), *view.features]


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
    # The files of one commit with the same visible ranges are one scan.
    groups: dict[tuple[int, str, tuple[tuple[int, int], ...]], list[str]] = {}
    for piece in slices:
        groups.setdefault((piece.commit, piece.run_id, tuple(piece.ranges)), []).append(piece.path)
    return " UNION ALL ".join(
        f"SELECT {columns_of(names)}, coalesce({COMMIT}, {commit}) AS {COMMIT}, "
        f"coalesce({RUN}, {literal(run)}) AS {RUN} FROM {_scan(paths)} {_where(ranges)}"
        for (commit, run, ranges), paths in groups.items()
    )


def _scan(paths: Sequence[str]) -> str:
    """Files of kept rows carry their commit themselves; the others get a column of nulls beside it."""
    return (
        f"(SELECT * FROM (SELECT NULL::BIGINT AS {COMMIT}, NULL::VARCHAR AS {RUN} WHERE false) "
        f"UNION ALL BY NAME SELECT * FROM read_parquet({listed(paths)}, union_by_name=true))"
    )


def _where(ranges: Sequence[tuple[int, int]]) -> str:
    if not ranges:
        return ""
    pieces = (
        f"({EVENT} >= make_timestamptz({start}::BIGINT) AND {EVENT} < make_timestamptz({end}::BIGINT))"
        for start, end in ranges
    )
    return f"WHERE {' OR '.join(pieces)}"

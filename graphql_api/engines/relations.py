"""Sources as SQL sees them: views named as the sources, of their frozen columns alone.

A naive timestamp arrives in UTC: read in the source's `timezone`, still a TIMESTAMP, cut to microseconds. A time that
the clock skipped ends the computation; of one that it showed twice, the earlier counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from graphql_api.domain.times import FIRST_MOMENT, LAST_MOMENT
from graphql_api.engines.files import FileColumns, columns_of_files
from graphql_api.engines.problems import raising, refuse
from graphql_api.engines.shapes import FileColumn, Relation
from graphql_api.engines.text import columns_of, listed, literal, quoted
from graphql_api.engines.type_texts import check_type
from graphql_api.engines.types import NAIVE, UNKNOWN, canonical, is_timestamp, reads

# No time zone was ever further from UTC than this; within it a raw timestamp can be compared before it is converted.
_FURTHEST = 26 * 3_600_000_000
# TIMESTAMP_NS ends in the years 1677 and 2262.
_NANOSECONDS_REACH = (1 << 63) // 1_000
_FILE = "__file"


@dataclass(frozen=True, slots=True)
class Window:
    """Event timestamps `[start, end)` that a source's rows may have; None: no bound."""

    start: int | None
    end: int | None


EVERYTHING = Window(None, None)


def presented_type(data_type: str) -> str:
    """What SQL sees of a frozen type: naive timestamps of any precision are TIMESTAMP."""
    return "TIMESTAMP" if canonical(data_type) in NAIVE else data_type


def create_typed(connection: duckdb.DuckDBPyConnection, relations: Iterable[Relation]) -> None:
    """The relations without rows, for questions about types."""
    for relation in relations:
        _create(connection, relation.name, _without_rows(connection, relation.columns))


def create_filled(connection: duckdb.DuckDBPyConnection, relation: Relation, window: Window, sql: str) -> None:
    """The relation over its files: rows whose event timestamp lies in `window`, a look-up table whole.

    Refused, naming the file, where a column that `sql` uses is in none of the files, or in one of them with a type
    that does not widen to the frozen one; an unused one of these is all nulls."""
    if not relation.files:
        create_typed(connection, [relation])
        return
    for column in relation.columns:
        check_type(connection, column.data_type)
    files = columns_of_files(connection, relation.files)
    broken = _broken_columns(relation, files)
    text = _union(relation, files, window, frozenset(broken))
    _create(connection, relation.name, text)
    if broken:
        _refuse_used(connection, relation, broken, sql)


def event_expression(relation: Relation) -> str:
    """The event timestamp, in microseconds, of a row of the relation as SQL sees it."""
    name = quoted(relation.event_timestamp or "")
    types = {column.name: canonical(column.data_type) for column in relation.columns}
    return _micros(name, types.get(relation.event_timestamp or "", "TIMESTAMP"))


def _micros(expression: str, data_type: str) -> str:
    """Null for a day that lies too far away to have microseconds."""
    return f"epoch_us(TRY_CAST({expression} AS TIMESTAMP))" if data_type == "DATE" else f"epoch_us({expression})"


# ---------------------------------------------------------------- making views


def _create(connection: duckdb.DuckDBPyConnection, name: str, text: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {text}")


def _without_rows(connection: duckdb.DuckDBPyConnection, columns: Sequence[FileColumn]) -> str:
    for column in columns:
        check_type(connection, column.data_type)
    items = ", ".join(f"CAST(NULL AS {presented_type(c.data_type)}) AS {quoted(c.name)}" for c in columns)
    return f"SELECT {items} WHERE false"


def _union(relation: Relation, files: Sequence[FileColumns], window: Window, broken: frozenset[str]) -> str:
    """Files that hold the used columns as the same types are read together; each group is cast on its own, since the
    common type of two files may hold less than the frozen one (FLOAT, of FLOAT and INTEGER)."""
    groups: dict[tuple[str | None, ...], list[str]] = {}
    for file in files:
        signature = tuple(None if column.name in broken else file.type_of(column.name) for column in relation.columns)
        groups.setdefault(signature, []).append(file.path)
    return " UNION ALL ".join(_group(relation, signature, paths, window) for signature, paths in groups.items())


def _group(relation: Relation, held: Sequence[str | None], paths: Sequence[str], window: Window) -> str:
    source = f"read_parquet({listed(paths)}, union_by_name=true, filename='{_FILE}')"
    items = ", ".join(
        f"{_presented(relation, column, data_type)} AS {quoted(column.name)}"
        for column, data_type in zip(relation.columns, held, strict=True)
    )
    text = f"SELECT {items} FROM {source}"
    if relation.event_timestamp is None:
        return text
    types = {column.name: data_type for column, data_type in zip(relation.columns, held, strict=True)}
    data_type = types.get(relation.event_timestamp)
    if data_type is None:
        return f"{text} WHERE false"
    raw = quoted(relation.event_timestamp)
    if not is_timestamp(data_type):
        return f"{text} WHERE false"
    start = FIRST_MOMENT if window.start is None else max(window.start, FIRST_MOMENT)
    end = LAST_MOMENT + 1 if window.end is None else min(window.end, LAST_MOMENT + 1)
    coarse = [f"isfinite({raw})", *_raw_bounds(raw, data_type, start, end, further=_FURTHEST)]
    event = event_expression(relation)
    return f"SELECT * FROM ({text} WHERE {' AND '.join(coarse)}) WHERE {event} >= {start} AND {event} < {end}"


def _raw_bounds(raw: str, data_type: str, start: int, end: int, *, further: int) -> list[str]:
    """`[start, end)` in the type of the file, which row groups can be skipped by; wider by `further` where a time zone
    may move what the file says, and without a bound that the type cannot hold."""
    if data_type == "TIMESTAMP WITH TIME ZONE":
        return [f"{raw} >= make_timestamptz({start}::BIGINT)", f"{raw} < make_timestamptz({end}::BIGINT)"]
    bounds = ((">=", start - further), ("<", end + further))
    return [
        f"{raw} {operator} CAST(make_timestamp({bound}::BIGINT) AS {data_type})"
        for operator, bound in bounds
        if data_type != "TIMESTAMP_NS" or abs(bound) < _NANOSECONDS_REACH
    ]


def _presented(relation: Relation, column: FileColumn, held: str | None) -> str:
    wanted = presented_type(column.data_type)
    name = quoted(column.name)
    if held in (None, UNKNOWN):
        return f"CAST(NULL AS {wanted})"
    if held in NAIVE and is_timestamp(wanted):
        naive = f"make_timestamp(epoch_us({name}))" if held != "TIMESTAMP" else name
        finite = f"CASE WHEN isfinite({name}) THEN {naive} END" if held != "TIMESTAMP" else naive
        utc = in_utc(relation.timezone, finite, f"{column.name} is", f"', in ' || {_FILE}")
        return utc if wanted == "TIMESTAMP" else f"CAST({utc} AS {wanted})"
    # The zone of the session is UTC, where a time with an offset loses nothing by losing it.
    return name if held == wanted else f"CAST({name} AS {wanted})"


def in_utc(timezone: str, naive: str, before: str, after: str = "''") -> str:
    """SQL for the TIMESTAMP in UTC of one in the zone; a time that the clock skipped ends the computation, said between
    the text `before` and the SQL `after`.

    DuckDB reads a time shown twice as the later one; the earlier is found through the offset of the day before."""
    if timezone == "UTC":
        return naive
    zone = literal(timezone)

    def offset(moment: str) -> str:
        return f"(timezone({zone}, {moment}) - timezone('UTC', {moment}))"

    later = f"timezone({zone}, {naive})"
    day_before = f"({later} - INTERVAL 24 HOUR)"
    earlier = f"timezone('UTC', {naive} - {offset(day_before)})"
    skipped = raising(
        "SKIPPED_TIME",
        f"{literal(f'{before} ')} || {naive} || {literal(f', a time that the clock skipped in {timezone}')} || {after}",
    )
    chosen = f"""CASE
        WHEN timezone({zone}, {later}) IS DISTINCT FROM {naive} THEN {skipped}::TIMESTAMP
        WHEN {earlier} < {later} AND timezone({zone}, {earlier}) = {naive} THEN timezone('UTC', {earlier})
        ELSE timezone('UTC', {later}) END"""
    return f"CASE WHEN isfinite({naive}) THEN {chosen} ELSE {naive} END"


# ---------------------------------------------------------------- columns that the files do not give


def _broken_columns(relation: Relation, files: Sequence[FileColumns]) -> dict[str, str]:
    """Columns that no file can fill, and why."""
    broken: dict[str, str] = {}
    for column in relation.columns:
        held = [(file.path, data_type) for file in files if (data_type := file.type_of(column.name)) is not None]
        if not held:
            broken[column.name] = f"No file has the column {column.name!r}, such as {files[0].path}."
        for path, data_type in held:
            if not reads(data_type, column.data_type):
                broken[column.name] = (
                    f"The column {column.name!r} is {data_type} in {path}, which does not widen to {column.data_type}."
                )
                break
    return broken


def _refuse_used(connection: duckdb.DuckDBPyConnection, relation: Relation, broken: dict[str, str], sql: str) -> None:
    """SQL uses a column if it means something else, or nothing, without it."""
    name = quoted(relation.name)
    times = {relation.event_timestamp, relation.created_timestamp}
    kept = connection.execute(
        "SELECT sql FROM duckdb_views() WHERE view_name = ? AND temporary", [relation.name]
    ).fetchall()[0][0]
    with_all = connection.execute(f"DESCRIBE {sql}").fetchall()
    for column, reason in broken.items():
        others = columns_of(c.name for c in relation.columns if c.name != column)
        columns = ", ".join(
            f"CAST(NULL AS {presented_type(c.data_type)}) AS {quoted(c.name)}"
            for c in relation.columns
            if c.name != column
        )
        used = column in times or not others
        if not used:
            _create(connection, relation.name, f"SELECT {columns} WHERE false")
            try:
                used = connection.execute(f"DESCRIBE {sql}").fetchall() != with_all
            except duckdb.Error:
                used = True
        if used:
            refuse("SOURCE_CHANGED", f"Source {relation.name!r}: {reason}", hint="Plan and apply the source again.")
    connection.execute(f"DROP VIEW {name}")
    connection.execute(kept)


def untimed_rows(connection: duckdb.DuckDBPyConnection, relation: Relation) -> int:
    """Rows of a timed source that have no event timestamp in the years 1 to 9999, and so are handed to no SQL."""
    if relation.event_timestamp is None or not relation.files:
        return 0
    count = 0
    groups: dict[str | None, list[str]] = {}
    for file in columns_of_files(connection, relation.files):
        groups.setdefault(file.type_of(relation.event_timestamp), []).append(file.path)
    for data_type, paths in groups.items():
        where = f"WHERE NOT {_is_timed(relation, data_type)}" if data_type and is_timestamp(data_type) else ""
        query = f"SELECT count(*) FROM read_parquet({listed(paths)}, union_by_name=true, filename='{_FILE}') {where}"
        count += connection.execute(query).fetchall()[0][0]
    return count


def _is_timed(relation: Relation, data_type: str) -> str:
    """Only near the first and the last moment must a naive time be read in its zone to be sure."""
    column = next(column for column in relation.columns if column.name == relation.event_timestamp)
    raw = quoted(column.name)
    event = _micros(_presented(relation, column, data_type), canonical(column.data_type))
    sure, possible = (
        " AND ".join(_raw_bounds(raw, data_type, FIRST_MOMENT, LAST_MOMENT + 1, further=further)) or "true"
        for further in (-_FURTHEST, _FURTHEST)
    )
    return (
        f"CASE WHEN {raw} IS NULL OR NOT isfinite({raw}) THEN false WHEN {sure} THEN true WHEN {possible} "
        f"THEN coalesce({event} BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT}, false) ELSE false END"
    )

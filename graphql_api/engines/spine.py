"""The spine of a join: whatever rows somebody has, typed where the join needs it, and otherwise left as they are."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from graphql_api.domain.times import FIRST_MOMENT, LAST_MOMENT
from graphql_api.domain.types import ValueType
from graphql_api.engines.duck_words import nearest
from graphql_api.engines.files import columns_of_files
from graphql_api.engines.point_in_time import Asked
from graphql_api.engines.problems import Refused, compute_problem, raising, refuse
from graphql_api.engines.relations import in_utc
from graphql_api.engines.shapes import FileColumn, Join, Spine, SpineCheck, SpineProblem
from graphql_api.engines.text import listed, literal, quoted
from graphql_api.engines.types import NAIVE, UNKNOWN, canonical, converted, fits, is_timestamp

INVALID = "SPINE_INVALID"
SPINE = "__spine"
# A time that ends in an offset, as RFC 3339 and ISO 8601 write it.
_OFFSET = r"\d:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|z|[+-]\d{2}(:?\d{2})?)\s*$"


@dataclass(frozen=True, slots=True)
class OpenSpine:
    """The table `__spine`: `i` from 0 in the order of the files, `t`, and under names of our own the parts of keys, the
    request values (`values`: which column holds one), and every column as it was found (`found`, beside its own)."""

    asked: Asked
    values: dict[str, str]
    found: dict[str, FileColumn]
    rows: int
    is_naive: bool


def check_spine(connection: duckdb.DuckDBPyConnection, join: Join, spine: Spine) -> SpineCheck:
    """Every problem of the columns, at once; values are not looked at."""
    columns = _columns(connection, join, spine)
    held = {column.name.lower(): column for column in columns}
    problems = _moment_problems(spine, columns)
    for name, value_type, use in _wanted(join):
        column = held.get(name.lower())
        if column is None:
            message = f"There is no column {name!r}, {use}."
            problems.append(SpineProblem(name, message, nearest(name, [one.name for one in columns])))
        elif not _fits(column.data_type, value_type):
            message = f"The column {name!r} is {column.data_type}, and {use} is {value_type}."
            problems.append(SpineProblem(name, message, f"Write it as {value_type.sql}."))
    return SpineCheck(columns, list({(problem.column, problem.message): problem for problem in problems}.values()))


def open_spine(connection: duckdb.DuckDBPyConnection, join: Join, spine: Spine) -> OpenSpine:
    """Refused with every problem of the columns, or at the first value that cannot be read."""
    checked = check_spine(connection, join, spine)
    if checked.problems:
        told = " ".join(problem.message for problem in checked.problems)
        hints = [problem.hint for problem in checked.problems if problem.hint]
        refuse(INVALID, f"The spine cannot be used. {told}", hint=" ".join(dict.fromkeys(hints)) or None)
    held = {column.name.lower(): column for column in checked.columns}
    event = held[spine.event_timestamp.lower()]
    keys: dict[tuple[str, ValueType], str] = {}
    values: dict[str, str] = {}
    items = ["row_number() OVER () - 1 AS i", f"{_moment(spine, event)} AS t"]
    for name, value_type, _ in _wanted(join):
        if (name, value_type) not in keys:
            keys[name, value_type] = f"k{len(keys)}"
            items.append(f"{_typed(spine, held[name.lower()], value_type)} AS {keys[name, value_type]}")
    values = {value.name: keys[value.name, value.value_type] for value in join.request}
    found = {f"x{at}": column for at, column in enumerate(checked.columns)}
    items += [f"{_as_found(column)} AS {name}" for name, column in found.items()]
    with _reading(spine):
        connection.execute(f"CREATE TEMP TABLE {SPINE} AS SELECT {', '.join(items)} FROM {_scan(join, spine)}")
    rows = connection.execute(f"SELECT count(*) FROM {SPINE}").fetchall()[0][0]
    return OpenSpine(Asked(SPINE, keys), values, found, rows, _is_naive(connection, spine, found, event))


def _wanted(join: Join) -> list[tuple[str, ValueType, str]]:
    """Name, type and use of what the join takes from the spine."""
    keys = [(key.column, key.value_type, f"a join key of {view.name}") for view in join.views for key in view.keys]
    return [*keys, *((value.name, value.value_type, "a request column") for value in join.request)]


# ---------------------------------------------------------------- files


@contextmanager
def _reading(spine: Spine) -> Generator[None]:
    """What is wrong with the files is wrong with the spine."""
    kind = "CSV file with a header" if spine.is_csv else "Parquet file"
    try:
        yield
    except Refused as refused:
        if getattr(refused.problem, "code", None) == "SOURCE_UNREADABLE":
            refuse(INVALID, f"The spine cannot be read as a {kind}.")
        raise
    except duckdb.Error as error:
        problem = compute_problem(error)
        if problem.code != "SQL_FAILED":
            raise
        refuse(INVALID, f"The spine cannot be read as a {kind}: {problem.message.splitlines()[0]}")


def _scan(join: Join, spine: Spine) -> str:
    """Files in their order. In a CSV what the join needs is read as it is written, since `007` may be a name."""
    if not spine.is_csv:
        return f"read_parquet({listed(spine.paths)}, union_by_name=true)"
    texts = {name.lower(): literal(name) for name, value_type, _ in _wanted(join) if value_type is ValueType.STRING}
    texts[spine.event_timestamp.lower()] = literal(spine.event_timestamp)
    types = ", ".join(f"{name}: 'VARCHAR'" for name in texts.values())
    return f"read_csv({listed(spine.paths)}, header=true, sample_size=-1, types={{{types}}})"


def _columns(connection: duckdb.DuckDBPyConnection, join: Join, spine: Spine) -> list[FileColumn]:
    with _reading(spine):
        if not spine.is_csv:
            columns_of_files(connection, spine.paths)
        described = connection.execute(f"DESCRIBE FROM {_scan(join, spine)}").fetchall()
    return [FileColumn(name, data_type) for name, data_type, *_ in described]


def _as_found(column: FileColumn) -> str:
    """A column of nothing but nulls has no type that could be written again."""
    name = quoted(column.name)
    return f"CAST({name} AS INTEGER)" if canonical(column.data_type) == UNKNOWN else name


# ---------------------------------------------------------------- values


def _fits(data_type: str, value_type: ValueType) -> bool:
    return canonical(data_type) == UNKNOWN or fits(data_type, value_type)


def _typed(spine: Spine, column: FileColumn, value_type: ValueType) -> str:
    held, name = canonical(column.data_type), quoted(column.name)
    if held == UNKNOWN:
        return f"CAST(NULL AS {value_type.sql})"
    if held in NAIVE:
        name, held = _naive(spine, column), "TIMESTAMP"
    return converted(name, held, value_type, column.name)


def _naive(spine: Spine, column: FileColumn) -> str:
    """The TIMESTAMP in UTC, cut to microseconds; null for one that is not finite."""
    name = quoted(column.name)
    naive = f"CASE WHEN isfinite({name}) THEN make_timestamp(epoch_us({name})) END"
    return in_utc(spine.timezone, naive, f"In the spine {column.name} is")


# ---------------------------------------------------------------- moments


def _moment_problems(spine: Spine, columns: Sequence[FileColumn]) -> list[SpineProblem]:
    name = spine.event_timestamp
    column = next((column for column in columns if column.name.lower() == name.lower()), None)
    if column is None:
        near = nearest(name, [one.name for one in columns])
        return [SpineProblem(name, f"There is no column {name!r}, the event timestamp.", near)]
    data_type = canonical(column.data_type)
    if spine.is_csv or is_timestamp(data_type) or data_type == UNKNOWN:
        return []
    message = f"The column {name!r} is {column.data_type}, and the event timestamp must be a TIMESTAMP or a DATE."
    return [SpineProblem(name, message, "Write it as a timestamp with an offset.")]


def _moment(spine: Spine, column: FileColumn) -> str:
    """Microseconds; null outside of the years 1 to 9999."""
    name, data_type = quoted(column.name), canonical(column.data_type)
    if data_type == UNKNOWN:
        return "CAST(NULL AS BIGINT)"
    if data_type in NAIVE:
        micros = f"epoch_us({_naive(spine, column)})"
    elif data_type == "DATE":
        micros = f"epoch_us(TRY_CAST({name} AS TIMESTAMP))"
    else:
        if spine.is_csv:
            name = _read_moment(name, column.name)
        micros = f"CASE WHEN isfinite({name}) THEN epoch_us({name}) END"
    return f"CASE WHEN {micros} BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT} THEN {micros} END"


def _read_moment(text: str, name: str) -> str:
    """Without an offset it is UTC, the zone of the session."""
    unreadable = raising(INVALID, f"{literal(f'In the spine {name} is ')} || {text} || ', which is no time.'")
    read = f"TRY_CAST({text} AS TIMESTAMPTZ)"
    return f"(CASE WHEN {text} IS NOT NULL AND {read} IS NULL THEN {unreadable}::TIMESTAMPTZ ELSE {read} END)"


def _is_naive(
    connection: duckdb.DuckDBPyConnection, spine: Spine, found: dict[str, FileColumn], event: FileColumn
) -> bool:
    data_type = canonical(event.data_type)
    if not spine.is_csv:
        return data_type in NAIVE or data_type == "DATE"
    column = next(name for name, one in found.items() if one is event)
    query = f"SELECT EXISTS(SELECT 1 FROM {SPINE} WHERE NOT regexp_matches({column}, {literal(_OFFSET)}))"
    return bool(connection.execute(query).fetchall()[0][0])


def moment_column() -> str:
    """How the event timestamp is written: with its offset, whatever it came as."""
    return "make_timestamptz(t)"

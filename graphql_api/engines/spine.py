"""The spine of a join: whatever rows somebody has, typed where the join needs it, and otherwise left as they are."""

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from graphql_api.domain.times import FIRST_MOMENT, LAST_MOMENT
from graphql_api.domain.types import ValueType
from graphql_api.engines.csv_files import CSV_TABLE, INVALID, csv_file
from graphql_api.engines.csv_spine import read_csv_spine
from graphql_api.engines.duck_words import nearest
from graphql_api.engines.files import columns_of_files
from graphql_api.engines.join_shapes import Join, Spine, SpineCheck, SpineExtent, SpineProblem, Unmatchable
from graphql_api.engines.point_in_time import Asked
from graphql_api.engines.problems import Refused, compute_problem, refuse
from graphql_api.engines.relations import in_utc
from graphql_api.engines.shapes import FileColumn
from graphql_api.engines.text import listed, quoted
from graphql_api.engines.types import NAIVE, UNKNOWN, canonical, converted_or_null, fits, is_timestamp

SPINE = "__spine"


@dataclass(frozen=True, slots=True)
class OpenSpine:
    """The table `__spine`: `i` from 0 in the order of the files, `t`, and under names of our own the parts of keys, the
    request values (`values`: which column holds one), and every column as it was found (`found`, beside its own).

    `outside`: how many moments are none of the years 1 to 9999."""

    asked: Asked
    values: dict[str, str]
    found: dict[str, FileColumn]
    rows: int
    is_naive: bool
    unmatchable: list[Unmatchable]
    outside: int


@dataclass(frozen=True, slots=True)
class _Read:
    """`relation`: FROM what SQL reads `columns`."""

    columns: list[FileColumn]
    relation: str
    problems: list[SpineProblem]
    is_naive: bool


def check_spine(connection: duckdb.DuckDBPyConnection, join: Join, spine: Spine) -> SpineCheck:
    """Every problem of the columns, at once, and of a CSV the first of each column's values."""
    return _checked(join, spine, _read(connection, join, spine))


def open_spine(connection: duckdb.DuckDBPyConnection, join: Join, spine: Spine) -> OpenSpine:
    """Refused with every problem that `check_spine` finds, or at the first time that the clock skipped."""
    read = _read(connection, join, spine)
    _require_sound(_checked(join, spine, read))
    found = {f"x{at}": column for at, column in enumerate(read.columns)}
    places = {column.name.lower(): name for name, column in found.items()}
    event = places[spine.event_timestamp.lower()]
    keys: dict[tuple[str, ValueType], str] = {}
    items = ["i", f"{_moment(spine, found[event], event)} AS t"]
    for name, value_type, _ in _wanted(join):
        if (name, value_type) not in keys:
            keys[name, value_type] = f"k{len(keys)}"
            place = places[name.lower()]
            items.append(f"{_typed(spine, found[place], place, value_type)} AS {keys[name, value_type]}")
    as_found = ", ".join(f"{_as_found(column)} AS {name}" for name, column in found.items())
    rows = f"(SELECT row_number() OVER () - 1 AS i, {as_found} FROM {read.relation})"
    with _reading(spine):
        connection.execute(f"CREATE TEMP TABLE {SPINE} AS SELECT {', '.join([*items, *found])} FROM {rows}")
    connection.execute(f"DROP TABLE IF EXISTS {CSV_TABLE}")
    lost = [f"{places[name.lower()]} IS NOT NULL AND {column} IS NULL" for (name, _), column in keys.items()]
    lost = [f"{event} IS NOT NULL AND t IS NULL", *lost]
    counts = ["count(*)", *(f"count(*) FILTER ({one})" for one in lost)]
    count, outside, *unmatchable = connection.execute(f"SELECT {', '.join(counts)} FROM {SPINE}").fetchall()[0]
    return OpenSpine(
        asked=Asked(SPINE, keys),
        values={value.name: keys[value.name, value.value_type] for value in join.request},
        found=found,
        rows=count,
        is_naive=read.is_naive,
        unmatchable=[
            Unmatchable(found[places[name.lower()]].name, value_type, rows)
            for (name, value_type), rows in zip(keys, unmatchable, strict=True)
            if rows
        ],
        outside=outside,
    )


def measure_spine(connection: duckdb.DuckDBPyConnection, join: Join, spine: Spine) -> SpineExtent:
    """Refused as `open_spine` is."""
    read = _read(connection, join, spine)
    _require_sound(_checked(join, spine, read))
    event = next(column for column in read.columns if column.name.lower() == spine.event_timestamp.lower())
    moments = f"(SELECT row_number() OVER () - 1 AS i, {_as_found(event)} AS x FROM {read.relation})"
    with _reading(spine):
        found = connection.execute(f"SELECT count(*), max({_moment(spine, event, 'x')}) FROM {moments}").fetchall()
    return SpineExtent(*found[0])


def _require_sound(checked: SpineCheck) -> None:
    if checked.problems:
        told = " ".join(problem.message for problem in checked.problems)
        hints = [problem.hint for problem in checked.problems if problem.hint]
        refuse(INVALID, f"The spine cannot be used. {told}", hint=" ".join(dict.fromkeys(hints)) or None)


def _wanted(join: Join) -> list[tuple[str, ValueType, str]]:
    """Name, type and use of what the join takes from the spine."""
    keys = [(key.column, key.value_type, f"a join key of {view.name}") for view in join.views for key in view.keys]
    return [*keys, *((value.name, value.value_type, "a request column") for value in join.request)]


# ---------------------------------------------------------------- files


def _read(connection: duckdb.DuckDBPyConnection, join: Join, spine: Spine) -> _Read:
    if spine.is_csv:
        [path] = spine.paths
        wanted = [(name, value_type) for name, value_type, _ in _wanted(join)]
        file = csv_file(path, [spine.event_timestamp, *(name for name, _ in wanted)])
        _refuse_equal_names(file.names)
        read = read_csv_spine(connection, file, wanted, spine.event_timestamp)
        return _Read(read.columns, read.relation, read.problems, read.is_naive)
    relation = f"read_parquet({listed(spine.paths)}, union_by_name=true)"
    with _reading(spine):
        for file in columns_of_files(connection, spine.paths):
            _refuse_equal_names(column.name for column in file.columns)
        described = connection.execute(f"DESCRIBE FROM {relation}").fetchall()
    columns = [FileColumn(name, data_type) for name, data_type, *_ in described]
    event = _column(columns, spine.event_timestamp)
    is_naive = event is not None and canonical(event.data_type) in NAIVE | {"DATE"}
    return _Read(columns, relation, [], is_naive)


_OURS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
"""What is wrong with what we ask, whatever the file."""


@contextmanager
def _reading(spine: Spine) -> Generator[None]:
    """What is wrong with the files is wrong with the spine."""
    try:
        yield
    except Refused as refused:
        if getattr(refused.problem, "code", None) == "SOURCE_UNREADABLE":
            refuse(
                INVALID,
                "The spine cannot be read as a Parquet file.",
                hint="Send a Parquet file, or a CSV as text/csv.",
            )
        raise
    except duckdb.Error as error:
        if spine.is_csv or isinstance(error, _OURS) or compute_problem(error).code != "SQL_FAILED":
            raise
        refuse(INVALID, "The spine cannot be read: the Parquet file is damaged.", hint="Write it and send it again.")


def _refuse_equal_names(names: Iterable[str]) -> None:
    found = list(names)
    counts = Counter(name.lower() for name in found)
    equal = [name for name in found if counts[name.lower()] > 1]
    if equal:
        told = ", ".join(map(repr, equal))
        message = f"The spine has columns that SQL cannot tell apart: {told}."
        refuse(INVALID, message, hint="Give every column a name of its own; small and capital letters are equal.")


def _as_found(column: FileColumn) -> str:
    """A column of nothing but nulls has no type that could be written again."""
    name = quoted(column.name)
    return f"CAST({name} AS INTEGER)" if canonical(column.data_type) == UNKNOWN else name


# ---------------------------------------------------------------- values


def _checked(join: Join, spine: Spine, read: _Read) -> SpineCheck:
    problems = [*_moment_problems(spine, read.columns), *read.problems]
    for name, value_type, use in _wanted(join):
        column = _column(read.columns, name)
        if column is None:
            message = f"There is no column {name!r}, {use}."
            problems.append(SpineProblem(name, message, nearest(name, [one.name for one in read.columns])))
        elif not _fits(column.data_type, value_type):
            message = f"The column {name!r} is {column.data_type}, and {use} is {value_type}."
            hint = "Send Parquet: a CSV has no such type." if spine.is_csv else f"Write it as {value_type.sql}."
            problems.append(SpineProblem(name, message, hint))
    return SpineCheck(read.columns, list({(problem.column, problem.message): problem for problem in problems}.values()))


def _column(columns: Sequence[FileColumn], name: str) -> FileColumn | None:
    return next((column for column in columns if column.name.lower() == name.lower()), None)


def _fits(data_type: str, value_type: ValueType) -> bool:
    return canonical(data_type) == UNKNOWN or fits(data_type, value_type)


def _typed(spine: Spine, column: FileColumn, place: str, value_type: ValueType) -> str:
    """The value that the join takes from what `place` holds; null where its type cannot hold it."""
    held = canonical(column.data_type)
    if held == UNKNOWN:
        return f"CAST(NULL AS {value_type.sql})"
    if held in NAIVE:
        place, held = _naive(spine, column, place), "TIMESTAMP"
    return converted_or_null(place, held, value_type)


def _naive(spine: Spine, column: FileColumn, place: str) -> str:
    """The TIMESTAMP in UTC, cut to microseconds; null for one that is not finite."""
    naive = f"CASE WHEN isfinite({place}) THEN make_timestamp(epoch_us({place})) END"
    return in_utc(spine.timezone, naive, f"In the spine {column.name} is", "' (row ' || (i + 1) || ').'")


# ---------------------------------------------------------------- moments


def _moment_problems(spine: Spine, columns: Sequence[FileColumn]) -> list[SpineProblem]:
    name = spine.event_timestamp
    column = _column(columns, name)
    if column is None:
        near = nearest(name, [one.name for one in columns])
        return [SpineProblem(name, f"There is no column {name!r}, the event timestamp.", near)]
    data_type = canonical(column.data_type)
    if is_timestamp(data_type) or data_type == UNKNOWN:
        return []
    message = f"The column {name!r} is {column.data_type}, and the event timestamp must be a TIMESTAMP or a DATE."
    return [SpineProblem(name, message, "Write it as a timestamp with an offset.")]


def _moment(spine: Spine, column: FileColumn, place: str) -> str:
    """Microseconds; null outside of the years 1 to 9999."""
    data_type = canonical(column.data_type)
    if data_type == UNKNOWN:
        return "CAST(NULL AS BIGINT)"
    if data_type in NAIVE:
        micros = f"epoch_us({_naive(spine, column, place)})"
    elif data_type == "DATE":
        micros = f"epoch_us(TRY_CAST({place} AS TIMESTAMP))"
    else:
        micros = f"CASE WHEN isfinite({place}) THEN epoch_us({place}) END"
    return f"CASE WHEN {micros} BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT} THEN {micros} END"

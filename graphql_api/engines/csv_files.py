"""CSV as RFC 4180 writes it: a header, fields in double quotes or in none, a quote inside of them written twice.

Nothing but the delimiter is guessed, and that from the header alone. Two readers must agree on how many records there
are, Python's and DuckDB's, so that no row is lost to what one of them makes of an odd line.
"""

import csv
import re
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NoReturn

import duckdb

from graphql_api.engines.problems import AT_FAULT_ELSEWHERE, Refused, refuse
from graphql_api.engines.text import literal

CSV_TABLE = "__csv"
INVALID = "SPINE_INVALID"
LONGEST_LINE = 2_000_000
_DELIMITERS = ",;\t|"
_PIECE = 1 << 20
_MIXED = "The lines of the CSV file end in different ways."
_ONE_END = "Let all of them end in \\n, or all in \\r\\n."
_AGAIN = "Write the file again with a CSV writer, in UTF-8, with fields that hold quotes in quotes, or send Parquet."


@dataclass(frozen=True, slots=True)
class CsvFile:
    path: str
    delimiter: str
    names: tuple[str, ...]


def csv_file(path: str, wanted: Sequence[str]) -> CsvFile:
    """What the header says. The delimiter is the one that finds the most of the `wanted` columns in it, then the one
    that finds the most columns. Refused where the first line is no header."""
    headers: dict[str, list[str]] = {}
    refusals: list[Refused] = []
    for delimiter in _DELIMITERS:
        try:
            headers[delimiter] = _header(path, delimiter)
        except Refused as refused:
            refusals.append(refused)
    if not headers:
        raise refusals[0]
    names = {name.lower() for name in wanted}

    def rank(delimiter: str) -> tuple[int, int]:
        header = headers[delimiter]
        return len({name.lower() for name in header} & names), len(header)

    delimiter = max(headers, key=rank)
    return CsvFile(path, delimiter, tuple(_named(headers[delimiter])))


def load_csv(connection: duckdb.DuckDBPyConnection, file: CsvFile) -> None:
    """Makes `__csv` of the records in their order: `i` from 0, and every field as its text in `c0`, `c1` and so on. An
    empty field is null, and an empty text where it stands in quotes. Refused with the line where there is no sense."""
    if _mixes_line_ends(file):
        refuse(INVALID, _MIXED, hint=_ONE_END)
    records = sum(1 for _ in _records(file))
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(file.names)))
    scan = (
        f"read_csv({literal(file.path)}, auto_detect=false, header=true, skip=0, comment='', quote='\"', escape='\"', "
        f"delim={literal(file.delimiter)}, columns={{{columns}}}, allow_quoted_nulls=false, null_padding=false, "
        f"strict_mode=true, parallel=false, max_line_size={LONGEST_LINE})"
    )
    try:
        connection.execute(f"CREATE TEMP TABLE {CSV_TABLE} AS SELECT row_number() OVER () - 1 AS i, * FROM {scan}")
    except AT_FAULT_ELSEWHERE:
        raise
    except duckdb.Error as error:
        _refuse_odd(file, str(error))
    if connection.execute(f"SELECT count(*) FROM {CSV_TABLE}").fetchall()[0][0] != records:
        _refuse_odd(file)


def line_of(file: CsvFile, row: int) -> int:
    """On which line the record `row`, counted from 0, begins."""
    with closing(_records(file)) as records:
        return next(islice(records, row, None))


# ---------------------------------------------------------------- Python's reader


def _read(path: str, delimiter: str) -> Generator[tuple[int, list[str]]]:
    """Each record, the header too, and the line on which it begins. Refused at the first that cannot be read."""
    csv.field_size_limit(LONGEST_LINE)
    line = 1
    with Path(path).open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            for record in reader:
                yield line, record
                line = reader.line_num + 1
        except csv.Error as error:
            _refuse_record(line, str(error))
        except UnicodeDecodeError:
            message = f"The CSV file is not UTF-8 at line {_line_that_is_not_utf8(path)}."
            refuse(INVALID, message, hint="Save it as UTF-8, or send Parquet.")


def _records(file: CsvFile) -> Generator[int]:
    """The line of each. An empty one is a record only where records have a single field."""
    width = len(file.names)
    for line, record in islice(_read(file.path, file.delimiter), 1, None):
        if len(record) == width or (width == 1 and not record):
            yield line
        elif record:
            _refuse_width(line, len(record), width)


def _line_that_is_not_utf8(path: str) -> int:
    with Path(path).open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    raise AssertionError("one of the lines is not UTF-8")


def _header(path: str, delimiter: str) -> list[str]:
    with closing(_read(path, delimiter)) as records:
        first = next(records, None)
    names = first[1] if first else []
    if not names:
        refuse(INVALID, "The CSV file has no header in its first line.", hint="Begin it with the columns' names.")
    return names


def _named(header: Sequence[str]) -> list[str]:
    """A column without a name, as the index of a data frame is written, is called by its place."""
    return [name if name.strip() else f"column{at}" for at, name in enumerate(header)]


# ---------------------------------------------------------------- what is wrong


def _refuse_width(line: int, fields: int, width: int) -> NoReturn:
    told = f"Line {line} has {fields} field{'s' if fields != 1 else ''}, the header has {width}."
    hint = "Put a field that holds the delimiter in double quotes, right behind the delimiter, and write every field."
    refuse(INVALID, told, hint=hint)


def _refuse_record(line: int, told: str) -> NoReturn:
    if "field limit" in told:
        message = f"The field that begins on line {line} is longer than {LONGEST_LINE:,} characters."
        refuse(INVALID, message, hint="Look for a quote that is not closed.")
    if "unexpected end" in told:
        refuse(INVALID, f"A quote that opens in the record of line {line} is not closed.", hint=_AGAIN)
    message = f"In the record of line {line} a quote closes in the middle of a field."
    refuse(INVALID, message, hint="Write a quote inside of a field in quotes twice.")


def _refuse_odd(file: CsvFile, told: str = "") -> NoReturn:
    if "Maximum line size" in told:
        refuse(INVALID, f"A line is longer than {LONGEST_LINE:,} bytes.", hint="Send Parquet.")
    if _count(file.path, rb"\r\n") and _count(file.path, rb"(?<!\r)\n"):
        refuse(INVALID, _MIXED, hint=_ONE_END)
    for line, record in _read(file.path, file.delimiter):
        if any(field.lstrip().startswith('"') and not field.startswith('"') for field in record):
            refuse(INVALID, f"In the record of line {line} a space stands before a quote.", hint="Leave the space out.")
    at = re.search(r"CSV Error on Line: (\d+)", told)
    where = f"Line {at[1]} of the CSV file" if at else "The CSV file"
    refuse(INVALID, f"{where} can be read in more than one way.", hint=_AGAIN)


def _mixes_line_ends(file: CsvFile) -> bool:
    """A carriage return alone that stands in no field ends a line; so do no others in one file."""
    bare = _count(file.path, rb"\r(?!\n)")
    if not bare or not _count(file.path, rb"\n"):
        return False
    records = _read(file.path, file.delimiter)
    inside = sum(len(re.findall(r"\r(?!\n)", field)) for _, record in records for field in record)
    return bare > inside


def _count(path: str, pattern: bytes) -> int:
    """Of places in a file, which is read a piece at a time."""
    count, held = 0, b""
    with Path(path).open("rb") as read:
        while piece := read.read(_PIECE):
            piece, held = held + piece, b""
            if piece.endswith(b"\r"):
                piece, held = piece[:-1], b"\r"
            count += len(re.findall(pattern, piece))
    return count + len(re.findall(pattern, held))

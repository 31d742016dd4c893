"""No record of a CSV is lost or made up: what is accepted is what another reader finds, and what was written."""

import csv
import io
import random
from collections.abc import Generator, Sequence
from pathlib import Path

import duckdb
import pytest

from graphql_api.engines.csv_files import CSV_TABLE, csv_file, line_of, load_csv
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import ComputeProblem

PIECES = ["a", "1", ",", ",", '"', '"', "\n", "\n", "\r\n", "\r", " ", "#", "'", '""', "\t", "\\", ";", "NULL", "é"]
FIELDS = ["", "a", "#1", '"', "'", "'a", ",", ";", "\n", "\r\n", " ", ' "a"', "\\", '\\"', "NULL", "nan", "é", "x\ny"]


@pytest.fixture
def connection() -> Generator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def read(connection: duckdb.DuckDBPyConnection, path: Path, *wanted: str) -> list[tuple[str | None, ...]]:
    connection.execute(f"DROP TABLE IF EXISTS {CSV_TABLE}")
    load_csv(connection, csv_file(str(path), wanted))
    return connection.execute(f"SELECT * EXCLUDE (i) FROM {CSV_TABLE} ORDER BY i").fetchall()


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "spine.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        read(connection, path, "tailnum", "at")
    problem = refused.value.problem
    assert isinstance(problem, ComputeProblem)
    assert problem.code == "SPINE_INVALID"
    assert str(path) not in f"{problem.message} {problem.hint}"
    return problem.message, problem.hint


def found_by_python(text: str) -> list[tuple[str, ...]]:
    """An empty line is a record where there is one column."""
    header, *records = csv.reader(io.StringIO(text, newline=""))
    return [tuple(record or [""]) for record in records if record or len(header) == 1]


def test_what_is_accepted_has_the_records_that_another_reader_finds(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    chance = random.Random(7)
    accepted = 0
    for _ in range(400):
        end = chance.choice(["\n", "\r\n"])
        text = ",".join("xyz"[: chance.choice([1, 2, 2, 3])]) + end
        text += "".join(chance.choice(PIECES) for _ in range(chance.randint(0, 10)))
        try:
            rows = read(connection, written(tmp_path, text), "x")
        except Refused:
            continue
        accepted += 1
        assert len(rows) == len(found_by_python(text)), repr(text)
        if ' "' not in text:
            assert [tuple(value or "" for value in row) for row in rows] == found_by_python(text), repr(text)
    assert accepted > 50


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_was_written_comes_back(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, delimiter: str, end: str
) -> None:
    chance = random.Random(11)
    for _ in range(15):
        rows = [[chance.choice([*FIELDS, delimiter]) for _ in range(3)] for _ in range(chance.randint(0, 6))]
        text = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if chance.random() < 0.5 else csv.QUOTE_MINIMAL
        writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
        writer.writerows([["x", "y", "z"], *rows])
        path = written(tmp_path, ("\ufeff" if chance.random() < 0.5 else "") + text.getvalue())

        found = read(connection, path, "x")

        assert [[value or "" for value in row] for row in found] == rows


def test_an_empty_text_stands_in_quotes_and_what_is_empty_without_is_null(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = written(tmp_path, 'tailnum,at,gate\n"",,""\nNULL,"NULL",\n')

    assert read(connection, path, "at") == [("", None, ""), ("NULL", "NULL", None)]


@pytest.mark.parametrize("lines", [["#1,t,B", "N2,t,C", "N3,t,#"], ["tailnum,at,gate", "N1,t,B", "tailnum,at,gate"]])
def test_nothing_is_a_comment_and_no_header_is_skipped_but_the_first(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, lines: Sequence[str]
) -> None:
    path = written(tmp_path, "\n".join(["tailnum,at,gate", *lines]) + "\n")

    assert read(connection, path, "at") == [tuple(line.split(",")) for line in lines]


def test_the_delimiter_is_the_one_that_finds_the_columns(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = written(tmp_path, "tailnum;at;gate, if any, and why\nN1;t;B,1,2\n")

    assert read(connection, path, "tailnum", "at") == [("N1", "t", "B,1,2")]


def test_a_row_is_found_by_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, 'x,y\r\n"a\r\nb",1\r\n\r\nc,2\r\nd,3\r\n')

    assert [line_of(csv_file(str(path), ["x"]), row) for row in range(3)] == [2, 5, 6]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tailnum,at,gate\nN1,t\n", "Line 2 has 2 fields, the header has 3."),
        ("tailnum,at\nN1,t\n\n\nN1\n", "Line 5 has 1 field, the header has 2."),
        ("tailnum,at\nN1,t,\n", "Line 2 has 3 fields, the header has 2."),
        ('tailnum,at\nN1,t\n"N2,t\nN3,t\n', "A quote that opens in the record of line 3 is not closed."),
        ('tailnum,at\n"N"1,t\n', "In the record of line 2 a quote closes in the middle of a field."),
        (b"tailnum,at\nN1,t\nN\xe9,t\n", "The CSV file is not UTF-8 at line 3."),
        ("tailnum,at\nN1,t\n".encode("utf-16"), "The CSV file is not UTF-8 at line 1."),
        ("", "The CSV file has no header in its first line."),
        ("\ntailnum,at\n", "The CSV file has no header in its first line."),
        ("tailnum,at\nN1,t\r\nN2,t\n", "The lines of the CSV file end in different ways."),
        ("tailnum\r\n\r \r\nN1\r\n", "The lines of the CSV file end in different ways."),
        ('tailnum,at\nN1, "t\n', "In the record of line 2 a space stands before a quote."),
        (f"tailnum,at\nN1,{'a' * 2_000_001}\n", "The field that begins on line 2 is longer than 2,000,000 characters."),
        (f"tailnum,at\n{'a' * 1_400_000},{'a' * 1_400_000}\n", "A line is longer than 2,000,000 bytes."),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_without_advice_that_nobody_can_follow(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, text: str | bytes, message: str
) -> None:
    told, hint = refusal(connection, written(tmp_path, text))

    assert told == message
    assert hint


def test_records_of_more_than_a_buffer_are_all_there_in_their_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("SET threads=4")
    text = "x,y\n" + "".join(f'"{n}\n{"a" * (n % 97)}",{n}\n' for n in range(400_000))
    path = written(tmp_path, text)

    rows = read(connection, path, "x")

    assert len(text) > 20_000_000
    assert [int(y or 0) for _, y in rows] == list(range(400_000))

"""Files merged into fewer: the same rows, each as it came, in the order and with the schema that every file has."""

import itertools
from typing import Any

import duckdb

from graphql_api.engines.shapes import MergeRows, PackOnline, Relation, Slice, Staged
from tests.engines.support import HOUR, JAN, Bench, a_view, at, columns, entries, read, rows_of

NAMES = columns("k VARCHAR", "t TIMESTAMP WITH TIME ZONE", "c TIMESTAMP WITH TIME ZONE", "v BIGINT")
SQL = "SELECT k, t AS event_timestamp, c AS created_timestamp, v FROM src"


def run_id(number: int) -> str:
    return f"{number:024x}"


def slices_of(bench: Bench, created: int = JAN) -> list[Slice]:
    """Three hours, an hour a commit, of which the last was run again with corrections."""
    found: list[Slice] = []
    for hour in range(3):
        found += committed(bench, hour + 1, JAN + hour * HOUR, JAN + hour * HOUR, "i", [])
    again = JAN + 2 * HOUR
    return [*found[:-1], *committed(bench, 4, again, created + 3 * HOUR, "2 * i", found[-1:])]


def committed(bench: Bench, number: int, start: int, created: int, value: str, old: list[Slice]) -> list[Slice]:
    file = bench.source(
        f"SELECT 'k' || i % 5 AS k, make_timestamptz({start} + i) AS t, make_timestamptz({created} + i) AS c, "
        f"({value})::BIGINT AS v FROM range(10) AS r(i)"
    )
    view = a_view(SQL, [Relation("src", NAMES, event_timestamp="t", files=[file])], has_created=True)
    result = bench.compute(view, start, start + HOUR, old=old)
    return [Slice(made.path, number, run_id(number), [(start, start + HOUR)]) for made in result.files]


def rows(slices: list[Slice]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for piece in slices:
        found += [
            (row["k"], row["event_timestamp"], row["created_timestamp"], row.get("__commit", piece.commit),
             row.get("__run", piece.run_id), row["v"])
            for row in read(piece.path)
            if any(start <= row["event_timestamp"] < end for start, end in piece.ranges)
        ]  # fmt: skip
    return found


def merged(bench: Bench, slices: list[Slice], files: int) -> list[Staged]:
    request = MergeRows(a_view(SQL, [], has_created=True), slices, files, bench.out())
    made: list[Staged] = bench.ask(request, readable=[piece.path for piece in slices])
    return made


def whole(files: list[Staged], number: int) -> list[Slice]:
    return [Slice(file.path, number, run_id(number), [(JAN, JAN + 3 * HOUR)]) for file in files]


def test_merged_files_hold_each_row_as_it_came_sorted_and_cut_by_keys(bench: Bench) -> None:
    slices = slices_of(bench)

    files = merged(bench, slices, 3)

    held = [[*rows(whole([file], 99))] for file in files]
    assert list(itertools.chain(*held)) == sorted(rows(slices), key=lambda row: row[:4])
    assert {file.role for file in files} == {"KEPT"}
    assert [file.rows for file in files] == [len(part) for part in held] == [14, 14, 12]
    assert [(file.first_key, file.last_key) for file in files] == [([part[0][0]], [part[-1][0]]) for part in held]
    assert [(file.min_event, file.max_event) for file in files] == [
        (min(row[1] for row in part), max(row[1] for row in part)) for part in held
    ]


def test_what_goes_online_from_merged_files_is_the_same_to_the_byte(bench: Bench) -> None:
    slices = slices_of(bench)
    files = whole(merged(bench, slices, 2), 99)
    view = a_view(SQL, [], has_created=True)

    def online(rest: list[Slice]) -> list[list[Any]]:
        request = PackOnline(7, 100, run_id(100), view, [], rest, rest, bench.out())
        return sorted(entries(bench.ask(request, readable=[piece.path for piece in rest])))

    assert online(files) == online(slices)


def test_merged_once_more_they_are_the_same(bench: Bench) -> None:
    once = merged(bench, slices_of(bench), 1)

    again = merged(bench, whole(once, 99), 1)

    assert [file.sha256 for file in again] == [file.sha256 for file in once]


def test_where_no_row_is_visible_there_is_no_file(bench: Bench) -> None:
    [slice_, *_] = slices_of(bench)
    nothing = Slice(slice_.path, 1, run_id(1), [(JAN - HOUR, JAN)])

    assert merged(bench, [nothing], 2) == []


def test_columns_of_any_name_are_merged(bench: Bench) -> None:
    names = ["rowid", "filename", "file_row_number", "place", "number"]
    listed = ", ".join(f"{number}::BIGINT AS {name}" for number, name in enumerate(names))
    file = bench.source(f"SELECT {at(JAN)} AS t, {listed}, 1::BIGINT AS v")
    schema = columns("t TIMESTAMP WITH TIME ZONE", *(f"{name} BIGINT" for name in [*names, "v"]))
    view = a_view(
        f"SELECT t AS event_timestamp, v, {', '.join(names)} FROM src",
        [Relation("src", schema, event_timestamp="t", files=[file])],
        keys=" ".join(f"{name}:INT64" for name in names),
    )
    computed = bench.compute(view, JAN, JAN + HOUR)
    [made] = computed.files

    files: list[Staged] = bench.ask(
        MergeRows(view, [Slice(made.path, 1, run_id(1))], 4, bench.out()), readable=[made.path]
    )

    assert [{**row, "__commit": 1, "__run": run_id(1)} for row in rows_of(computed)] == read(files[0].path)
    assert (files[0].first_key, files[0].last_key) == ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])
    with duckdb.connect() as connection:  # every column is optional, as in all files
        found = connection.execute(f"SELECT repetition_type FROM parquet_schema('{files[0].path}')").fetchall()
    assert {kind for (kind,) in found[1:]} == {"OPTIONAL"}

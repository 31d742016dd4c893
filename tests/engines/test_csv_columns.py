"""A column of a CSV is what the join needs, or else what gives every value back as it was written."""

import pytest

from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import CheckSpine, Join, Spine, SpineCheck, SpineProblem, StoredColumn, Unmatchable
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import FileColumn, Slice, Value
from tests.engines.joins import joined, write_rows
from tests.engines.support import JAN, RUN, Bench
from tests.engines.test_spines import DELAY, csv, made

MOMENT = "2026-01-01T00:00:00Z"
WHOLE = "Write whole numbers such as 42, and nothing where there is none."
NOTHING = Join([], [])


def by_number(bench: Bench, *numbers: int) -> Join:
    """A view of the key `id`, whose delay is the key."""
    key = Value("id", ValueType.INT64)
    path = write_rows(bench.folder / "v.parquet", [key], [DELAY], [((one,), JAN, JAN, (one,)) for one in numbers])
    bench.made.append(path)
    view = joined("v@1", {"id": key}, [DELAY], [Slice(path, 1, RUN)])
    return Join([view], [StoredColumn("delay", 0, "delay")])


@pytest.mark.parametrize(
    ("texts", "data_type"),
    [
        (["1", "", "-20"], "BIGINT"),
        (["9223372036854775807", "-9223372036854775808"], "BIGINT"),
        (["1.50", "-2", "3e-7", ".5", ""], "DOUBLE"),
        (["0.1", "123456.789", "1e300"], "DOUBLE"),
        (["true", "False", ""], "BOOLEAN"),
        (["2026-01-31", ""], "DATE"),
        (["2026-01-31T12:00", "2026-01-31 12:00:00.5"], "TIMESTAMP"),
        (["2026-01-31T12:00:00Z"], "TIMESTAMP WITH TIME ZONE"),
        (["03/04/2025", "13/04/2025"], "VARCHAR"),
        (["9007199254740993", "1.5"], "VARCHAR"),
        (["18446744073709551617"], "VARCHAR"),
        (["0.1000000000000000055511151231257827"], "VARCHAR"),
        (["1e999"], "VARCHAR"),
        (["007"], "VARCHAR"),
        (["1", '""'], "VARCHAR"),
        (["1", "NULL"], "VARCHAR"),
        (["+1"], "VARCHAR"),
        (["2026-02-30"], "VARCHAR"),
        (["2026-01-31T12:00:00+01:00"], "VARCHAR"),
        (["2026-01-31T12:00:00.1234567"], "VARCHAR"),
        (["", ""], "VARCHAR"),
    ],
)
def test_another_column_has_the_type_that_keeps_its_values(bench: Bench, texts: list[str], data_type: str) -> None:
    paths = csv(bench, "at,extra", *[f"{MOMENT},{text}" for text in texts])

    found: SpineCheck = bench.ask(CheckSpine(NOTHING, Spine(paths, "at", is_csv=True)), readable=paths)

    assert found.columns == [FileColumn("at", "TIMESTAMP WITH TIME ZONE"), FileColumn("extra", data_type)]


def test_a_value_far_below_may_change_the_type(bench: Bench) -> None:
    texts = [*[""] * 3_000, *["1"] * 3_000]

    for last, data_type in (("2", "BIGINT"), ("2.5", "DOUBLE"), ("two", "VARCHAR")):
        paths = csv(bench, "at,extra", *[f"{MOMENT},{text}" for text in [*texts, last]])
        found: SpineCheck = bench.ask(CheckSpine(NOTHING, Spine(paths, "at", is_csv=True)), readable=paths)
        assert found.columns[1] == FileColumn("extra", data_type)


def test_texts_come_back_as_they_were_written(bench: Bench) -> None:
    texts = ["03/04/2025", "", '""', "9007199254740993", " 1", "#", "NULL", "'a'"]
    paths = csv(bench, "at,extra", *[f"{MOMENT},{text}" for text in texts])

    rows, _ = made(bench, NOTHING, Spine(paths, "at", is_csv=True))

    assert [row["extra"] for row in rows] == ["03/04/2025", None, "", "9007199254740993", " 1", "#", "NULL", "'a'"]


def test_a_key_is_a_number_however_it_is_written(bench: Bench) -> None:
    """`5.0` is what a data frame writes whose column holds nulls."""
    texts = ["5", "05", "+5", "5.0", "", '""', "6"]
    paths = csv(bench, "at,id", *[f"{MOMENT},{text}" for text in texts])

    rows, result = made(bench, by_number(bench, 5), Spine(paths, "at", is_csv=True))

    assert [(row["id"], row["delay"]) for row in rows] == [*[(5, 5)] * 4, (None, None), (None, None), (6, None)]
    assert result.unmatchable == []


@pytest.mark.parametrize("texts", [[], [""], ["02"]])
def test_a_key_is_a_number_whatever_there_is(bench: Bench, texts: list[str]) -> None:
    paths = csv(bench, "at,id", *[f"{MOMENT},{text}" for text in texts])

    rows, result = made(bench, by_number(bench, 2), Spine(paths, "at", is_csv=True))

    assert [row["delay"] for row in rows] == [2 if text else None for text in texts]
    assert [column.data_type for column in result.columns] == ["TIMESTAMP WITH TIME ZONE", "BIGINT", "BIGINT"]


def test_a_number_that_the_key_cannot_hold_matches_nothing_and_is_kept(bench: Bench) -> None:
    paths = csv(bench, "at,id", f"{MOMENT},5", f"{MOMENT},18446744073709551617")

    rows, result = made(bench, by_number(bench, 5), Spine(paths, "at", is_csv=True))

    assert [(int(row["id"]), row["delay"]) for row in rows] == [(5, 5), (2**64 + 1, None)]
    assert result.unmatchable == [Unmatchable("id", ValueType.INT64, 1)]


def test_every_column_with_a_bad_value_is_told_with_its_first(bench: Bench) -> None:
    paths = csv(bench, "at,id,note", f'{MOMENT},1,"a', 'b"', f"{MOMENT},N1,", "tomorrow,1.5,", "03/04/2025,1,")
    spine = Spine(paths, "at", is_csv=True)

    found: SpineCheck = bench.ask(CheckSpine(by_number(bench), spine), readable=paths)

    assert [(one.column, one.message) for one in found.problems] == [
        ("at", "Row 3 (line 5): 'at' is 'tomorrow', which is no time, and 1 more row has none."),
        ("id", "Row 2 (line 4): 'id' is 'N1', which is no INT64, and 1 more row has none."),
    ]
    assert found.problems[1] == SpineProblem("id", found.problems[1].message, WHOLE)
    with pytest.raises(Refused, match=r"The spine cannot be used\. Row 3 \(line 5\): 'at' is 'tomorrow'"):
        made(bench, by_number(bench), spine)


@pytest.mark.parametrize(
    ("text", "is_naive"),
    [
        ("2026-01-01 01:00:00 Europe/Berlin", False),
        ("2026-01-01 00:00:00 UTC", False),
        ("2026-01-01T00:00:00+00:00:00", False),
        ("2026-01-01T00:00:00.000000000", True),
        ("2026-01-01", True),
    ],
)
def test_a_time_with_a_zone_is_of_that_zone_and_nothing_is_told(bench: Bench, text: str, is_naive: bool) -> None:
    rows, result = made(bench, NOTHING, Spine(csv(bench, "at", text), "at", is_csv=True))

    assert (rows, result.is_naive) == ([{"at": JAN}], is_naive)


def test_a_list_is_asked_for_as_parquet(bench: Bench) -> None:
    join = Join([], [], [Value("weights", ValueType.FLOAT64_LIST)])
    paths = csv(bench, "at,weights", f'{MOMENT},"[1.5]"')

    found: SpineCheck = bench.ask(CheckSpine(join, Spine(paths, "at", is_csv=True)), readable=paths)

    assert found.problems == [
        SpineProblem(
            "weights",
            "The column 'weights' is VARCHAR, and a request column is FLOAT64_LIST.",
            "Send Parquet: a CSV has no such type.",
        )
    ]

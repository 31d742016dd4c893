"""Whatever rows somebody has: what of them the join understands, and how it keeps the rest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import (
    CheckSpine,
    Join,
    JoinedSpine,
    JoinedView,
    JoinProgress,
    JoinSpine,
    MeasureSpine,
    Spine,
    SpineCheck,
    SpineExtent,
    SpineProblem,
    Split,
    Splits,
    StoredColumn,
    Unmatchable,
)
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import ComputeProblem, Slice, Value
from tests.engines.joins import joined, pa, pq, read_all, write_rows
from tests.engines.support import HOUR, JAN, RUN, Bench, write_parquet

KEY = Value("tailnum", ValueType.STRING)
DELAY = Value("delay", ValueType.INT64)


def delays(bench: Bench, rows: Sequence[tuple[str, int, int]], **more: Any) -> JoinedView:
    """A view of `tailnum`, event and delay."""
    path = bench.folder / f"delays-{len(bench.made)}.parquet"
    bench.made.append(
        write_rows(path, [KEY], [DELAY], [((key,), event, event, (value,)) for key, event, value in rows])
    )
    return joined("delays@1", {"tailnum": KEY}, [DELAY], [Slice(str(path), 1, RUN)], has_created=False, **more)


def asks(view: JoinedView, column: str = "delay") -> Join:
    return Join([view], [StoredColumn(column, 0, "delay")])


def made(bench: Bench, join: Join, spine: Spine) -> tuple[list[dict[str, Any]], JoinedSpine]:
    result: JoinedSpine = bench.ask(JoinSpine(join, spine, bench.out()), readable=spine.paths)
    return read_all([file.path for file in result.files]), result


def csv(bench: Bench, *lines: str) -> list[str]:
    path = bench.folder / "spine.csv"
    path.write_text("\n".join(lines) + "\n")
    return [str(path)]


def test_every_row_is_kept_in_its_order_with_whatever_else_it_holds(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))
    path = bench.source(
        f"""FROM (VALUES
        ('N1', make_timestamptz({JAN + HOUR}), 1.5, [1, null], 'late'),
        (NULL, make_timestamptz({JAN + HOUR}), 'nan'::DOUBLE, NULL, 'no key'),
        ('N1', make_timestamptz({JAN - 1}), 2.5, [], 'before all history'),
        ('N1', make_timestamptz({JAN + HOUR}), 1.5, [1, null], 'late'),
        ('N1', NULL, NULL, NULL, 'no moment'),
        ('N9', make_timestamptz({JAN}), -0.0, [2], 'unknown'),
        ('N1', make_timestamptz({JAN}), 9.0, [3], 'at just the moment')
        ) AS s(tailnum, "at", weight, list, label)"""
    )

    rows, result = made(bench, join, Spine([path], "at"))

    assert [(row["label"], row["delay"]) for row in rows] == [
        ("late", 7),
        ("no key", None),
        ("before all history", None),
        ("late", 7),
        ("no moment", None),
        ("unknown", None),
        ("at just the moment", 7),
    ]
    assert [row["list"] for row in rows] == [[1, None], None, [], [1, None], None, [2], [3]]
    assert (result.rows, result.without_moment, result.outside) == (7, 1, 0)
    assert (result.oldest, result.newest) == (JAN - 1, JAN + HOUR)
    assert [(column.name, column.data_type) for column in result.columns] == [
        ("tailnum", "VARCHAR"),
        ("at", "TIMESTAMP WITH TIME ZONE"),
        ("weight", "DOUBLE"),
        ("list", "INTEGER[]"),
        ("label", "VARCHAR"),
        ("delay", "BIGINT"),
    ]


def test_every_column_of_the_files_may_be_null(bench: Bench) -> None:
    """Else one file would say REQUIRED, where the next says OPTIONAL."""
    join = asks(delays(bench, [("N1", JAN, 7)]))
    path = bench.source(f"SELECT 'N1' AS tailnum, make_timestamptz({JAN}) AS at, 1 AS label")

    for asked in (join, Join(join.views, [])):
        _, result = made(bench, asked, Spine([path], "at"))
        schema = pq.read_schema(result.files[0].path)
        assert all(field.nullable for field in schema), schema


@pytest.mark.parametrize("event", ["TIMESTAMP '2026-01-01 01:00:00'", "'2026-01-01 01:00:00'::TIMESTAMP_NS"])
def test_a_time_without_an_offset_is_utc_and_that_is_told(bench: Bench, event: str) -> None:
    join = asks(delays(bench, [("N1", JAN + HOUR, 7)]))
    path = bench.source(f"SELECT 'N1' AS tailnum, {event} AS at")

    rows, result = made(bench, join, Spine([path], "at"))

    assert rows == [{"tailnum": "N1", "at": JAN + HOUR, "delay": 7}]
    assert result.is_naive


def test_a_day_is_its_midnight(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))
    path = bench.source("SELECT 'N1' AS tailnum, DATE '2026-01-01' AS at")

    rows, result = made(bench, join, Spine([path], "at"))

    assert (rows, result.is_naive) == ([{"tailnum": "N1", "at": JAN, "delay": 7}], True)


def test_a_time_without_an_offset_is_read_in_the_zone_of_the_source(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))
    path = bench.source("SELECT 'N1' AS tailnum, TIMESTAMP '2025-12-31 19:00:00' AS at")

    rows, _ = made(bench, join, Spine([path], "at", timezone="America/New_York"))

    assert rows == [{"tailnum": "N1", "at": JAN, "delay": 7}]


def test_a_time_that_the_clock_skipped_ends_it(bench: Bench) -> None:
    join = asks(delays(bench, []))
    path = bench.source("SELECT 'N1' AS tailnum, TIMESTAMP '2026-03-08 02:30:00' AS at")

    with pytest.raises(
        Refused, match=r"In the spine at is 2026-03-08 02:30:00, a time that the clock skipped in .* \(row 1\)"
    ):
        made(bench, join, Spine([path], "at", timezone="America/New_York"))


def test_nanoseconds_are_cut(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN + 1, 7)]))
    path = bench.source(
        "SELECT 'N1' AS tailnum, "
        "unnest(['2026-01-01 00:00:00.000000999', '2026-01-01 00:00:00.000001']::TIMESTAMP_NS[]) AS at"
    )

    rows, _ = made(bench, join, Spine([path], "at"))

    assert [(row["at"], row["delay"]) for row in rows] == [(JAN, None), (JAN + 1, 7)]


def test_a_csv_keeps_its_texts_and_its_order(bench: Bench) -> None:
    """`007` is the name of a plane and no number; a label is read as what it looks like."""
    join = asks(delays(bench, [("007", JAN, 7), ("7", JAN, 8)]))
    paths = csv(
        bench,
        "tailnum,label,at",
        "007,1,2026-01-01T01:00:00+01:00",
        "7,2,2026-01-01T00:00:00Z",
        ",3,2026-01-01T00:00:00Z",
        "007,4,2026-01-01T00:00:00+01:00",
        "007,5,",
    )

    rows, result = made(bench, join, Spine(paths, "at", is_csv=True))

    assert rows == [
        {"tailnum": "007", "label": 1, "at": JAN, "delay": 7},
        {"tailnum": "7", "label": 2, "at": JAN, "delay": 8},
        {"tailnum": None, "label": 3, "at": JAN, "delay": None},
        {"tailnum": "007", "label": 4, "at": JAN - HOUR, "delay": None},
        {"tailnum": "007", "label": 5, "at": None, "delay": None},
    ]
    assert not result.is_naive


@pytest.mark.parametrize("text", ["2026-01-01 00:00:00", "2026-01-01", "2026-01-01T00:00"])
def test_a_csv_with_times_without_offsets_is_told(bench: Bench, text: str) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))

    rows, result = made(bench, join, Spine(csv(bench, "tailnum,at", f"N1,{text}"), "at", is_csv=True))

    assert (rows, result.is_naive) == ([{"tailnum": "N1", "at": JAN, "delay": 7}], True)


def test_what_is_no_time_ends_it(bench: Bench) -> None:
    paths = csv(bench, "tailnum,at", "N1,2026-01-01T00:00:00Z", "N1,yesterday")

    with pytest.raises(Refused) as refused:
        made(bench, asks(delays(bench, [])), Spine(paths, "at", is_csv=True))

    assert refused.value.problem == ComputeProblem(
        "SPINE_INVALID",
        "The spine cannot be used. Row 2 (line 3): 'at' is 'yesterday', which is no time.",
        "Write it as 2026-01-31T12:00:00Z, or with another offset or time zone behind it; one without is of UTC. "
        "Write nothing where there is none.",
    )


def test_a_csv_that_is_none_ends_it(bench: Bench) -> None:
    paths = csv(bench, "tailnum,at", 'N1,"2026-01-01T00:00:00Z', "N2,a,b,c")

    with pytest.raises(Refused, match="A quote that opens in the record of line 2 is not closed") as refused:
        made(bench, asks(delays(bench, [])), Spine(paths, "at", is_csv=True))

    assert isinstance(refused.value.problem, ComputeProblem)
    assert refused.value.problem.code == "SPINE_INVALID"


def test_numbers_of_any_width_are_keys_of_int64(bench: Bench) -> None:
    key = Value("id", ValueType.INT64)
    path = write_rows(
        bench.folder / "v.parquet", [key], [DELAY], [((2**53 + 1,), JAN, JAN, (7,)), ((5,), JAN, JAN, (5,))]
    )
    bench.made.append(path)
    view = joined("v@1", {"id": key}, [DELAY], [Slice(path, 1, RUN)])
    for data_type, value in (("UTINYINT", 5), ("INTEGER", 5), ("UBIGINT", 2**53 + 1), ("DECIMAL(18,0)", 2**53 + 1)):
        spine = bench.source(f"SELECT {value}::{data_type} AS id, make_timestamptz({JAN}) AS at")
        rows, _ = made(bench, Join([view], [StoredColumn("delay", 0, "delay")]), Spine([spine], "at"))
        assert [row["delay"] for row in rows] == [7 if value > 5 else 5], data_type


def test_a_key_that_its_type_cannot_hold_matches_nothing_and_is_counted(bench: Bench) -> None:
    """One odd row of a million is no reason to lose the others."""
    number, moment = Value("id", ValueType.INT64), Value("since", ValueType.TIMESTAMP)
    path = write_rows(bench.folder / "v.parquet", [number, moment], [DELAY], [((5, JAN), JAN, JAN, (7,))])
    bench.made.append(path)
    view = joined("v@1", {"id": number, "since": moment}, [DELAY], [Slice(path, 1, RUN)])
    for since in ("TIMESTAMP", "TIMESTAMPTZ", "DATE"):
        spine = bench.source(
            f"SELECT id::UBIGINT AS id, since::{since} AS since, make_timestamptz({JAN}) AS at FROM (VALUES "
            "(5, '2026-01-01'), (18446744073709551615, '2026-01-01'), (5, '0044-03-15 (BC)'), (5, 'infinity'), "
            "(NULL, NULL)) AS s(id, since)"
        )

        join = Join([view], [StoredColumn("delay", 0, "delay")])
        result: JoinedSpine = bench.ask(JoinSpine(join, Spine([spine], "at"), bench.out()))

        with duckdb.connect() as connection:
            rows = connection.execute(f"SELECT id, delay FROM '{result.files[0].path}'").fetchall()
        assert rows == [(5, 7), (2**64 - 1, None), (5, None), (5, None), (None, None)]
        assert result.unmatchable == [
            Unmatchable("id", ValueType.INT64, 1),
            Unmatchable("since", ValueType.TIMESTAMP, 2),
        ]


@pytest.mark.parametrize("names", [("at", "AT"), ("gate", "gate")])
def test_columns_with_equal_names_are_refused(bench: Bench, names: tuple[str, str]) -> None:
    """Which of them would be the key?"""
    one, other = names
    table = pa.Table.from_arrays(
        [pa.array(["N1"]), *[pa.array([None], pa.timestamp("us"))] * 3], ["tailnum", one, other, "t"]
    )
    path = bench.folder / "equal.parquet"
    pq.write_table(table, path)
    lines = csv(bench, f"tailnum,{one},{other},t", "N1,,,")

    for spine in (Spine([str(path)], "t"), Spine(lines, "t", is_csv=True)):
        with pytest.raises(Refused) as refused:
            bench.ask(CheckSpine(asks(delays(bench, [])), spine), readable=spine.paths)

        assert refused.value.problem == ComputeProblem(
            "SPINE_INVALID",
            f"The spine has columns that SQL cannot tell apart: {one!r}, {other!r}.",
            "Give every column a name of its own; small and capital letters are equal.",
        )


def test_a_damaged_parquet_file_is_told_as_that(bench: Bench) -> None:
    path = Path(bench.source(f"SELECT 'N' || n AS tailnum, make_timestamptz({JAN} + n) AS at FROM range(9999) AS r(n)"))
    content = path.read_bytes()
    damaged = bench.folder / "damaged.parquet"
    damaged.write_bytes(content[:100] + bytes(255 - byte for byte in content[100:2_000]) + content[2_000:])

    with pytest.raises(Refused) as refused:
        made(bench, asks(delays(bench, [])), Spine([str(damaged)], "at"))

    assert refused.value.problem == ComputeProblem(
        "SPINE_INVALID", "The spine cannot be read: the Parquet file is damaged.", "Write it and send it again."
    )


def test_a_column_that_is_named_like_a_feature_gives_its_name_up(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))
    path = bench.source(f"SELECT 'N1' AS tailnum, make_timestamptz({JAN}) AS at, 3 AS Delay, 4 AS spine_delay")

    rows, result = made(bench, join, Spine([path], "at"))

    assert rows == [{"tailnum": "N1", "at": JAN, "spine_spine_Delay": 3, "spine_delay": 4, "delay": 7}]
    assert result.renamed == {"Delay": "spine_spine_Delay"}


def test_what_is_not_there_or_of_another_type_is_told_at_once(bench: Bench) -> None:
    first = delays(bench, [])
    second = joined("w@2", {"origin": Value("airport", ValueType.STRING)}, [DELAY], [])
    join = Join([first, second], [StoredColumn("delay", 0, "delay")], [Value("hour", ValueType.INT64)])
    path = bench.source("SELECT 'N1' AS tail_num, 5 AS origin, 1.5::DOUBLE AS hour, 'soon' AS at")

    found: SpineCheck = bench.ask(CheckSpine(join, Spine([path], "at")))

    assert found.problems == [
        SpineProblem(
            "at",
            "The column 'at' is VARCHAR, and the event timestamp must be a TIMESTAMP or a DATE.",
            "Write it as a timestamp with an offset.",
        ),
        SpineProblem("tailnum", "There is no column 'tailnum', a join key of delays@1.", "Did you mean 'tail_num'?"),
        SpineProblem(
            "origin", "The column 'origin' is INTEGER, and a join key of w@2 is STRING.", "Write it as VARCHAR."
        ),
        SpineProblem("hour", "The column 'hour' is DOUBLE, and a request column is INT64.", "Write it as BIGINT."),
    ]
    with pytest.raises(Refused, match=r"The spine cannot be used\. The column 'at' is VARCHAR"):
        made(bench, join, Spine([path], "at"))


@pytest.mark.parametrize(
    ("moments", "extent"),
    [
        ([JAN, JAN + 5, None], SpineExtent(3, JAN + 5)),
        ([None], SpineExtent(1, None)),
        ([], SpineExtent(0, None)),
    ],
)
def test_a_spine_is_measured_before_anything_is_joined_to_it(
    bench: Bench, moments: list[int | None], extent: SpineExtent
) -> None:
    rows = ", ".join(f"({'NULL' if at is None else at})" for at in [*moments, 0])
    path = bench.source(
        f"SELECT 'N1' AS tailnum, make_timestamptz(m::BIGINT) AS at FROM (VALUES {rows}) AS t(m) LIMIT {len(moments)}"
    )

    assert bench.ask(MeasureSpine(asks(delays(bench, [])), Spine([path], "at"))) == extent


def test_a_spine_of_local_times_is_measured_in_its_time_zone(bench: Bench) -> None:
    path = bench.source("SELECT 'N1' AS tailnum, TIMESTAMP '2026-01-01 00:00:00' AS at")

    extent = bench.ask(MeasureSpine(asks(delays(bench, [])), Spine([path], "at", timezone="America/New_York")))

    assert extent == SpineExtent(1, JAN + 5 * HOUR)


def test_a_join_tells_how_far_it_is_by_views_and_then_by_pieces(bench: Bench) -> None:
    views = [delays(bench, [("N1", JAN, 7)]), delays(bench, [("N1", JAN, 8)])]
    join = Join(views, [StoredColumn("one", 0, "delay"), StoredColumn("other", 1, "delay")])
    path = bench.source(f"SELECT 'N1' AS tailnum, make_timestamptz({JAN} + n) AS at FROM range(5) AS r(n)")
    told: list[JoinProgress] = []

    bench.ask(JoinSpine(join, Spine([path], "at"), bench.out(), rows_a_file=3), tell=told.append)

    rows = [(1, 0), (2, 0), (2, 0), (2, 0), (2, 3), (2, 3), (2, 3), (2, 5)]
    assert told == [JoinProgress(views, rows, step / 8) for step, (views, rows) in enumerate(rows, start=1)]


def test_a_spine_without_rows_makes_a_file_without_rows(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))
    path = bench.source("SELECT 'N1' AS tailnum, now() AS at WHERE false")

    rows, result = made(bench, join, Spine([path], "at"))

    assert (rows, [file.rows for file in result.files], result.rows) == ([], [0], 0)
    assert [column.name for column in result.columns] == ["tailnum", "at", "delay"]


def test_files_of_a_source_are_one_spine_by_name(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))
    paths = [
        bench.source(f"SELECT make_timestamptz({JAN}) AS at, 'N1' AS tailnum, 1::INTEGER AS label"),
        bench.source(f"SELECT 'N1' AS tailnum, make_timestamptz({JAN - 1}) AS at"),
        bench.source(f"SELECT 'N1' AS tailnum, make_timestamptz({JAN}) AS at, 2.5 AS label"),
    ]

    rows, _ = made(bench, join, Spine(paths, "at"))

    assert [(row["delay"], row["label"]) for row in rows] == [(7, 1.0), (None, None), (7, 2.5)]


def test_columns_of_nothing_but_nulls_are_kept(bench: Bench) -> None:
    path = bench.folder / "nulls.parquet"
    pq.write_table(pa.table({"tailnum": pa.nulls(2), "at": pa.nulls(2), "label": pa.nulls(2)}), path)
    bench.made.append(str(path))

    rows, result = made(bench, asks(delays(bench, [("N1", JAN, 7)])), Spine([str(path)], "at"))

    assert rows == [{"tailnum": None, "at": None, "label": None, "delay": None}] * 2
    assert result.without_moment == 2


def test_moments_without_end_are_none(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))
    path = bench.source(
        "SELECT 'N1' AS tailnum, "
        "unnest(['infinity', '-infinity', '20000-01-01', '0044-03-15 (BC)']::TIMESTAMPTZ[]) AS at"
    )

    rows, result = made(bench, join, Spine([path], "at"))

    assert [(row["at"], row["delay"]) for row in rows] == [(None, None)] * 4
    assert (result.without_moment, result.outside) == (4, 4)


def test_what_the_sandbox_writes_can_be_read_by_others(bench: Bench) -> None:
    join = asks(delays(bench, [("N1", JAN, 7)]))
    path = bench.source(f"SELECT 'N1' AS tailnum, make_timestamptz({JAN}) AS at, 'b' AS label")
    _, result = made(bench, join, Spine([path], "at"))

    table = pq.read_table(result.files[0].path)

    assert table.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("delay").type == pa.int64()
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT delay, label FROM '{result.files[0].path}'").fetchall() == [(7, "b")]


@pytest.mark.parametrize("name", ["file_row_number", "file_index", "filename", "i", "t", "f0", "split"])
def test_a_feature_and_a_key_may_have_any_name(bench: Bench, name: str) -> None:
    key, feature = Value(f"{name}_key", ValueType.STRING), Value(name, ValueType.INT64)
    paths = [
        write_rows(bench.folder / f"{n}.parquet", [key], [feature], [(("N1",), JAN + n, JAN + n, (n,))])
        for n in range(3)
    ]
    bench.made += paths
    view = joined("v@1", {"i": key}, [feature], [Slice(path, n, RUN) for n, path in enumerate(paths)])
    spine = bench.source(f"SELECT 'N1' AS i, make_timestamptz({JAN} + unnest([2, -1, 1])) AS t")

    rows, _ = made(bench, Join([view], [StoredColumn("out", 0, name)]), Spine([spine], "t"))

    assert [row["out"] for row in rows] == [2, None, 1]


def test_the_same_request_gives_the_same_bytes_with_any_number_of_threads(bench: Bench, tmp_path: Path) -> None:
    view = delays(bench, [(f"N{n % 50}", JAN + n * HOUR, n) for n in range(5_000)], ttl=40 * HOUR)
    path = write_parquet(
        tmp_path / "spine.parquet",
        "SELECT 'N' || hash(n) % 60 AS tailnum, random() AS label, "
        f"make_timestamptz({JAN} + (hash(n + 1) % 5000 * {HOUR})::BIGINT) AS at FROM range(300000) AS r(n)",
    )
    join, spine = asks(view), Spine([path], "at")
    splits = Splits("ROW", [Split("train", 0.8), Split("test", 0.2)], 5)

    def joined_with(threads: int) -> list[tuple[str, int]]:
        request = JoinSpine(join, spine, bench.out(), splits, rows_a_file=150_000)
        result: JoinedSpine = bench.ask(request, readable=[path], threads=threads)
        return [(file.sha256, file.rows) for file in result.files]

    made_by = [joined_with(threads) for threads in (1, 2, 4, 4)]

    assert len(made_by[0]) == 4
    assert made_by == [made_by[0]] * 4

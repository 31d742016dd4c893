"""Splits of a spine, beside the definition of them in plain Python."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest

from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import Join, JoinedSpine, JoinSpine, Spine, Split, Splits, StoredColumn
from graphql_api.engines.shapes import Value
from tests.engines.joins import joined, read_all
from tests.engines.support import HOUR, JAN, Bench

STRING = Value("k", ValueType.STRING)
FEATURE = Value("f", ValueType.INT64)
THIRDS = [Split("train", 0.7), Split("valid", 0.2), Split("test", 0.1)]


def spine_of(bench: Bench, rows: int) -> str:
    return bench.source(
        f"""SELECT n, CASE WHEN n % 11 > 0 THEN 'é' || n % 23 END AS tail, (n % 3)::BIGINT AS airport, n % 2 = 0 AS big,
        make_timestamptz({JAN} + (n % 5) * {HOUR}) AS day,
        CASE WHEN n % 13 > 0 THEN make_timestamptz({JAN} + n) END AS at
        FROM range({rows}) AS r(n)"""
    )


def split(bench: Bench, path: str, splits: Splits, *, rows_a_file: int = 500_000) -> dict[str, list[int]]:
    """The numbers of the rows of each split, in the order of its files."""
    keys = {
        "tail": Value("tailnum", ValueType.STRING),
        "airport": Value("airport", ValueType.INT64),
        "big": Value("big", ValueType.BOOL),
        "day": Value("day", ValueType.TIMESTAMP),
    }
    join = Join([joined("v@1", keys, [FEATURE], [])], [StoredColumn("f", 0, "f")])
    made: JoinedSpine = bench.ask(JoinSpine(join, Spine([path], "at"), bench.out(), splits, rows_a_file))
    assert made.left_out == made.rows - sum(file.rows for file in made.files)
    found: dict[str, list[int]] = {part.name: [] for part in splits.parts}
    for file in made.files:
        held = [row["n"] for row in read_all([file.path])]
        assert len(held) == file.rows
        found[str(file.split)] += held
    return found


def hashed(seed: int, name: object) -> str:
    return sha256(f"{seed}:{name}".encode()).hexdigest()


def cut(names: Sequence[Any], ends: Sequence[float], seed: int) -> list[list[Any]]:
    """In the order of their hashes, cut at the fractions."""
    ordered = sorted(names, key=lambda name: (hashed(seed, name), name))
    places = [0, *(int(len(ordered) * end + 0.5) for end in ends), len(ordered)]
    return [ordered[start:end] for start, end in pairwise(places)]


@pytest.mark.parametrize("seed", [0, 7])
def test_rows_are_split_by_their_numbers_and_keep_their_order(bench: Bench, seed: int) -> None:
    found = split(bench, spine_of(bench, 1_003), Splits("ROW", THIRDS, seed), rows_a_file=400)

    assert list(found.values()) == [sorted(rows) for rows in cut(range(1_003), [0.7, 0.7 + 0.2], seed)]
    assert [len(rows) for rows in found.values()] == [702, 201, 100]


def test_no_entity_is_on_two_sides_whatever_its_keys_are(bench: Bench) -> None:
    def part(text: str | None) -> str:
        return "-" if text is None else f"{len(text)}:{text}"

    def entity(n: int) -> str:
        """The columns by name: airport, big, day, tail."""
        texts = [str(n % 3), str(n % 2 == 0).lower(), str(JAN + n % 5 * HOUR), f"é{n % 23}" if n % 11 else None]
        return "".join(part(text) for text in texts)

    found = split(bench, spine_of(bench, 900), Splits("ENTITY", THIRDS, 3))

    sides = cut(sorted({entity(n) for n in range(900)}), [0.7, 0.7 + 0.2], 3)
    assert list(found.values()) == [[n for n in range(900) if entity(n) in side] for side in map(set, sides)]
    assert all(found.values())


def test_time_splits_by_ranges_and_leaves_out_what_lies_in_none(bench: Bench) -> None:
    parts = [Split("old", None, None, JAN + 100), Split("new", None, JAN + 200, JAN + 250)]

    found = split(bench, spine_of(bench, 300), Splits("TIME", parts))

    assert found == {
        "old": [n for n in range(100) if n % 13],
        "new": [n for n in range(200, 250) if n % 13],
    }


def test_a_split_without_rows_has_a_file(bench: Bench) -> None:
    found = split(bench, spine_of(bench, 3), Splits("ROW", THIRDS))

    assert {name: len(rows) for name, rows in found.items()} == {"train": 2, "valid": 1, "test": 0}


def test_what_a_seed_gave_it_gives_for_ever(bench: Bench) -> None:
    """Written down: no release of anything may move a row from one side to the other."""
    path = spine_of(bench, 30)
    halves = [Split("a", 0.5), Split("b", 0.5)]

    assert split(bench, path, Splits("ROW", halves, 42))["b"] == [2, 3, 5, 8, 9, 10, 15, 16, 18, 19, 23, 24, 26, 27, 28]
    assert split(bench, path, Splits("ENTITY", halves, 42))["b"] == [
        0,
        2,
        3,
        5,
        7,
        9,
        13,
        15,
        16,
        17,
        21,
        22,
        24,
        25,
        29,
    ]

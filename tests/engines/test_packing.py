"""Every value goes online as `domain.packing` says: keys, order, nulls, JSON."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.domain.packing import ORDER_BYTES, RUN_BYTES, bitmap_bytes, packed_key, packed_order, packed_row
from graphql_api.domain.times import rfc3339
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import PackedFile, PackOnline, Relation, Slice, View
from tests.engines.support import JAN, RUN, Bench, a_view, at, columns, entries

INT64 = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
MOMENTS = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def listed(values: list[Any], one: Callable[[Any], str]) -> str:
    return "[" + ", ".join("NULL" if value is None else one(value) for value in values) + "]"


def typed(value_type: str, value: Any, one: Callable[[Any], str]) -> tuple[str, str]:
    text = "NULL" if value is None else one(value)
    return value_type, f"CAST({text} AS {ValueType(value_type).sql})"


def pack(bench: Bench, items: dict[str, tuple[str, str]], keys: dict[str, tuple[str, str]]) -> tuple[View, PackedFile]:
    """`items` and `keys`: a value type and a SQL literal of each name."""
    file = bench.source("SELECT 1 AS one")
    selected = ", ".join(f"{text} AS {name}" for name, (_, text) in (keys | items).items())
    view = a_view(
        f"SELECT {selected} FROM src",
        [Relation("src", columns("one INTEGER"), files=[file])],
        keys=" ".join(f"{name}:{value_type}" for name, (value_type, _) in keys.items()),
        features=[f"{name}:{value_type}" for name, (value_type, _) in items.items()],
        is_static=True,
    )
    paths = [made.path for made in bench.compute(view, 0, JAN).files]
    slices = [Slice(path, 3, RUN) for path in paths]
    request = PackOnline(255, 3, RUN, view, slices, [], [], bench.out())
    return view, bench.ask(request, readable=paths)


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(
        st.none() | st.booleans(), st.none() | INT64, st.none() | FLOATS, st.none() | TEXTS, st.none() | MOMENTS,
        st.none() | st.lists(st.none() | INT64, max_size=3), st.none() | st.lists(st.none() | FLOATS, max_size=3),
        st.none() | st.lists(st.none() | TEXTS, max_size=3),
        st.none() | st.lists(st.none() | st.booleans(), max_size=3),
    ),
    st.tuples(INT64, TEXTS, st.booleans(), MOMENTS),
)  # fmt: skip
def test_values_and_keys_come_back_as_they_were(row: tuple[Any, ...], key: tuple[int, str, bool, int]) -> None:
    truth, number, real, text, moment, numbers, reals, texts, truths = row
    whole = "({})::BIGINT".format
    items = {
        "truth": typed("BOOL", truth, str),
        "number": typed("INT64", number, whole),
        "real": typed("FLOAT64", real, "'{!r}'".format),
        "text": typed("STRING", text, quoted),
        "moment": typed("TIMESTAMP", moment, at),
        "numbers": typed("INT64_LIST", numbers, lambda values: listed(values, whole)),
        "reals": typed("FLOAT64_LIST", reals, lambda values: listed(values, "'{!r}'".format)),
        "texts": typed("STRING_LIST", texts, lambda values: listed(values, quoted)),
        "truths": typed("BOOL_LIST", truths, lambda values: listed(values, str)),
    }
    keys = {
        "a": ("INT64", whole(key[0])), "b": ("STRING", quoted(key[1])), "c": ("BOOL", str(key[2])),
        "d": ("TIMESTAMP", at(key[3])),
    }  # fmt: skip
    with TemporaryDirectory() as folder:
        _, made = pack(Bench(Path(folder)), items, keys)
        [[packed, value]] = entries(made)

    assert packed == packed_key(255, list(key))
    assert value[:ORDER_BYTES] == packed_order(0, 0, 3)
    assert value[ORDER_BYTES:][:RUN_BYTES].hex() == RUN
    body = value[ORDER_BYTES + RUN_BYTES :]
    found = msgspec.json.decode(b"[" + body[bitmap_bytes(len(items)) :] + b"]", type=list[Any])
    assert repr(found) == repr([*row[:4], None if moment is None else rfc3339(moment), *row[5:]])
    nulls = int.from_bytes(body[: bitmap_bytes(len(items))], "little")
    assert [bool(nulls >> index & 1) for index in range(len(items))] == [value is None for value in row]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 64, 65, 130])
def test_the_bitmap_is_as_long_as_the_features_need(bench: Bench, count: int) -> None:
    values = [None if index % 3 == 0 else index for index in range(count)]
    items = {
        f"f{index}": ("INT64", "NULL::BIGINT" if value is None else str(value)) for index, value in enumerate(values)
    }

    _, made = pack(bench, items, {"k": ("STRING", "'a'")})

    texts = [b"null" if value is None else str(value).encode() for value in values]
    expected = packed_row(packed_order(0, 0, 3), bytes.fromhex(RUN), texts)
    assert entries(made) == [[packed_key(255, ["a"]), expected]]


@pytest.mark.parametrize(
    ("literal", "text"),
    [("1e300", b"1e300"), ("0.1", b"0.1"), ("-0.0", b"-0.0"), ("5e-324", b"5e-324"), ("1", b"1.0"), ("1e22", b"1e22")],
)
def test_floats_are_the_shortest_text_that_reads_back(bench: Bench, literal: str, text: bytes) -> None:
    _, made = pack(bench, {"v": ("FLOAT64", f"'{literal}'::DOUBLE")}, {"k": ("STRING", "'a'")})

    [[_, row]] = entries(made)

    assert row.endswith(b"\0" + text)


def test_a_view_without_keys_has_one_row(bench: Bench) -> None:
    _, made = pack(bench, {"v": ("INT64", "5")}, {})

    assert [key for key, _ in entries(made)] == [packed_key(255, [])]

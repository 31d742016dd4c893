"""What holds for every definition: references, durations, fingerprints."""

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graphql_api.definitions.canonical import canonical, fingerprint, is_same
from graphql_api.definitions.diff import diff
from graphql_api.definitions.parse_services import parse_entry
from graphql_api.definitions.problems import Problems
from graphql_api.domain.durations import LONGEST, format_duration, parse_duration
from graphql_api.domain.references import Reference

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True)
REFERENCES = st.builds(Reference, NAMES, st.none() | st.integers(1, 10**9 - 1), st.none() | NAMES)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
SPECS = st.dictionaries(st.text(min_size=1), JSON, max_size=5)


def shuffled(value: object, order: random.Random) -> object:
    """The same, its keys in another order."""
    if isinstance(value, dict):
        items = list(value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        order.shuffle(items)  # pyright: ignore[reportUnknownArgumentType]
        return {key: shuffled(item, order) for key, item in items}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [shuffled(item, order) for item in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return value


@given(REFERENCES)
def test_a_reference_reads_back_as_it_is_written(reference: Reference) -> None:
    assert Reference.parse(str(reference)) == reference


@given(REFERENCES)
def test_an_entry_as_text_means_what_it_means_as_a_mapping(reference: Reference) -> None:
    problems = Problems()
    view = str(Reference(reference.name, reference.version))
    mapping = {"view": view} | ({"features": [reference.feature]} if reference.feature else {})
    text, mapped = parse_entry("p", str(reference), problems), parse_entry("p", mapping, problems)

    assert not problems
    assert text is not None
    assert mapped is not None
    assert text.meaning == mapped.meaning


@given(st.integers(0, 999_999_999), st.sampled_from("smhdw"))
def test_a_duration_of_up_to_a_thousand_years_reads_back_as_it_is_written(number: int, unit: str) -> None:
    assume(number <= LONGEST // parse_duration(f"1{unit}"))
    micros = parse_duration(f"{number}{unit}")

    assert parse_duration(format_duration(micros)) == micros
    assert len(format_duration(micros)) <= len(f"{number}{unit}") or number == 0


@pytest.mark.parametrize("text", ["365251d", "999999999w", "99999999h", "52179w"])
def test_a_longer_one_is_refused(text: str) -> None:
    assert parse_duration("365250d") == parse_duration("8766000h") == LONGEST
    with pytest.raises(ValueError, match=f"'{text}' is longer than 1,000 years: write 365250d at most"):
        parse_duration(text)


@given(SPECS, st.randoms(use_true_random=False))
def test_the_order_of_keys_is_no_difference(spec: dict[str, object], order: random.Random) -> None:
    other = shuffled(spec, order)

    assert fingerprint(other) == fingerprint(spec)
    assert diff(spec, other) == []  # pyright: ignore[reportArgumentType]


@given(JSON, JSON)
def test_fingerprints_are_equal_where_values_are(one: object, other: object) -> None:
    assert (fingerprint(one) == fingerprint(other)) == is_same(one, other)


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_is_one_value_however_it_is_written(number: int) -> None:
    assert canonical(float(number)) == canonical(number)


@given(SPECS, SPECS)
def test_a_difference_is_found_exactly_where_there_is_one(one: dict[str, object], other: dict[str, object]) -> None:
    empty = {key for key in {*one, *other} if one.get(key) is None and other.get(key) is None}
    told = {key: value for key, value in one.items() if key not in empty}
    other_told = {key: value for key, value in other.items() if key not in empty}

    assert (diff(one, other) == []) == is_same(told, other_told)

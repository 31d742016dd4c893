"""Definitions as an export writes them: read again they are the same, and one meaning has one layout."""

import json

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphql_api.definitions.documents import Definition
from graphql_api.definitions.writing import written
from graphql_api.domain.enums import DefinitionKind
from tests.definitions.example import WHOLE
from tests.definitions.full import FULL
from tests.definitions.world import definitions_of

WORDS = [
    "no",
    "Null",
    "~",
    "1",
    "0x1f",
    "0o7",
    "1e3",
    ".5",
    "1_000",
    "1:30",
    "2025-11-01",
    "2025-11-01T10:00:00Z",
    "<<",
]
SHAPES = [
    "- a",
    "a: b",
    "a #b",
    "{a",
    "a,b",
    "a:",
    " a",
    "a ",
    "\ta",
    "'a'",
    '"',
    "\\",
    "|",
    ">-",
    "---",
    "%a",
    "*a",
    "@",
]
TEXTS = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.lists(st.sampled_from([*WORDS, *SHAPES, "word", "", " ", "\n", "\n\n", "\u2028", "é"])).map("".join),
    st.lists(st.sampled_from(["some", "words", "of", "a", "sentence,"]), min_size=20).map(" ".join),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
KEYS = st.one_of(st.sampled_from(["tags", "features", "transformation", "sql", "parameters", "keys"]), TEXTS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
SPECS = st.dictionaries(KEYS.filter(lambda key: key != "kind"), VALUES, max_size=4)


@given(st.sampled_from(DefinitionKind), SPECS)
@example(DefinitionKind.ENTITY, {"x" * 2_000: {"y" * 2_000: ["z"]}})
@example(DefinitionKind.ENTITY, {"tags": {"a": "\n x\n", "b": "x\n\n", "c": "\n", "d": " \n\tx"}})
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_as_the_same(kind: DefinitionKind, spec: dict[str, object]) -> None:
    (read,) = definitions_of(written(kind, spec))

    assert read == Definition(kind, spec)
    assert json.dumps(read.spec, sort_keys=True) == json.dumps(spec, sort_keys=True)


class Yaml11(yaml.SafeLoader):
    """Another reader, of YAML 1.1, to which days are texts too."""


Yaml11.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@given(SPECS)
@settings(max_examples=60, deadline=None)
def test_a_reader_of_yaml_1_1_takes_it_for_the_same_too(spec: dict[str, object]) -> None:
    text = written(DefinitionKind.ENTITY, spec)

    assert yaml.load(text, Loader=Yaml11) == {"kind": "Entity", **spec}


def test_the_order_of_keys_is_the_schemas_whatever_was_written() -> None:
    for one in definitions_of(WHOLE + FULL):
        backwards = dict(reversed(list(one.spec.items())))
        assert written(one.kind, backwards) == written(one.kind, one.spec)


def test_it_looks_as_people_write_it() -> None:
    text = """kind: FeatureView
name: aircraft_delays
description: >-
  How late a plane has been lately, at each of its departures, and how many departures that
  was looked at over the last seven days.
tags: {domain: flights, "on": "yes"}
entities:
  - {entity: airport, keys: {airport: origin}}
since: 2025-11-01
schedule: "15 * * * *"
transformation:
  sources:
    - other_view  # pinned to other_view@3
    - flights
  sql: |-
    SELECT tailnum
    FROM flights
features:
  - {name: flights_7d, type: INT64}
  - name: worst_dep_delay_7d
    type: INT64
    description: "The longest departure delay of the last seven days, in minutes: early ones count as none."
"""
    (one,) = definitions_of(text)

    assert written(one.kind, one.spec, {("transformation", "sources", 0): "pinned to other_view@3"}) == text

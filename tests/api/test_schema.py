"""The schema as it is printed, and what holds for all of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
)

import resolvers
import schema as nouns
from graphql_api.doors.graphql import core_schema
from resolvers.nodes import NODES
from resolvers.root import schema

CHECKOUT = Path(__file__).parents[2]
PRINTED = CHECKOUT / "schema" / "schema.graphql"


def test_the_committed_schema_is_what_the_code_says() -> None:
    assert PRINTED.read_text() == schema.as_str() + "\n", "run `make schema`, look at the difference, and commit it"


def test_our_packages_are_those_of_the_checkout() -> None:
    """PyPI has packages of the same names; a dependency that brought one would be imported in our place."""
    locked = re.findall(r'^name = "(.*)"$', (CHECKOUT / "uv.lock").read_text(), re.MULTILINE)

    assert [Path(str(package.__file__)).parent for package in (nouns, resolvers)] == [
        CHECKOUT / "schema",
        CHECKOUT / "resolvers",
    ]
    assert {"schema", "graphql-api", "resolvers"} & set(locked) == set()


def test_every_type_field_and_argument_says_what_it_means() -> None:
    silent = [place for place, description in _described() if not (description or "").strip()]

    assert silent == []


def test_no_description_just_repeats_the_name() -> None:
    def words(text: str) -> str:
        return re.sub(r"[^a-z]", "", text.lower().removeprefix("the "))

    parrots = [place for place, text in _described() if words(text or "") == words(place.rsplit(".", 1)[-1])]

    assert parrots == []


def test_each_type_that_is_a_node_can_be_asked_for_by_its_id() -> None:
    node = core_schema().type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)

    assert sorted(NODES) == sorted(found.name for found in core_schema().get_possible_types(node))


def test_each_list_that_grows_is_a_connection_of_at_most_200() -> None:
    """Whatever takes `after` as a cursor takes `first`, and says its bounds."""
    growing = [
        (f"{type_.name}.{name}", field.args)
        for type_ in core_schema().type_map.values()
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in type_.fields.items()
        if str(field.type).rstrip("!").endswith("Connection")
    ]

    assert len(growing) > 15
    assert [place for place, arguments in growing if not {"first", "after"} <= set(arguments)] == []
    assert [place for place, arguments in growing if "200" not in (arguments["first"].description or "")] == []


def test_each_field_that_takes_an_input_answers_with_what_is_wrong_in_it() -> None:
    """A GraphQL error would lead to the place from the input, not from the field's arguments."""
    results = {
        f"{type_.name}.{name}": str(field.type).rstrip("!")
        for type_ in core_schema().type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        if "input" in field.args
    }

    assert results
    assert {
        place: _members(result) for place, result in results.items() if "InvalidInput" not in _members(result)
    } == {}


@pytest.mark.parametrize("name", ["DateTime", "JSON", "BigInt"])
def test_scalars_are_those_of_the_contract(name: str) -> None:
    assert isinstance(core_schema().type_map[name], GraphQLScalarType)


def _members(name: str) -> list[str]:
    type_ = core_schema().type_map[name]
    return [member.name for member in type_.types] if isinstance(type_, GraphQLUnionType) else []


def _described() -> Iterator[tuple[str, str | None]]:
    for type_ in core_schema().type_map.values():
        if type_.name.startswith("__") or type_.name in ("ID", "String", "Int", "Float", "Boolean"):
            continue
        yield type_.name, type_.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.description
                for argument, told in field.args.items():
                    yield f"{type_.name}.{name}({argument})", told.description
        elif isinstance(type_, GraphQLInputObjectType):
            for name, given in type_.fields.items():
                yield f"{type_.name}.{name}", given.description
        else:
            assert isinstance(type_, GraphQLEnumType | GraphQLScalarType | GraphQLUnionType)

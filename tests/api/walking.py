"""The whole schema, walked: documents for whatever field there is, with whatever arguments it takes."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    is_leaf_type,
)
from graphql import (
    get_named_type as core_named_type,  # pyright: ignore[reportUnknownVariableType]
)
from graphql.type import GraphQLList

from graphql_api.doors.graphql import core_schema

LITERALS = {"Int": "1", "Float": "1.0", "BigInt": "0", "Boolean": "false", "JSON": "{}"}
named_type: Callable[[Any], Any] = core_named_type
"""Types are held as `Any` here: those of graphql-core are generic in ways that it leaves open."""
MOMENT = '"2026-01-01T00:00:00Z"'


@dataclass(frozen=True)
class Known:
    """What arguments are filled with: a project's name, an id, and a text wherever one is wanted."""

    project: str
    id: str
    text: str

    def literal(self, name: str, type_: Any, *, optional: bool = False) -> str:
        """`optional`: also what an input may leave out."""
        if isinstance(type_, GraphQLNonNull | GraphQLList):
            within = self.literal(name, cast("Any", type_).of_type, optional=optional)
            return within if isinstance(type_, GraphQLNonNull) else f"[{within}]"
        if isinstance(type_, GraphQLEnumType):
            return next(iter(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            fields = ", ".join(
                f"{field}: {self.literal(field, _type(held), optional=optional)}"
                for field, held in type_.fields.items()
                if optional or field == "project" or _is_required(held)
            )
            return f"{{{fields}}}"
        match type_.name:
            case "ID":
                return msgspec.json.encode(self.id).decode()
            case "String":
                return msgspec.json.encode(self.project if name == "project" else self.text).decode()
            case "DateTime":
                return MOMENT
            case _:
                return LITERALS[type_.name]

    def calls(self, name: str, field: GraphQLField) -> Iterator[str]:
        """The field with what it needs, and then with each argument besides that it may take."""
        needed = [
            argument
            for argument, held in field.args.items()
            if _is_required(held) or argument == "project" or str(named_type(_type(held))) == "ID"
        ]
        others = [argument for argument in field.args if argument not in needed]
        for chosen in (needed, *([*needed, other] for other in others)):
            for optional in (False, True):
                yield _call(
                    name,
                    [f"{one}: {self.literal(one, _type(field.args[one]), optional=optional)}" for one in chosen],
                )

    def selection(self, type_: Any, depth: int) -> str:
        """All that an object tells, with the objects around it to a depth; of a union only which member it is."""
        named = named_type(type_)
        if is_leaf_type(named):
            return ""
        if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            members = {interface.name for member in named.types for interface in member.interfaces}
            error, node = "... on Error { code message }", "... on Node { id }"
            return f" {{ __typename {error if 'Error' in members else ''} {node if 'Node' in members else ''} }}"
        parts = ["__typename", *self._fields(named, depth)]
        return f" {{ {' '.join(parts)} }}"

    def _fields(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> Iterator[str]:
        for name, field in type_.fields.items():
            named = named_type(_type(field))
            passing = name in ("edges", "node", "pageInfo")
            if not is_leaf_type(named) and depth == 0 and not passing:
                continue
            arguments = [
                f"{one}: {self.literal(one, _type(held))}"
                for one, held in field.args.items()
                if one == "first" or _is_required(held) or str(named_type(_type(held))) == "ID"
            ]
            yield _call(name, arguments) + self.selection(_type(field), depth if passing else depth - 1)


def operations(kind: str, known: Sequence[Known], depth: int = 1) -> Iterator[tuple[str, str]]:
    """Each field of Query, Mutation or Subscription, and documents that ask for it in every way."""
    root = core_schema().type_map[kind]
    assert isinstance(root, GraphQLObjectType)
    for name, field in root.fields.items():
        ways = dict.fromkeys(
            f"{kind.lower()} {{ {call}{one.selection(_type(field), depth)} }}"
            for one in known
            for call in one.calls(name, field)
        )
        yield from ((name, way) for way in ways)


def of_node(known: Known, type_name: str) -> str:
    """All that a node of a type tells, asked for by `known.id`."""
    type_ = core_schema().type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    return (
        f"{{ node(id: {msgspec.json.encode(known.id).decode()}) {{ ... on {type_name}{known.selection(type_, 1)} }} }}"
    )


def texts(value: object) -> Iterator[str]:
    """Every text that an answer holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        held = cast("Mapping[object, object]", value)
        yield from itertools.chain.from_iterable(map(texts, [*held.keys(), *held.values()]))
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(texts, cast("list[object]", value)))


def _type(held: Any) -> Any:
    return held.type


def _is_required(held: GraphQLArgument | GraphQLInputField) -> bool:
    return isinstance(_type(held), GraphQLNonNull) and held.default_value is Undefined


def _call(name: str, arguments: Sequence[str]) -> str:
    return f"{name}({', '.join(arguments)})" if arguments else name

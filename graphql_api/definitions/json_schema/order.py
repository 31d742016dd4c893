"""The order of keys: that in which the schema describes them."""

from collections.abc import Iterator, Mapping

from graphql_api.definitions.json_schema.whole import KINDS
from graphql_api.definitions.json_schema.words import Schema
from graphql_api.definitions.reading import is_list, is_mapping
from graphql_api.domain.enums import DefinitionKind

_FORMS = ("anyOf", "oneOf", "allOf")


def in_order(kind: DefinitionKind, spec: Mapping[str, object]) -> Mapping[str, object]:
    """The same spec; keys that are the writer's own, as those of tags, stay as they are."""
    return _mapping(spec, [KINDS[kind]])


def _ordered(value: object, schemas: list[Schema]) -> object:
    if is_mapping(value):
        return _mapping(value, schemas)
    if is_list(value):
        inner = [one for schema in _forms(schemas) if is_mapping(one := schema.get("items"))]
        return [_ordered(item, inner) for item in value]
    return value


def _mapping(value: Mapping[str, object], schemas: list[Schema]) -> Mapping[str, object]:
    known: dict[str, list[Schema]] = {}
    for schema in _forms(schemas):
        properties = schema.get("properties")
        for key, one in properties.items() if is_mapping(properties) else ():
            known.setdefault(key, []).extend([one] if is_mapping(one) else [])
    keys = [*(key for key in known if key in value), *(key for key in value if key not in known)]
    return {key: _ordered(value[key], known.get(key, [])) for key in keys}


def _forms(schemas: list[Schema]) -> Iterator[Schema]:
    """Each schema, and each that it is made of."""
    for schema in schemas:
        yield schema
        parts = [part for key in _FORMS if is_list(parts := schema.get(key)) for part in parts]
        yield from _forms([part for part in (*parts, schema.get("then")) if is_mapping(part)])

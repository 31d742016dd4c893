"""The words in which the JSON Schema of definitions is written. As in the reader, null is as good as absent."""

from collections.abc import Collection, Mapping, Sequence

from graphql_api.definitions.reading import CREATED, EVENT, is_list
from graphql_api.domain.references import NAME

Schema = Mapping[str, object]

NULL: Schema = {"type": "null"}
_NAME = NAME.pattern
_VERSION = "(@[1-9][0-9]{0,8})?"
_FEATURE = f"(:{_NAME})?"


def text(description: str, **more: object) -> Schema:
    return {"type": "string", "description": description, **more}


def name(description: str) -> Schema:
    told = f"{description} Small letters, digits and _, beginning with a letter, at most 63."
    return text(told, pattern=f"^{_NAME}$")


def feature_name(description: str) -> Schema:
    return {**name(description), "not": {"enum": [EVENT, CREATED]}}


def input_reference(description: str) -> Schema:
    return text(description, pattern=f"^{_NAME}{_VERSION}$")


def feature_reference(description: str) -> Schema:
    return text(description, pattern=f"^{_NAME}{_VERSION}{_FEATURE}$")


def duration(description: str, *, positive: bool = False, **more: object) -> Schema:
    limit = "longer than 0s, and 365250d (1,000 years) at most" if positive else "365250d (1,000 years) at most"
    told = f"{description} A whole number and s, m, h, d or w, such as 30d; {limit}."
    return text(told, pattern=f"^{'(?=.*[1-9])' if positive else ''}[0-9]{{1,9}}[smhdw]$", **more)


def moment(description: str) -> Schema:
    day, time = "[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
    told = f"{description} A day (its midnight in UTC), or a time with an offset, such as 2025-11-01T08:00:00Z."
    return text(told, pattern=f"^{day}([Tt ]{time})?$")


def word(description: str, words: Collection[str], **more: object) -> Schema:
    return {"enum": [str(one) for one in words], "description": description, **more}


def count(description: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": description}


def items(description: str, item: Schema, **more: object) -> Schema:
    return {"type": "array", "items": item, "description": description, **more}


def some(description: str, item: Schema, **more: object) -> Schema:
    """A list of at least one."""
    return items(description, item, minItems=1, **more)


def distinct(description: str, item: Schema) -> Schema:
    """A list of at least one, in which nothing is twice."""
    return some(description, item, uniqueItems=True)


def texts_by_name(description: str) -> Schema:
    """A mapping of texts, whose keys are the writer's own."""
    own = {"additionalProperties": {"type": "string"}, "propertyNames": {"pattern": r"^(?!\$)"}}
    return {"type": "object", "description": description, **own}


def mapping(description: str, properties: Mapping[str, Schema], required: Sequence[str] = (), **more: object) -> Schema:
    """A mapping of these keys alone. Their order is that in which an export writes them."""
    held = {key: schema if key in required else or_null(schema) for key, schema in properties.items()}
    told = {"required": list(required)} if required else {}
    return {
        "type": "object",
        "description": description,
        "properties": held,
        **told,
        "additionalProperties": False,
        **more,
    }


def either(description: str, *schemas: Schema) -> Schema:
    return {"anyOf": list(schemas), "description": description}


def when(condition: Schema, then: Schema) -> Schema:
    return {"if": condition, "then": then}


def or_null(schema: Schema) -> Schema:
    """The same, or nothing."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    words = schema.get("enum")
    if is_list(words):
        return {**schema, "enum": [*words, None]}
    described = {key: schema[key] for key in ("description", "default") if key in schema}
    rest = {key: value for key, value in schema.items() if key not in described}
    forms = rest.get("anyOf")
    if is_list(forms) and len(rest) == 1:
        return {"anyOf": [*forms, NULL], **described}
    return {"anyOf": [rest, NULL], **described}


def described() -> Mapping[str, Schema]:
    """What every kind holds, its name aside."""
    return {
        "description": text("What it is, for people: searched, and shown wherever it is named.", default=""),
        "owner": text("Who answers for it: a person or a team, as lists are filtered by. None by default."),
        "tags": texts_by_name("Texts by keys of one's own, such as domain: flights. Lists and searches find them."),
    }

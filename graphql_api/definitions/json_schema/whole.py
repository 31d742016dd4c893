"""The JSON Schema of one document, for editors: what the parser takes, said beforehand.

It is written here and not read off the parser, which tells more than a schema can; a test holds the two against each
other, key by key and value by value."""

import json
from collections.abc import Mapping

from graphql_api.definitions.documents import KIND_WORDS
from graphql_api.definitions.json_schema.services import FEATURE_SERVICE
from graphql_api.definitions.json_schema.sources import DATA_SOURCE, ENTITY
from graphql_api.definitions.json_schema.views import FEATURE_VIEW
from graphql_api.definitions.json_schema.words import Schema, when, word
from graphql_api.domain.enums import DefinitionKind

ADDRESS = "/definitions.schema.json"
"""Where the API serves it."""
MODELINE = "# yaml-language-server: $schema="
"""With the schema's address: how YAML tells an editor. It counts for the document that it stands in."""
KINDS: Mapping[DefinitionKind, Schema] = {
    DefinitionKind.ENTITY: ENTITY,
    DefinitionKind.DATA_SOURCE: DATA_SOURCE,
    DefinitionKind.FEATURE_VIEW: FEATURE_VIEW,
    DefinitionKind.FEATURE_SERVICE: FEATURE_SERVICE,
}
_KIND = word(
    "Entity: what features are about. DataSource: files. FeatureView: features and how they are made. FeatureService: "
    "what a model reads.",
    KIND_WORDS,
)
DOCUMENT: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Definition",
    "description": "One object of the registry of J Feature Store. Documents of a YAML file are separated by ---.",
    "type": "object",
    "properties": {"kind": _KIND},
    "required": ["kind"],
    "allOf": [
        when({"properties": {"kind": {"const": kind}}, "required": ["kind"]}, {"$ref": f"#/$defs/{kind}"})
        for kind in KIND_WORDS
    ],
    "$defs": {word_: KINDS[kind] for word_, kind in KIND_WORDS.items()},
}


def as_text() -> str:
    return json.dumps(DOCUMENT, indent=2, ensure_ascii=False) + "\n"

"""Feature views: what all of them hold, and what each kind leaves out."""

from collections.abc import Collection

from graphql_api.definitions.json_schema.transformations import TRANSFORMATION, TYPES
from graphql_api.definitions.json_schema.validations import VALIDATION
from graphql_api.definitions.json_schema.words import (
    NULL,
    Schema,
    described,
    duration,
    either,
    feature_name,
    items,
    mapping,
    moment,
    name,
    text,
    texts_by_name,
    when,
    word,
)
from graphql_api.domain.enums import PublishMode
from graphql_api.domain.types import ValueType

_ABOUT = described()
_NO_RUNS = ("since", "schedule", "reprocess", "validations")
_NO_DATA = ("entities", "ttl", "delay", *_NO_RUNS, "freshness")

VIEW_ENTITY: Schema = either(
    "An entity, by its name; or with the view's own names of its join keys, as where an entity comes twice.",
    text("The entity's name."),
    mapping(
        "An entity whose join keys the view calls otherwise.",
        {
            "entity": text("The entity's name."),
            "keys": texts_by_name("The view's own name of a join key, by the entity's: {airport: origin}."),
        },
        ["entity"],
    ),
)

FEATURE: Schema = mapping(
    "One feature.",
    {
        "name": feature_name(
            "The column of this name in the SQL or in what is pushed, or what the transformation makes."
        ),
        "type": word(
            f"{TYPES} Required where SQL or a push makes the feature; it follows from functions and expressions.",
            ValueType,
        ),
        **_ABOUT,
    },
    ["name"],
)


def _has(*keys: str) -> Schema:
    """Of a view: its transformation has one of these keys."""
    return {
        "properties": {"transformation": {"type": "object", "anyOf": [{"required": [key]} for key in keys]}},
        "required": ["transformation"],
    }


def _without(keys: Collection[str]) -> dict[str, Schema]:
    return dict.fromkeys(keys, NULL)


_TYPED = {"type": "array", "minItems": 1, "items": {"required": ["type"], "properties": {"type": {"type": "string"}}}}
_NO_HISTORY = {
    "properties": {"transformation": {"required": ["push"], "properties": {"push": {"properties": {"source": NULL}}}}},
    "required": ["transformation"],
}

FEATURE_VIEW: Schema = mapping(
    "A table of features that is computed, or pushed, and served.",
    {
        "kind": {"const": "FeatureView"},
        "name": name("The view's name; unique among the project's views."),
        **_ABOUT,
        "entities": items(
            "What the rows are about, in the order of their keys. [] for one row for everyone. An on-demand view has "
            "those of its views.",
            VIEW_ENTITY,
        ),
        "ttl": duration(
            "How long after its event timestamp a value may be served; then it is EXPIRED. For ever by default.",
            positive=True,
        ),
        "delay": duration("How long after its event timestamp a row becomes available.", default="0s"),
        "since": moment("Nothing earlier is computed. By default a first run begins with the oldest row."),
        "schedule": text(
            "When runs start by themselves: cron in UTC, with five fields (minute, hour, day, month, weekday). Never "
            "by default.",
            pattern=r"^\s*\S+(\s+\S+){4}\s*$",
            examples=["15 * * * *"],
        ),
        "publish": word(
            "auto: a version is served once it holds what the current one does. manual: publishVersion says when.",
            PublishMode,
            default=PublishMode.AUTO.value,
        ),
        "reprocess": duration("Each run computes the tail of this length again. Nothing by default."),
        "transformation": TRANSFORMATION,
        "features": items("What the view gives.", FEATURE),
        "validations": items("Checks of the rows of each run. None by default.", VALIDATION),
        "freshness": duration("It is breached when the newest event is older. Never by default.", positive=True),
        "changeNote": text("What this version changes, for people; kept with the version that it comes with."),
    },
    ["kind", "name", "transformation"],
    allOf=[
        when(
            _has("sql", "push"),
            {"properties": {"features": _TYPED, "entities": {"type": "array"}}, "required": ["features", "entities"]},
        ),
        when(
            _has("aggregations"),
            {"properties": {**_without(["ttl"]), "entities": {"type": "array"}}, "required": ["entities"]},
        ),
        when(
            _has("expressions"),
            {"properties": {**_without(_NO_DATA), "publish": {"enum": [PublishMode.AUTO.value, None]}}},
        ),
        when(_has("push"), {"properties": {"delay": {"type": ["string", "null"], "pattern": "^0+[smhdw]$"}}}),
        when(_NO_HISTORY, {"properties": _without(_NO_RUNS)}),
    ],
)

"""Feature services: lists of references."""

from graphql_api.definitions.json_schema.words import (
    Schema,
    described,
    distinct,
    either,
    feature_reference,
    mapping,
    name,
    some,
    text,
    texts_by_name,
)

_FORMS = "some_view, some_view:feature, some_view@2 or some_view@2:feature."

ENTRY: Schema = either(
    "What the service takes of a view. Without a version it is pinned to the newest when it is first applied, and "
    "stays there until it names another, or an apply says repin.",
    feature_reference(f"All features of a view, or one: {_FORMS}"),
    mapping(
        "Features of a view, under names of the service's own.",
        {
            "view": feature_reference(f"All features of a view, or one: {_FORMS}"),
            "as": name("Goes in front of the features' names, with an underscore: dest_weather_wind_speed."),
            "keys": texts_by_name("The request column for a join key of the view, by the view's name of the key."),
            "features": distinct("Only these of the view's features; all by default.", text("A feature's name.")),
        },
        ["view"],
    ),
)

FEATURE_SERVICE: Schema = mapping(
    "What a model reads: a list of features under one name, of which each changed list is the next version.",
    {
        "kind": {"const": "FeatureService"},
        "name": name("The service's name; unique among the project's services."),
        **described(),
        "features": some("The features, in the order of the answer. Each has a name of its own in the service.", ENTRY),
    },
    ["kind", "name", "features"],
)

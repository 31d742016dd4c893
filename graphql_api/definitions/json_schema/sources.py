"""Entities and data sources."""

from graphql_api.definitions.json_schema.words import (
    Schema,
    described,
    distinct,
    either,
    mapping,
    name,
    some,
    text,
    word,
)
from graphql_api.domain.types import KEY_TYPES, ValueType

_ABOUT = described()

JOIN_KEY: Schema = mapping(
    "One join key.",
    {
        "name": name("What the column is called in SQL, requests and training data, unless a view maps it."),
        "type": word("The type of its values: INT64 is exact over its whole range, TIMESTAMP is UTC.", KEY_TYPES),
    },
    ["name", "type"],
)

ENTITY: Schema = mapping(
    "What features are about: a plane, a customer, a shop.",
    {
        "kind": {"const": "Entity"},
        "name": name("The entity's name, by which views refer to it; unique among the project's entities."),
        **_ABOUT,
        "joinKeys": some(
            "What tells one from another; together they are the key. They cannot change while a view uses the entity.",
            JOIN_KEY,
        ),
    },
    ["kind", "name", "joinKeys"],
)

_PLACE = text(
    "s3:// and a path, at a place that the server's SOURCE_PLACES allow, or the uri of an upload. `*` stays within a "
    "folder, `**` does not."
)

SOURCE_COLUMN: Schema = mapping(
    "One column of the files.",
    {
        "name": text("As the files name it."),
        "type": either(
            "A type of features, or one in DuckDB's words: DECIMAL(12, 2), DATE, UBIGINT. TIMESTAMP is naive where the "
            "source has a timezone, and UTC where it has none.",
            word("A type of features.", ValueType),
            text("In DuckDB's words."),
        ),
    },
    ["name", "type"],
)

DATA_SOURCE: Schema = mapping(
    "Parquet files that SQL and aggregations read.",
    {
        "kind": {"const": "DataSource"},
        "name": name("The source's name, and what SQL calls it; unique among the project's data sources."),
        **_ABOUT,
        "files": either(
            "Where the Parquet files lie: a place, or a list of them.", _PLACE, distinct("Places.", _PLACE)
        ),
        "eventTimestamp": text(
            "The column with the time of each row's event. Without it the source is a look-up table, which SQL sees "
            "whole."
        ),
        "createdTimestamp": text(
            "The column that says when the row became known. With it, point-in-time joins never see a correction "
            "before it was made; without it a row is known from its event on. It needs eventTimestamp."
        ),
        "timezone": text(
            "Of naive timestamps, by its name in the IANA database, such as America/New_York. A time that the clock "
            "skipped is refused; of one that it showed twice the earlier is meant.",
            default="UTC",
        ),
        "columns": some(
            "The columns, which then hold. Without this they are learnt from the files' footers each time the document "
            "is planned: all of the files, or 200 spread over their names.",
            SOURCE_COLUMN,
        ),
    },
    ["kind", "name", "files"],
)

"""What is wrong with texts, entities and data sources."""

from graphql_api.errors import Problem

PROBLEMS: dict[str, list[Problem]] = {
    "an unknown key": [
        Problem("definitions[0].join_keys", "There is no key 'join_keys' here.", "Did you mean 'joinKeys'?"),
    ],
    "an unknown key deep inside": [
        Problem("definitions[5].features[0].typ", "There is no key 'typ' here.", "Did you mean 'type'?"),
    ],
    "an unknown type": [
        Problem("definitions[0].joinKeys[0].type", "'TEXT' is none of the words for type.", "Did you mean 'STRING'?"),
    ],
    "a float as a join key": [
        Problem(
            "definitions[0].joinKeys[0].type", "FLOAT64 can be no join key.", "Known: BOOL, INT64, STRING, TIMESTAMP."
        ),
    ],
    "no join key": [
        Problem("definitions[0].joinKeys", "An entity needs a join key.", "Write joinKeys: [{name: …, type: STRING}]."),
    ],
    "a name that is none": [
        Problem(
            "definitions[0].name",
            "'Air-craft' is not a name.",
            "Names are small letters, digits and _, begin with a letter, at most 63. Such as air_craft.",
        ),
    ],
    "no name": [
        Problem("definitions[0].name", "name is required.", "Write name: …"),
    ],
    "text that is none": [
        Problem("definitions[0].owner", "This must be text, not the number 7.", "Put it in quotes."),
    ],
    "text that cannot be held": [
        Problem(
            "definitions[0].description",
            "The text holds a character that is none: NUL, or half of a pair.",
            "Leave it out.",
        ),
    ],
    "a list that is none": [
        Problem(
            "definitions[0].joinKeys", "This must be a list, not text.", "Write joinKeys: [{name: …, type: STRING}]."
        ),
    ],
    "the same name twice": [
        Problem(
            "definitions[1].name", "Entity aircraft is defined twice.", "Leave one out: the other is definitions[0]."
        ),
    ],
    "a place outside": [
        Problem(
            "definitions[0].files",
            "'s3://secrets/flights/*.parquet' is outside of the places that sources may lie at.",
            "Allowed: s3://demo/.",
        ),
    ],
    "a pattern without a match": [
        Problem(
            "definitions[0].files", "No file matches 's3://demo/fights/*.parquet'.", "Upload one, or declare columns."
        ),
    ],
    "a time column that is not there": [
        Problem("definitions[0].eventTimestamp", "The source has no column 'departed'.", "Did you mean 'departed_at'?"),
    ],
    "a time column that holds no time": [
        Problem(
            "definitions[0].eventTimestamp",
            "The column 'dep_delay' is DOUBLE, which is no time.",
            "Columns with times: departed_at, recorded_at.",
        ),
    ],
    "a created column without an event column": [
        Problem(
            "definitions[0].createdTimestamp",
            "A source without eventTimestamp is a look-up table, whose rows do not become known one by one.",
            "Name the column with the time of each row: eventTimestamp.",
        ),
        Problem(
            "definitions[0].createdTimestamp",
            "The column 'year' is BIGINT, which is no time.",
            "No column of the source holds times.",
        ),
    ],
    "a time zone that is none": [
        Problem(
            "definitions[0].timezone", "There is no time zone 'America/NewYork'.", "Did you mean 'America/New_York'?"
        ),
    ],
    "a declared type that is none": [
        Problem("definitions[0].columns[0].type", "There is no type 'STRNG'.", "Did you mean 'STRING'?"),
    ],
    "a delta source": [
        Problem(
            "definitions[0].delta",
            "There is no key 'delta' here.",
            "Delta sources are not available yet. Name Parquet files: files: s3://bucket/folder/*.parquet.",
        ),
        Problem(
            "definitions[0].whatever",
            "There is no key 'whatever' here.",
            "Known: columns, createdTimestamp, description, eventTimestamp, files, name, owner, tags, timezone.",
        ),
    ],
}

"""Broken definitions: each is refused with its place, what is wrong, and the remedy."""

import pytest

from graphql_api.errors import Problem
from tests.definitions.broken import BROKEN
from tests.definitions.world import World

EXPECTED: dict[str, list[Problem]] = {
    "an unknown key": [
        Problem("definitions[0].joinKeys", "It is required.", None),
        Problem("definitions[0].join_keys", "There is no key 'join_keys' here.", "Did you mean 'joinKeys'?"),
    ],
    "an unknown key deep inside": [
        Problem("definitions[5].features[0].type", "It is required.", None),
        Problem("definitions[5].features[0].typ", "There is no key 'typ' here.", "Did you mean 'type'?"),
    ],
    "an unknown type": [
        Problem(
            "definitions[0].joinKeys[0].type",
            "'TEXT' is none of the words for type.",
            "Known: BOOL, INT64, STRING, TIMESTAMP.",
        ),
    ],
    "a float as a join key": [
        Problem(
            "definitions[0].joinKeys[0].type",
            "'FLOAT64' is none of the words for type.",
            "Known: BOOL, INT64, STRING, TIMESTAMP.",
        ),
    ],
    "no join key": [
        Problem("definitions[0].joinKeys", "An entity needs a join key.", "Write joinKeys: [{name: …, type: STRING}]."),
    ],
    "a name that is none": [
        Problem(
            "definitions[0].name",
            "'Air-craft' is not a name.",
            "Names are small letters, digits and _, begin with a letter, at most 63.",
        ),
    ],
    "no name": [
        Problem("definitions[0].name", "It is required.", None),
    ],
    "text that is none": [
        Problem("definitions[0].owner", "This must be text, not a number.", "Put it in quotes."),
    ],
    "text that cannot be held": [
        Problem("definitions[0].description", "The text holds a character that is none: NUL, or half of a pair.", None),
    ],
    "a list that is none": [
        Problem("definitions[0].joinKeys", "This must be a list, not text.", None),
    ],
    "the same name twice": [
        Problem("definitions[1].name", "Entity aircraft is defined twice.", "The other is definitions[0]."),
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
        Problem("definitions[0].delta", "Delta sources are not available yet.", "Name Parquet files: files: s3://…."),
    ],
    "an entity that is not there": [
        Problem("definitions[5].entities[0]", "There is no entity 'air_craft'.", "Did you mean 'aircraft'?"),
    ],
    "no entities": [
        Problem(
            "definitions[5].entities", "It is required.", "Write entities: [] for a view with one row for everyone."
        ),
    ],
    "a source that is not there": [
        Problem(
            "definitions[5].transformation.sources[0]",
            "There is no data source and no view 'flight'.",
            "Did you mean 'flights'?",
        ),
    ],
    "a mapped key that is not there": [
        Problem(
            "definitions[5].entities[0].keys.tail",
            "The entity aircraft has no join key 'tail'.",
            "Did you mean 'tailnum'?",
        ),
    ],
    "a join key that comes twice": [
        Problem(
            "definitions[5].entities",
            "The join key 'tailnum' comes twice.",
            "Give one its own name: {entity: …, keys: {tailnum: …}}.",
        ),
    ],
    "a feature called as a join key": [
        Problem(
            "definitions[5].features[0].name", "'tailnum' is a join key of the view.", "Give the feature another name."
        ),
        Problem(
            "definitions[5].transformation.sql",
            "The SQL gives 'dep_delay', which is no feature of the view.",
            "Declare it: {name: dep_delay, type: FLOAT64}, or leave it out of the SELECT.",
        ),
    ],
    "a feature called as a timestamp": [
        Problem(
            "definitions[5].features[1].name",
            "'created_timestamp' is the name of a timestamp of the row.",
            "Give the feature another name.",
        ),
    ],
    "a duration that is none": [
        Problem(
            "definitions[5].ttl",
            "'30 days' is not a duration: write a whole number and s, m, h, d or w, such as 30d.",
            None,
        ),
    ],
    "a day that is none": [
        Problem(
            "definitions[5].since", "'2025-02-30' is neither a day nor a time with an offset, such as 2025-11-01.", None
        ),
    ],
    "a schedule that is none": [
        Problem("definitions[5].schedule", "'61 * * * *' is no cron expression. Bad minute.", "Such as 15 * * * *."),
    ],
    "a schedule of seconds": [
        Problem(
            "definitions[5].schedule",
            "'* * * * * *' is no cron expression. It has five fields: minute, hour, day, month, weekday.",
            "Such as 15 * * * *.",
        ),
    ],
    "a word that is none": [
        Problem("definitions[5].publish", "'automatic' is none of the words for publish.", "Did you mean 'auto'?"),
    ],
    "SQL that DuckDB cannot read": [
        Problem("definitions[5].transformation.sql", 'Parser Error: syntax error at or near "1"', None),
    ],
    "a column that is not there": [
        Problem(
            "definitions[5].transformation.sql",
            'Binder Error: Referenced column "dep_dely" not found in FROM clause!',
            None,
        ),
    ],
    "a join key that the SQL does not give": [
        Problem(
            "definitions[5].transformation.sql",
            "The SQL does not give the join key 'tailnum'.",
            "Select it: … AS tailnum. The SQL gives event_timestamp, created_timestamp, dep_delay.",
        ),
    ],
    "no event timestamp": [
        Problem(
            "definitions[5].transformation.sql",
            "The SQL does not give event_timestamp, the time of each row.",
            "Select it: … AS event_timestamp. The SQL gives tailnum, dep_delay.",
        ),
    ],
    "an event timestamp that is no time": [
        Problem(
            "definitions[5].transformation.sql",
            "The SQL gives VARCHAR for event_timestamp, which is a time.",
            "Write CAST(… AS TIMESTAMP WITH TIME ZONE) AS event_timestamp.",
        ),
    ],
    "a feature that the SQL does not give": [
        Problem(
            "definitions[5].features[0].name",
            "The SQL does not give the feature 'dep_delay'.",
            "Select it: … AS dep_delay. The SQL gives tailnum, event_timestamp, created_timestamp, air_time.",
        ),
        Problem(
            "definitions[5].transformation.sql",
            "The SQL gives 'air_time', which is no feature of the view.",
            "Declare it: {name: air_time, type: FLOAT64}, or leave it out of the SELECT.",
        ),
    ],
    "a type that does not fit": [
        Problem(
            "definitions[5].features[0].type",
            "The SQL gives VARCHAR for 'dep_delay', which is declared FLOAT64.",
            "Write CAST(… AS DOUBLE) AS dep_delay, or declare STRING.",
        ),
    ],
    "a type that no feature can hold": [
        Problem(
            "definitions[5].features[0].type",
            "The SQL gives INTERVAL for 'dep_delay', which is declared FLOAT64.",
            "Write CAST(… AS DOUBLE) AS dep_delay.",
        ),
    ],
    "a join key whose type does not fit": [
        Problem(
            "definitions[5].transformation.sql",
            "The SQL gives DECIMAL(2,1) for the join key 'tailnum', which is STRING.",
            "Write CAST(… AS VARCHAR) AS tailnum.",
        ),
    ],
    "a column that is no feature": [
        Problem(
            "definitions[5].transformation.sql",
            "The SQL gives 'air_time', which is no feature of the view.",
            "Declare it: {name: air_time, type: FLOAT64}, or leave it out of the SELECT.",
        ),
    ],
    "times in a static view": [
        Problem(
            "definitions[5].ttl", "The view is static, since no source has a time: it has no ttl.", "Leave it out."
        ),
        Problem(
            "definitions[5].delay", "The view is static, since no source has a time: it has no delay.", "Leave it out."
        ),
        Problem(
            "definitions[5].since", "The view is static, since no source has a time: it has no since.", "Leave it out."
        ),
        Problem(
            "definitions[5].reprocess",
            "The view is static, since no source has a time: it has no reprocess.",
            "Leave it out.",
        ),
        Problem(
            "definitions[5].transformation.sql",
            "The view is static, since no source has a time: it has no event_timestamp.",
            "Leave it out.",
        ),
    ],
    "a lookback in a static view": [
        Problem(
            "definitions[5].transformation.lookback",
            "The view is static, since no source has a time: it has no lookback.",
            "Leave it out.",
        ),
    ],
    "a check that is none": [
        Problem(
            "definitions[5].validations[0].check",
            "'NOTNULL' is none of the words for check.",
            "Did you mean 'NOT_NULL'?",
        ),
    ],
    "a check of freshness": [
        Problem("definitions[5].validations[0].check", "The check FRESHNESS is not available yet.", None),
    ],
    "a check of drift": [
        Problem("definitions[5].validations[0].check", "The check NO_DRIFT is not available yet.", None),
    ],
    "a check of a feature that is not there": [
        Problem(
            "definitions[5].validations[0].feature", "The view has no feature 'dep_dely'.", "Did you mean 'dep_delay'?"
        ),
    ],
    "a check without its feature": [
        Problem(
            "definitions[5].validations[0].feature",
            "NOT_NULL needs the feature that it looks at.",
            "Known: carrier, dep_delay.",
        ),
    ],
    "a check without its severity": [
        Problem("definitions[5].validations[0].severity", "It is required.", None),
    ],
    "a parameter that is none": [
        Problem("definitions[5].validations[0].parameters.min", "There is no key 'min' here.", None),
    ],
    "a range of text": [
        Problem(
            "definitions[5].validations[0].check",
            "IN_RANGE cannot look at 'carrier', which is STRING.",
            "It takes INT64, FLOAT64, TIMESTAMP.",
        ),
    ],
    "a bound that is no number": [
        Problem("definitions[5].validations[0].parameters.min", 'This must be a finite number, not "low".', None),
        Problem("definitions[5].validations[0].parameters.max", "This must be a finite number, not true.", None),
    ],
    "a range upside down": [
        Problem("definitions[5].validations[0].parameters.min", "min is greater than max: nothing could pass.", None),
    ],
    "a range without bounds": [
        Problem("definitions[5].validations[0].parameters", "Give min, max or both.", None),
    ],
    "a set of other values": [
        Problem("definitions[5].validations[0].parameters.values[1]", "This must be text, not 1.", None),
    ],
    "a pattern that RE2 does not know": [
        Problem(
            "definitions[5].validations[0].parameters.pattern", "Invalid Input Error: invalid perl operator: (?=", None
        ),
    ],
    "a length below zero": [
        Problem("definitions[5].validations[0].parameters.min", "This must be a whole number from 0, not -1.", None),
    ],
    "an expression that is no condition": [
        Problem(
            "definitions[5].validations[0].parameters.expression",
            "The expression is DOUBLE, not BOOLEAN.",
            "Write a condition.",
        ),
    ],
    "an expression over what is not there": [
        Problem(
            "definitions[5].validations[0].parameters.expression",
            'Binder Error: Referenced column "dep_dely" not found in FROM clause!',
            None,
        ),
    ],
    "a count that quarantines": [
        Problem(
            "definitions[5].validations[0].severity",
            "ROW_COUNT judges the run as a whole and can keep no row out.",
            "Write WARN or BLOCK.",
        ),
    ],
    "a unique column that is not there": [
        Problem(
            "definitions[5].validations[0].parameters.columns[1]",
            "The view has no column 'event_time'.",
            "Did you mean 'event_timestamp'?",
        ),
    ],
    "unique without columns": [
        Problem(
            "definitions[5].validations[0].feature", "UNIQUE needs a feature, or parameters: {columns: […]}.", None
        ),
    ],
    "a check called as the implicit one": [
        Problem(
            "definitions[5].validations[0].name",
            "'one_row_per_key' is the name of the check that every run makes.",
            "Give it another name.",
        ),
    ],
    "a reference that is none": [
        Problem(
            "definitions[7].features[0]",
            "'aircraft_delays@0' is not a reference: write name, name@3, name:feature or name@3:feature, "
            "names of small letters, digits and _.",
            None,
        ),
    ],
    "a view that is not there": [
        Problem(
            "definitions[7].features[0]",
            "There is no feature view 'aircraft_delay'.",
            "Did you mean 'aircraft_delays'?",
        ),
    ],
    "a version that is not there": [
        Problem(
            "definitions[7].features[0]", "There is no version aircraft_delays@2.", "The newest is aircraft_delays@1."
        ),
    ],
    "a feature that is not there": [
        Problem(
            "definitions[7].features[0]", "aircraft_delays@1 has no feature 'flights_7'.", "Did you mean 'flights_7d'?"
        ),
    ],
    "features twice over": [
        Problem(
            "definitions[7].features[0].features",
            "'aircraft_delays:flights_7d' names a feature already.",
            "Write view: without :feature.",
        ),
    ],
    "a key that the view has not": [
        Problem(
            "definitions[7].features[0].keys.tail",
            "aircraft_delays@1 has no join key 'tail'.",
            "Did you mean 'tailnum'?",
        ),
    ],
    "one column for two features": [
        Problem(
            "definitions[7].features[1]",
            "Two features would be called 'flights_7d': aircraft_delays@1:flights_7d and aircraft_delays@1:flights_7d.",
            "Give one a name in front: {view: aircraft_delays@1, as: …}.",
        ),
    ],
    "a column called as a request column": [
        Problem(
            "definitions[7].features[0]",
            "The feature aircraft_profile@1:seats and the request column for the aircraft of aircraft_profile@1 "
            "would both be called 'seats'.",
            "Give the feature a name in front with as, or rename the key.",
        ),
    ],
    "one request column for two entities": [
        Problem(
            "definitions[7].features[1]",
            "The request column 'tailnum' would be the aircraft of aircraft_delays@1 (STRING) and "
            "the airport of w@1 (STRING).",
            "Rename one: {view: w@1, keys: {tailnum: …}}.",
        ),
    ],
    "a service of nothing": [
        Problem(
            "definitions[7].features", "A service needs a feature.", "Write features: [some_view, other_view:feature]."
        ),
    ],
    "many things at once": [
        Problem("definitions[1].joinKeys[0].type", "'STRNG' is none of the words for type.", "Did you mean 'STRING'?"),
        Problem(
            "definitions[5].ttl", "'x' is not a duration: write a whole number and s, m, h, d or w, such as 30d.", None
        ),
        Problem("definitions[5].entities[0]", "There is no entity 'airprt'.", "Did you mean 'airport'?"),
        Problem("definitions[6].features[1]", "There is no feature view 'nothing'.", "Known: v."),
    ],
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_broken_is_refused(what: str) -> None:
    assert await World().problems(BROKEN[what]) == EXPECTED[what]

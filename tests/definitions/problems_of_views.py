"""What is wrong with views."""

from graphql_api.errors import Problem

PROBLEMS: dict[str, list[Problem]] = {
    "an entity that is not there": [
        Problem("definitions[5].entities[0]", "There is no entity 'air_craft'.", "Did you mean 'aircraft'?"),
    ],
    "no entities": [
        Problem(
            "definitions[5].entities",
            "entities is required.",
            "Name the entities, or write entities: [] for a view with one row for everyone.",
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
            "definitions[5].transformation.sql",
            "The SQL gives 'dep_delay', which is no feature of the view.",
            "Leave out of the SELECT what is none, or declare it: {name: dep_delay, type: FLOAT64}.",
        ),
        Problem(
            "definitions[5].features[0].name", "'tailnum' is a join key of the view.", "Give the feature another name."
        ),
    ],
    "a feature called as a timestamp": [
        Problem(
            "definitions[5].features[1].name",
            "'created_timestamp' is the name of a timestamp of the row.",
            "Give it another name.",
        ),
    ],
    "a duration that is none": [
        Problem("definitions[5].ttl", "'30 days' is not a duration.", "Did you mean '30d'?"),
    ],
    "a day that is none": [
        Problem(
            "definitions[5].since",
            "'2025-02-30' is neither a day nor a time with an offset.",
            "Write a day, such as 2025-11-01, or a time with an offset, such as 2025-11-01T10:00:00Z.",
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
        Problem(
            "definitions[5].transformation.sql",
            "Line 1, column 1: The text cannot be read at 'SELEC'.",
            "Look at it and at what stands before it: a comma, a bracket, a quote, a word that lacks.",
        ),
    ],
    "a column that is not there": [
        Problem(
            "definitions[5].transformation.sql",
            "Line 1, column 83: There is no column 'dep_dely' here.",
            "Did you mean 'dep_delay'?",
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
            "definitions[5].transformation.sql",
            "The SQL gives 'air_time', which is no feature of the view.",
            "Leave out of the SELECT what is none, or declare it: {name: air_time, type: FLOAT64}.",
        ),
        Problem(
            "definitions[5].features[0].name",
            "The SQL does not give the feature 'dep_delay'.",
            "Select it: … AS dep_delay. The SQL gives tailnum, event_timestamp, created_timestamp, air_time.",
        ),
    ],
    "a type that does not fit": [
        Problem(
            "definitions[5].features[0].type",
            "The SQL gives VARCHAR for 'dep_delay', which is declared FLOAT64.",
            "Write CAST(… AS DOUBLE) AS dep_delay. Or declare STRING.",
        ),
    ],
    "a type that no feature can hold": [
        Problem(
            "definitions[5].features[0].type",
            "The SQL gives INTERVAL for 'dep_delay', which is declared FLOAT64.",
            "Select something else AS dep_delay: no cast makes DOUBLE of INTERVAL.",
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
            "Leave out of the SELECT what is none, or declare it: {name: air_time, type: FLOAT64}.",
        ),
    ],
    "times in a static view": [
        Problem(
            "definitions[5].transformation.sql",
            "The view is static, since no source has a time: it has no event_timestamp.",
            "Leave it out.",
        ),
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
    ],
    "a lookback in a static view": [
        Problem(
            "definitions[5].transformation.lookback",
            "The view is static, since no source has a time: it has no lookback.",
            "Leave it out.",
        ),
    ],
}

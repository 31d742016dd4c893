"""What is wrong with services, and with many things at once."""

from graphql_api.errors import Problem

PROBLEMS: dict[str, list[Problem]] = {
    "a reference that is none": [
        Problem(
            "definitions[7].features[0]",
            "'aircraft_delays@0' is not a reference.",
            "Write name, name@3, name:feature or name@3:feature, names of small letters, digits and _.",
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
            "Write view: aircraft_delays, or leave features out.",
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
            "The column flights_7d would come twice, from aircraft_delays@1 (features[0]) and aircraft_delays@1 "
            "(features[1]).",
            "Give one of the two a name in front: {view: aircraft_delays, as: …}.",
        ),
    ],
    "a column called as a request column": [
        Problem(
            "definitions[7].features[0]",
            "The feature aircraft_profile@1:seats and the request column for the aircraft of aircraft_profile@1 would "
            "both be called 'seats'.",
            "Give the feature a name in front with as, or rename the key.",
        ),
    ],
    "one request column for two entities": [
        Problem(
            "definitions[7].features[1]",
            "The request column 'tailnum' would be the aircraft of aircraft_delays@1 (STRING) and the airport of w@1 "
            "(STRING).",
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
        Problem("definitions[5].entities[0]", "There is no entity 'airprt'.", "Did you mean 'airport'?"),
        Problem(
            "definitions[5].ttl", "'x' is not a duration.", "Write a whole number and s, m, h, d or w, such as 30d."
        ),
        Problem("definitions[6].features[1]", "There is no feature view 'nothing'.", "Known: v."),
    ],
}

"""What is wrong with validations."""

from graphql_api.errors import Problem

PROBLEMS: dict[str, list[Problem]] = {
    "a check that is none": [
        Problem(
            "definitions[5].validations[0].check",
            "'NOTNULL' is none of the words for check.",
            "Did you mean 'NOT_NULL'?",
        ),
    ],
    "a check of freshness": [
        Problem("definitions[5].validations[0].check", "The check FRESHNESS is not available yet.", "Leave it out."),
    ],
    "a check of drift": [
        Problem("definitions[5].validations[0].check", "The check NO_DRIFT is not available yet.", "Leave it out."),
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
        Problem("definitions[5].validations[0].severity", "severity is required.", "Known: BLOCK, QUARANTINE, WARN."),
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
        Problem(
            "definitions[5].validations[0].parameters.min",
            'This must be a finite number, not "low".',
            "Write a number, such as 0.5.",
        ),
        Problem(
            "definitions[5].validations[0].parameters.max",
            "This must be a finite number, not true.",
            "Write a number, such as 0.5.",
        ),
    ],
    "a range upside down": [
        Problem(
            "definitions[5].validations[0].parameters.min",
            "min is greater than max: nothing could pass.",
            "Exchange the two.",
        ),
    ],
    "a range without bounds": [
        Problem("definitions[5].validations[0].parameters", "Give min, max or both.", "Such as parameters: {min: 0}."),
    ],
    "a set of other values": [
        Problem("definitions[5].validations[0].parameters.values[1]", "This must be text, not 1.", "Put it in quotes."),
    ],
    "a pattern that RE2 does not know": [
        Problem(
            "definitions[5].validations[0].parameters.pattern",
            "The pattern cannot be read: invalid perl operator: (?=.",
            "It is written for RE2, which has no look-around and no references back.",
        ),
    ],
    "a length below zero": [
        Problem(
            "definitions[5].validations[0].parameters.min",
            "This must be a whole number from 0, not -1.",
            "Write a whole number, such as 1.",
        ),
    ],
    "an expression that is no condition": [
        Problem(
            "definitions[5].validations[0].parameters.expression",
            "The expression is DOUBLE, not BOOLEAN.",
            "Write a condition, which is true or false, such as dep_delay > 15.",
        ),
    ],
    "an expression over what is not there": [
        Problem(
            "definitions[5].validations[0].parameters.expression",
            "Line 1, column 1: There is no column 'dep_dely' here.",
            "Did you mean 'dep_delay'?",
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
            "definitions[5].validations[0].feature",
            "UNIQUE needs a feature, or parameters: {columns: […]}.",
            "Write columns: [tailnum, event_timestamp] in parameters.",
        ),
    ],
    "a check called as the implicit one": [
        Problem(
            "definitions[5].validations[0].name",
            "'one_row_per_key' is the name of the check that every run makes.",
            "Give it another name.",
        ),
    ],
}

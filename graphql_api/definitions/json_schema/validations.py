"""Validations: which check takes what."""

from collections.abc import Mapping

from graphql_api.definitions.json_schema.words import (
    NULL,
    Schema,
    count,
    distinct,
    either,
    mapping,
    moment,
    name,
    some,
    text,
    when,
    word,
)
from graphql_api.domain.enums import ValidationCheck, ValidationSeverity

_ONE_OF_TWO = [{"required": ["min"]}, {"required": ["max"]}]


def _bound(description: str) -> Schema:
    return either(description, {"type": "number"}, moment("Of a TIMESTAMP."))


def _lengths(what: str) -> Schema:
    return mapping(
        "min, max or both.",
        {
            "min": count(f"The least {what}; no bound by default."),
            "max": count(f"The most {what}; no bound by default."),
        },
        anyOf=_ONE_OF_TWO,
    )


PARAMETERS: Mapping[ValidationCheck, Schema] = {
    ValidationCheck.NOT_NULL: mapping("Nothing.", {}),
    ValidationCheck.IN_RANGE: mapping(
        "min, max or both, of the feature's type; the bounds are inside.",
        {"min": _bound("The least value that passes."), "max": _bound("The greatest value that passes.")},
        anyOf=_ONE_OF_TWO,
    ),
    ValidationCheck.IN_SET: mapping(
        "The values that pass.",
        {
            "values": some(
                "Of the feature's type: true, numbers, texts, or times as texts.",
                {"type": ["boolean", "number", "string"]},
            )
        },
        ["values"],
    ),
    ValidationCheck.MATCHES: mapping(
        "A regular expression.",
        {"pattern": text("Of RE2, which the whole text must match.")},
        ["pattern"],
    ),
    ValidationCheck.LENGTH: _lengths("code points of the text, or elements of the list"),
    ValidationCheck.SQL: mapping(
        "A condition.",
        {
            "expression": text(
                "One scalar BOOL expression of the DuckDB dialect over the row's columns: join keys, timestamps and "
                "features. A row fails where it is false."
            )
        },
        ["expression"],
    ),
    ValidationCheck.UNIQUE: mapping(
        "Nothing, or columns.",
        {
            "columns": distinct(
                "Join keys, timestamps or features, that are unique together; by default the feature.",
                {"type": "string"},
            )
        },
    ),
    ValidationCheck.ROW_COUNT: _lengths("rows to be written"),
}
OF_ROWS = (
    ValidationCheck.NOT_NULL,
    ValidationCheck.IN_RANGE,
    ValidationCheck.IN_SET,
    ValidationCheck.MATCHES,
    ValidationCheck.LENGTH,
    ValidationCheck.SQL,
)
"""Those that look at rows, and can keep one out."""
_NEED_NO_PARAMETERS = (ValidationCheck.NOT_NULL, ValidationCheck.UNIQUE)


def _by_check(check: ValidationCheck) -> Schema:
    told: dict[str, Schema] = {"parameters": PARAMETERS[check]}
    required: list[str] = []
    if check in _NEED_NO_PARAMETERS:
        told["parameters"] = {**PARAMETERS[check], "type": ["object", "null"]}
    else:
        required.append("parameters")
    if check in OF_ROWS and check is not ValidationCheck.SQL:
        told["feature"] = {"type": "string"}
        required.append("feature")
    if check is ValidationCheck.ROW_COUNT:
        told["feature"] = NULL
    if check not in OF_ROWS:
        told["severity"] = {"not": {"const": ValidationSeverity.QUARANTINE.value}}
    return when(
        {"properties": {"check": {"const": check.value}}, "required": ["check"]},
        {"properties": told, "required": required} if required else {"properties": told},
    )


VALIDATION: Schema = mapping(
    "One check, made on the rows of each run, between transformation and commit.",
    {
        "name": {
            **name("The check's name, unique in the view."),
            "not": {"const": "one_row_per_key"},
        },
        "description": text("Why, for people.", default=""),
        "feature": text("The feature that is looked at. ROW_COUNT has none; SQL and UNIQUE (with columns) need none."),
        "check": word(
            "What fails: NOT_NULL, a null (the others let null pass); IN_RANGE, a value outside of bounds; IN_SET, one "
            "that is not listed; MATCHES, a text that the pattern does not match; LENGTH, a text or list too short or "
            "too long; SQL, a row where a condition is false; UNIQUE, rows that share their values; ROW_COUNT, a run "
            "of too few or too many rows.",
            PARAMETERS,
        ),
        "parameters": {"type": "object", "description": "As the check takes them."},
        "severity": word(
            "WARN records. BLOCK stops the run before anything is visible. QUARANTINE keeps failing rows out and "
            "aside; for checks that look at rows alone, which UNIQUE and ROW_COUNT are not.",
            ValidationSeverity,
        ),
    },
    ["name", "check", "severity"],
    allOf=[_by_check(check) for check in PARAMETERS],
)

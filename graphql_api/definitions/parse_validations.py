"""Validations: which check takes what, each parameter by the type of the feature that it looks at."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from graphql_api.definitions.keys import VALIDATION
from graphql_api.definitions.problems import clipped, nearest
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.slips import moment_hint
from graphql_api.definitions.specs import ValidationSpec
from graphql_api.definitions.values import is_list, is_number, is_whole, kind_of
from graphql_api.domain.enums import ValidationCheck, ValidationSeverity
from graphql_api.domain.times import parse_moment
from graphql_api.domain.types import ValueType

ONE_ROW_PER_KEY = "one_row_per_key"
_FORM = "{name: …, feature: …, check: NOT_NULL, severity: WARN}"
_NUMBER = re.compile(r"[-+]?\d[\d_]*(\.\d*)?([eE][-+]?\d+)?", re.ASCII)
_LATER = (ValidationCheck.FRESHNESS, ValidationCheck.NO_DRIFT)
_OF_ROWS = (
    ValidationCheck.NOT_NULL,
    ValidationCheck.IN_RANGE,
    ValidationCheck.IN_SET,
    ValidationCheck.MATCHES,
    ValidationCheck.LENGTH,
    ValidationCheck.SQL,
)
_WITH_LENGTH = (
    ValueType.STRING,
    ValueType.BOOL_LIST,
    ValueType.INT64_LIST,
    ValueType.FLOAT64_LIST,
    ValueType.STRING_LIST,
)
_TAKEN: Mapping[ValidationCheck, tuple[ValueType, ...]] = {
    ValidationCheck.NOT_NULL: tuple(ValueType),
    ValidationCheck.IN_RANGE: (ValueType.INT64, ValueType.FLOAT64, ValueType.TIMESTAMP),
    ValidationCheck.IN_SET: (
        ValueType.BOOL,
        ValueType.INT64,
        ValueType.FLOAT64,
        ValueType.STRING,
        ValueType.TIMESTAMP,
    ),
    ValidationCheck.MATCHES: (ValueType.STRING,),
    ValidationCheck.LENGTH: _WITH_LENGTH,
}
"""The checks that look at one feature, and the types that they can look at."""


def parse_validations(
    view: Reader, features: Mapping[str, ValueType | None], *, complete: bool
) -> tuple[ValidationSpec, ...]:
    """`features`: their types by name, None where one cannot be told. `complete`: there are no others."""
    validations: dict[str, ValidationSpec] = {}
    seen: set[str] = set()
    for path, item in view.items("validations", _FORM) or []:
        reader = Reader(item, path, view.problems, VALIDATION, form=f"Write {_FORM}.")
        validation = _validation(reader, features, complete=complete)
        name = reader.value("name")
        if name == ONE_ROW_PER_KEY:
            reader.refuse("name", f"{name!r} is the name of the check that every run makes.", "Give it another name.")
        elif isinstance(name, str) and name in seen:
            reader.refuse("name", f"The validation {clipped(name)} comes twice.", "Give one of the two another name.")
        elif validation is not None:
            validations[validation.name] = validation
        seen |= {name} if isinstance(name, str) else set()
    return tuple(validations.values())


def _validation(reader: Reader, features: Mapping[str, ValueType | None], *, complete: bool) -> ValidationSpec | None:
    word = reader.word("check", tuple(ValidationCheck), required=True)
    check = ValidationCheck(word) if word is not None else None
    if check in _LATER:
        reader.refuse("check", f"The check {check} is not available yet.", "Leave it out.")
        return None
    name, description = reader.name(), reader.text("description") or ""
    severity_word = reader.word("severity", tuple(ValidationSeverity), required=True)
    severity = ValidationSeverity(severity_word) if severity_word is not None else None
    feature = reader.text("feature")
    given = reader.raw("parameters")
    is_known = feature is None or feature in features
    if not is_known and complete:
        reader.refuse("feature", f"The view has no feature {clipped(feature)}.", nearest(feature or "", features))
    if check is None:
        return None
    if severity is ValidationSeverity.QUARANTINE and check not in _OF_ROWS:
        message = f"{check} judges the run as a whole and can keep no row out."
        reader.refuse("severity", message, "Write WARN or BLOCK.")
    if is_known and not _takes_feature(reader, check, feature, features):
        return None
    before = len(reader.problems)
    keys, form, parse = _PARAMETERS[check]
    parameters = Reader({} if given is None else given, reader.at("parameters"), reader.problems, keys, form=form)
    value_type = features.get(feature) if feature is not None else None
    parse(parameters, value_type)
    if not is_known or name is None or severity is None or len(reader.problems) > before:
        return None
    values = {key: value for key, value in parameters.raw_values.items() if value is not None}
    return ValidationSpec(reader.path, name, description, feature, check, values, severity)


def _takes_feature(
    reader: Reader, check: ValidationCheck, feature: str | None, features: Mapping[str, ValueType | None]
) -> bool:
    taken = _TAKEN.get(check)
    if check is ValidationCheck.ROW_COUNT and feature is not None:
        reader.refuse("feature", "ROW_COUNT looks at the view as a whole.", "Leave feature out.")
        return False
    if check is ValidationCheck.UNIQUE and feature is None and not _columns_given(reader):
        hint = "Write columns: [tailnum, event_timestamp] in parameters."
        reader.lacks("feature", "UNIQUE needs a feature, or parameters: {columns: […]}.", hint)
        return False
    if taken is None:
        return True
    if feature is None:
        reader.lacks("feature", f"{check} needs the feature that it looks at.", nearest("", features))
        return False
    if features[feature] is None:
        return False
    if features[feature] not in taken:
        message = f"{check} cannot look at {feature!r}, which is {features[feature]}."
        reader.refuse("check", message, f"It takes {', '.join(taken)}.")
        return False
    return True


def _columns_given(reader: Reader) -> bool:
    given = reader.value("parameters")
    return isinstance(given, Mapping) and cast(Mapping[str, object], given).get("columns") is not None


def _nothing(parameters: Reader, value_type: ValueType | None) -> None:
    """The check takes no parameters."""


def _range(parameters: Reader, value_type: ValueType | None) -> None:
    low, high = (_bound(parameters, key, value_type) for key in ("min", "max"))
    _check_bounds(parameters, low, high)


def _length(parameters: Reader, value_type: ValueType | None) -> None:
    _check_bounds(parameters, parameters.count("min"), parameters.count("max"))


def _check_bounds(parameters: Reader, low: float | None, high: float | None) -> None:
    if parameters.usable and not parameters.holds("min", "max"):
        parameters.problems.add(parameters.path, "Give min, max or both.", "Such as parameters: {min: 0}.")
    if low is not None and high is not None and low > high:
        parameters.refuse("min", "min is greater than max: nothing could pass.", "Exchange the two.")


def _bound(parameters: Reader, key: str, value_type: ValueType | None) -> float | None:
    value = parameters.raw(key)
    if value is None or value_type is None:
        return None
    problem = _misfit(value, value_type)
    if problem is not None:
        parameters.refuse(key, problem, _misfit_hint(value, value_type))
        return None
    return parse_moment(cast(str, value)) if value_type is ValueType.TIMESTAMP else cast(float, value)


def _set(parameters: Reader, value_type: ValueType | None) -> None:
    value = parameters.raw("values", required="Write values: […].")
    if value is None or value_type is None:
        return
    if not is_list(value) or not value:
        written = f"{value}" if isinstance(value, str | int | float) and len(str(value)) < 100 else "…"
        parameters.refuse("values", "This must be a list of at least one value.", f"Write values: [{written}].")
        return
    for index, item in enumerate(value):
        problem = _misfit(item, value_type)
        if problem is not None:
            hint = _misfit_hint(item, value_type)
            parameters.problems.add(f"{parameters.at('values')}[{index}]", problem, hint)


def _misfit(value: object, value_type: ValueType) -> str | None:
    """Why a value of the YAML is none of this type."""
    if _IS[value_type](value):
        return None
    wanted = {
        ValueType.BOOL: "true or false",
        ValueType.INT64: "a whole number of up to 64 bits",
        ValueType.FLOAT64: "a finite number",
        ValueType.STRING: "text",
        ValueType.TIMESTAMP: "a day or a time with an offset",
    }[value_type]
    found = json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float) else kind_of(value)
    return f"This must be {wanted}, not {found[:100]}."


_FORMS = {
    ValueType.BOOL: "Write true or false.",
    ValueType.INT64: "Write a whole number, such as 1.",
    ValueType.FLOAT64: "Write a number, such as 0.5.",
    ValueType.STRING: "Write a text.",
}


def _misfit_hint(value: object, value_type: ValueType) -> str:
    if value_type is ValueType.STRING and isinstance(value, int | float):
        return "Put it in quotes."
    if value_type is ValueType.TIMESTAMP:
        return moment_hint(str(value))
    if value_type is ValueType.INT64 and isinstance(value, float):
        return "Write a whole number, without a point and without an exponent."
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return "Write it without quotes and without anything but digits."
    return _FORMS[value_type]


def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parse_moment(value)
    except ValueError:
        return False
    return True


_IS: Mapping[ValueType, Callable[[object], bool]] = {
    ValueType.BOOL: lambda value: isinstance(value, bool),
    ValueType.INT64: is_whole,
    ValueType.FLOAT64: is_number,
    ValueType.STRING: lambda value: isinstance(value, str),
    ValueType.TIMESTAMP: _is_moment,
}


def _pattern(parameters: Reader, value_type: ValueType | None) -> None:
    parameters.text("pattern", required="Write pattern: …")


def _expression(parameters: Reader, value_type: ValueType | None) -> None:
    parameters.text("expression", required="Write expression: …")


def _columns(parameters: Reader, value_type: ValueType | None) -> None:
    if parameters.names("columns") == []:
        parameters.refuse("columns", "Name at least one column.", "Write columns: [tailnum, event_timestamp].")


_BOUNDS = ("min", "max")
_PARAMETERS: Mapping[ValidationCheck, tuple[Sequence[str], str, Callable[[Reader, ValueType | None], None]]] = {
    ValidationCheck.NOT_NULL: ((), "Leave it out.", _nothing),
    ValidationCheck.IN_RANGE: (_BOUNDS, "Write {min: …, max: …}.", _range),
    ValidationCheck.IN_SET: (("values",), "Write {values: […]}.", _set),
    ValidationCheck.MATCHES: (("pattern",), "Write {pattern: …}.", _pattern),
    ValidationCheck.LENGTH: (_BOUNDS, "Write {min: …, max: …}.", _length),
    ValidationCheck.SQL: (("expression",), "Write {expression: …}.", _expression),
    ValidationCheck.UNIQUE: (("columns",), "Write {columns: […]}.", _columns),
    ValidationCheck.ROW_COUNT: (_BOUNDS, "Write {min: …, max: …}.", _length),
}
"""The keys that each takes, how they are written, and their reading."""

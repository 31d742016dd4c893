"""Validations: which check takes what, each parameter by the type of the feature that it looks at."""

from collections.abc import Callable, Mapping
from typing import cast

from graphql_api.definitions.canonical import canonical
from graphql_api.definitions.problems import nearest
from graphql_api.definitions.reading import Reader, is_list, is_number, is_whole, kind_of
from graphql_api.definitions.specs import ValidationSpec
from graphql_api.domain.enums import ValidationCheck, ValidationSeverity
from graphql_api.domain.times import parse_moment
from graphql_api.domain.types import ValueType

ONE_ROW_PER_KEY = "one_row_per_key"
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


def parse_validations(view: Reader, features: Mapping[str, ValueType | None]) -> tuple[ValidationSpec, ...]:
    """`features`: their types by name, None where one cannot be told."""
    validations: dict[str, ValidationSpec] = {}
    for path, item in view.items("validations") or []:
        reader = Reader(item, path, view.problems)
        validation = _validation(reader, features)
        name = reader.values.get("name")
        if name == ONE_ROW_PER_KEY:
            reader.refuse("name", f"{name!r} is the name of the check that every run makes.", "Give it another name.")
        elif isinstance(name, str) and name in validations:
            reader.refuse("name", f"The validation {name!r} comes twice.")
        elif validation is not None:
            validations[validation.name] = validation
    return tuple(validations.values())


def _validation(reader: Reader, features: Mapping[str, ValueType | None]) -> ValidationSpec | None:
    word = reader.word("check", tuple(ValidationCheck), required=True)
    check = ValidationCheck(word) if word is not None else None
    if check in _LATER:
        reader.refuse("check", f"The check {check} is not available yet.")
        return None
    name, description = reader.name(), reader.text("description") or ""
    severity_word = reader.word("severity", tuple(ValidationSeverity), required=True)
    severity = ValidationSeverity(severity_word) if severity_word is not None else None
    feature = reader.text("feature")
    given = reader.raw("parameters")
    reader.done()
    is_known = feature is None or feature in features
    if not is_known:
        reader.refuse("feature", f"The view has no feature {feature!r}.", nearest(feature or "", features))
    if check is None:
        return None
    if severity is ValidationSeverity.QUARANTINE and check not in _OF_ROWS:
        message = f"{check} judges the run as a whole and can keep no row out."
        reader.refuse("severity", message, "Write WARN or BLOCK.")
    if is_known and not _takes_feature(reader, check, feature, features):
        return None
    before = len(reader.problems)
    parameters = Reader({} if given is None else given, reader.at("parameters"), reader.problems)
    value_type = features.get(feature) if feature is not None else None
    _PARAMETERS[check](parameters, value_type)
    parameters.done()
    if not is_known or name is None or severity is None or len(reader.problems) > before:
        return None
    values = {key: value for key, value in parameters.values.items() if value is not None}
    return ValidationSpec(reader.path, name, description, feature, check, values, severity)


def _takes_feature(
    reader: Reader, check: ValidationCheck, feature: str | None, features: Mapping[str, ValueType | None]
) -> bool:
    taken = _TAKEN.get(check)
    if check is ValidationCheck.ROW_COUNT and feature is not None:
        reader.refuse("feature", "ROW_COUNT looks at the view as a whole.", "Leave feature out.")
        return False
    if check is ValidationCheck.UNIQUE and feature is None and not _columns_given(reader):
        reader.refuse("feature", "UNIQUE needs a feature, or parameters: {columns: […]}.")
        return False
    if taken is None:
        return True
    if feature is None:
        reader.refuse("feature", f"{check} needs the feature that it looks at.", nearest("", features))
        return False
    if features[feature] is None:
        return False
    if features[feature] not in taken:
        message = f"{check} cannot look at {feature!r}, which is {features[feature]}."
        reader.refuse("check", message, f"It takes {', '.join(taken)}.")
        return False
    return True


def _columns_given(reader: Reader) -> bool:
    given = reader.values.get("parameters")
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
        parameters.problems.add(parameters.path, "Give min, max or both.")
    if low is not None and high is not None and low > high:
        parameters.refuse("min", "min is greater than max: nothing could pass.")


def _bound(parameters: Reader, key: str, value_type: ValueType | None) -> float | None:
    value = parameters.raw(key)
    if value is None or value_type is None:
        return None
    problem = _misfit(value, value_type)
    if problem is not None:
        parameters.refuse(key, problem)
        return None
    return parse_moment(cast(str, value)) if value_type is ValueType.TIMESTAMP else cast(float, value)


def _set(parameters: Reader, value_type: ValueType | None) -> None:
    value = parameters.raw("values", required=True)
    if value is None or value_type is None:
        return
    if not is_list(value) or not value:
        parameters.refuse("values", "This must be a list of at least one value.")
        return
    for index, item in enumerate(value):
        problem = _misfit(item, value_type)
        if problem is not None:
            parameters.problems.add(f"{parameters.at('values')}[{index}]", problem)


def _misfit(value: object, value_type: ValueType) -> str | None:
    """Why a value of the YAML is none of this type."""
    if _IS[value_type](value):
        return None
    wanted = {
        ValueType.BOOL: "true or false",
        ValueType.INT64: "a whole number of up to 64 bits",
        ValueType.FLOAT64: "a finite number",
        ValueType.STRING: "text",
        ValueType.TIMESTAMP: "a day or a time with an offset, such as 2025-11-01T00:00:00Z",
    }[value_type]
    found = canonical(value) if isinstance(value, str | int | float) else kind_of(value)
    return f"This must be {wanted}, not {found}."


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
    parameters.text("pattern", required=True)


def _expression(parameters: Reader, value_type: ValueType | None) -> None:
    parameters.text("expression", required=True)


def _columns(parameters: Reader, value_type: ValueType | None) -> None:
    if parameters.names("columns") == []:
        parameters.refuse("columns", "Name at least one column.")


_PARAMETERS: Mapping[ValidationCheck, Callable[[Reader, ValueType | None], None]] = {
    ValidationCheck.NOT_NULL: _nothing,
    ValidationCheck.IN_RANGE: _range,
    ValidationCheck.IN_SET: _set,
    ValidationCheck.MATCHES: _pattern,
    ValidationCheck.LENGTH: _length,
    ValidationCheck.SQL: _expression,
    ValidationCheck.UNIQUE: _columns,
    ValidationCheck.ROW_COUNT: _length,
}

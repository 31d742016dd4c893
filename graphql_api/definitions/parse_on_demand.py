"""Expressions over the features of other views and the request's own values."""

from graphql_api.definitions.parse_common import inputs
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.specs import ExpressionSpec, OnDemandSpec, RequestValueSpec

MOMENT = "moment"


def parse_on_demand(reader: Reader, description: str) -> OnDemandSpec:
    views, request = inputs(reader, "views"), _request(reader)
    expressions: dict[str, ExpressionSpec] = {}
    unclear: list[str] = []
    items = reader.items("expressions", required=True)
    for path, item in items or []:
        entry = Reader(item, path, reader.problems)
        spec = _expression(entry)
        name = entry.values.get("feature")
        if isinstance(name, str) and name in expressions:
            entry.refuse("feature", f"The feature {name!r} comes twice.")
        elif spec is not None:
            expressions[spec.feature] = spec
        elif isinstance(name, str):
            unclear.append(name)
    if items == []:
        hint = "Write expressions: [{feature: …, expression: …}]."
        reader.refuse("expressions", "A view needs a feature.", hint)
    return OnDemandSpec(reader.path, description, views, request, tuple(expressions.values()), tuple(unclear))


def _expression(entry: Reader) -> ExpressionSpec | None:
    """None where there is no expression, or no feature that it makes."""
    feature, text = entry.feature_name("feature"), entry.text("expression", required=True)
    value_type = entry.value_type(required=False)
    entry.done()
    if text is not None and not text.strip():
        entry.refuse("expression", "The expression is empty.")
        return None
    return ExpressionSpec(entry.path, feature, text.strip(), value_type) if feature and text else None


def _request(reader: Reader) -> tuple[RequestValueSpec, ...]:
    values: dict[str, RequestValueSpec] = {}
    for path, item in reader.items("request") or []:
        value = Reader(item, path, reader.problems)
        name, value_type = value.name(), value.value_type()
        value.done()
        if name in values:
            value.refuse("name", f"The request column {name!r} comes twice.")
        elif name == MOMENT:
            message = f"{MOMENT!r} is the time asked for, which every expression may use."
            value.refuse("name", message, "Give the request column another name, or leave it out.")
        elif name is not None and value_type is not None:
            values[name] = RequestValueSpec(path, name, value_type)
    return tuple(values.values())

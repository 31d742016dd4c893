"""Expressions over the features of other views and the request's own values."""

from graphql_api.definitions.keys import COLUMN, EXPRESSION
from graphql_api.definitions.parse_common import inputs
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.specs import ExpressionSpec, OnDemandSpec, RequestValueSpec

MOMENT = "moment"
_ENTRY = "{feature: …, expression: …}"
_VALUE = "{name: …, type: INT64}"


def parse_on_demand(reader: Reader, description: str) -> OnDemandSpec:
    views = inputs(reader, "views")
    request, request_told = _request(reader)
    items = reader.items("expressions", _ENTRY, required=True)
    entries: dict[str, ExpressionSpec | None] = {}
    for path, item in items or []:
        entry = Reader(item, path, reader.problems, EXPRESSION, form=f"Write {_ENTRY}.")
        feature, spec = _expression(entry)
        feature = feature or _text(entry.value("feature"))
        if feature is not None and feature in entries:
            hint = "Leave one out, or give it another name."
            entry.refuse("feature", f"The feature {feature!r} comes twice.", hint)
        elif feature is not None:
            entries[feature] = spec
    if items == []:
        reader.refuse("expressions", "A view needs a feature.", f"Write expressions: [{_ENTRY}].")
    written = reader.value("views")
    return OnDemandSpec(
        path=reader.path,
        description=description,
        views=views,
        views_told=written is None or (isinstance(written, list) and len(views) == len(written)),  # pyright: ignore[reportUnknownArgumentType]
        request=request,
        request_told=request_told,
        expressions=tuple(spec for spec in entries.values() if spec is not None),
        unclear=tuple(feature for feature, spec in entries.items() if spec is None),
        names_told=bool(items) and len(entries) == len(items or []),
    )


def _expression(entry: Reader) -> tuple[str | None, ExpressionSpec | None]:
    """The feature, and all of the entry; None where there is no expression, or no feature that it makes."""
    feature, text = entry.row_name("feature"), entry.text("expression", required="Write expression: …")
    before = len(entry.problems)
    value_type = entry.value_type(required=False)
    if text is not None and not text.strip():
        entry.refuse("expression", "The expression is empty.", "Write one over the features of views.")
        return feature, None
    if not feature or not text:
        return feature, None
    is_typed = len(entry.problems) == before
    return feature, ExpressionSpec(entry.path, feature, text.strip(), value_type, type_told=is_typed)


def _request(reader: Reader) -> tuple[tuple[RequestValueSpec, ...], bool]:
    """Those that have a name, and have all of them?"""
    values: dict[str, RequestValueSpec] = {}
    nameless = 0
    items = reader.items("request", _VALUE)
    for path, item in items or []:
        value = Reader(item, path, reader.problems, COLUMN, form=f"Write {_VALUE}.")
        name, value_type = value.name(), value.value_type()
        nameless += name is None
        if name in values:
            hint = "Leave one out, or give it another name."
            value.refuse("name", f"The request column {name!r} comes twice.", hint)
        elif name == MOMENT:
            message = f"{MOMENT!r} is the time asked for, which every expression may use."
            value.refuse("name", message, "Give the request column another name, or leave it out.")
        elif name is not None:
            values[name] = RequestValueSpec(path, name, value_type)
    return tuple(values.values()), nameless == 0


def _text(value: object) -> str | None:
    """A name that is none is known all the same."""
    return value if isinstance(value, str) else None

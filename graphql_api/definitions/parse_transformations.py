"""How a view's rows are made: each transformation has exactly one form."""

from collections.abc import Callable, Collection, Mapping

from graphql_api.definitions.parse_aggregations import parse_aggregations
from graphql_api.definitions.parse_common import inputs
from graphql_api.definitions.parse_on_demand import parse_on_demand
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.specs import PushSpec, SqlSpec, TransformationSpec
from graphql_api.domain.enums import TransformationKind

_TELLING: Mapping[TransformationKind, str] = {
    TransformationKind.SQL: "sql",
    TransformationKind.AGGREGATION: "aggregations",
    TransformationKind.ON_DEMAND: "expressions",
    TransformationKind.PUSH: "push",
}
"""The key that tells the form."""
_KEYS: Mapping[TransformationKind, Collection[str]] = {
    TransformationKind.SQL: ("sources", "lookback"),
    TransformationKind.AGGREGATION: ("source", "every", "offset"),
    TransformationKind.ON_DEMAND: ("views", "request"),
    TransformationKind.PUSH: (),
}
_FORMS = "Write sources and sql; or source, every and aggregations; or views and expressions; or push: {}."


def parse_transformation(view: Reader) -> TransformationSpec | None:
    """None after a problem that leaves its form open."""
    value = view.raw("transformation", required=True)
    if value is None:
        return None
    reader = Reader(value, view.at("transformation"), view.problems)
    kind = _form(view, reader) if reader.usable else None
    if kind is None:
        return None
    spec = _PARSERS[kind](reader, reader.text("description") or "")
    reader.done()
    return spec


def _form(view: Reader, reader: Reader) -> TransformationKind | None:
    told = [kind for kind, key in _TELLING.items() if reader.holds(key)]
    if not told:
        told = [kind for kind, keys in _KEYS.items() if reader.holds(*keys)]
    if len(told) == 1:
        return told[0]
    keys = " and ".join(_TELLING[kind] for kind in told)
    message = f"A transformation has one form, and this mixes {keys}." if told else "It does not say how rows are made."
    view.refuse("transformation", message, _FORMS)
    return None


def _sql(reader: Reader, description: str) -> SqlSpec:
    sources = inputs(reader, "sources", required=True)
    if reader.values.get("sources") == []:
        reader.refuse("sources", "Name at least one source.")
    sql = reader.text("sql", required=True)
    if sql is not None and not sql.strip():
        reader.refuse("sql", "The SQL is empty.")
    return SqlSpec(
        path=reader.path,
        description=description,
        sources=sources,
        sql=(sql or "").strip(),
        lookback=reader.duration("lookback") or 0,
    )


def _push(reader: Reader, description: str) -> PushSpec:
    value = reader.raw("push")
    push = Reader(value, reader.at("push"), reader.problems)
    source = push.text("source")
    push.done()
    return PushSpec(reader.path, description, source)


_PARSERS: Mapping[TransformationKind, Callable[[Reader, str], TransformationSpec]] = {
    TransformationKind.SQL: _sql,
    TransformationKind.AGGREGATION: parse_aggregations,
    TransformationKind.ON_DEMAND: parse_on_demand,
    TransformationKind.PUSH: _push,
}

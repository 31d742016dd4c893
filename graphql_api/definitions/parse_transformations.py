"""How a view's rows are made: each transformation has exactly one form."""

from collections.abc import Callable, Mapping

from graphql_api.definitions import keys
from graphql_api.definitions.parse_aggregations import parse_aggregations
from graphql_api.definitions.parse_common import inputs
from graphql_api.definitions.parse_on_demand import parse_on_demand
from graphql_api.definitions.problems import closest
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.specs import PushSpec, SqlSpec, TransformationSpec
from graphql_api.definitions.values import is_mapping, told
from graphql_api.domain.enums import TransformationKind

_TELLING: Mapping[str, TransformationKind] = {
    "sql": TransformationKind.SQL,
    "aggregations": TransformationKind.AGGREGATION,
    "expressions": TransformationKind.ON_DEMAND,
    "push": TransformationKind.PUSH,
}
"""The key that tells the form."""
_HINTING: Mapping[str, TransformationKind] = {
    key: kind for kind, own in keys.TRANSFORMATION.items() for key in own if key != "description"
}
_FORMS = "Write sources and sql; or source, every and aggregations; or views and expressions; or push: {}."
_SELECT = "Write sql: SELECT … FROM …"
_UNSAID = "It does not say how rows are made."


def parse_transformation(view: Reader) -> TransformationSpec | None:
    """None after a problem that leaves its form open."""
    value = view.raw("transformation", required=_FORMS)
    beside = _put_beside(view, value)
    if value is None and beside:
        value = dict[str, object]()
    if value is None:
        return None
    if not is_mapping(value):
        view.refuse("transformation", f"This must be a mapping, not {told(value)}.", _FORMS)
        return None
    at = view.at("transformation")
    for key in keys.BESIDE_TRANSFORMATION:
        if value.get(key) is not None:
            view.adopt(key, value[key], f"{at}.{key}")
    kind = _form(view, {**beside, **value})
    if kind is None:
        return None
    own = keys.TRANSFORMATION[kind]
    reader = Reader(value, at, view.problems, own, elsewhere=keys.BESIDE_TRANSFORMATION)
    for key in beside.keys() & set(own):
        reader.adopt(key, beside[key], f"{view.path}.{key}")
    return _PARSERS[kind](reader, reader.text("description") or "")


def _put_beside(view: Reader, value: object) -> Mapping[str, object]:
    """Keys of the transformation that stand beside it, where one of both tells the form."""
    beside = {key: part for key, part in view.raw_values.items() if key in _HINTING}
    held = {*beside, *value} if is_mapping(value) else beside.keys()
    return beside if held & _TELLING.keys() else {}


def _form(view: Reader, value: Mapping[str, object]) -> TransformationKind | None:
    held = [key for key in value if value[key] is not None]
    told_by = {_TELLING[key]: key for key in held if key in _TELLING}
    if not told_by:
        told_by = {_TELLING[meant]: key for key in held if (meant := closest(key, _TELLING, cutoff=0.75))}
    if not told_by:
        told_by = {_HINTING[key]: key for key in held if key in _HINTING}
    if len(told_by) == 1:
        return next(iter(told_by))
    named = " and ".join(told_by.values())
    message = f"A transformation has one form, and this mixes {named}." if named else _UNSAID
    view.refuse("transformation", message, _FORMS)
    return None


def _sql(reader: Reader, description: str) -> SqlSpec:
    sources = inputs(reader, "sources", required=True)
    if reader.value("sources") == []:
        reader.refuse("sources", "Name at least one source.", "Write sources: [flights].")
    sql = reader.text("sql", required=_SELECT, wanted="one SELECT, as text", hint=_SELECT)
    if sql is not None and not sql.strip():
        reader.refuse("sql", "The SQL is empty.", _SELECT)
    return SqlSpec(
        path=reader.path,
        description=description,
        sources=sources,
        sql=(sql or "").strip(),
        sql_path=reader.at("sql"),
        line=_lines_before(sql or ""),
        lookback=reader.duration("lookback") or 0,
    )


def _lines_before(sql: str) -> int:
    return sql[: len(sql) - len(sql.lstrip())].count("\n")


def _push(reader: Reader, description: str) -> PushSpec:
    push = Reader(reader.value("push"), reader.at("push"), reader.problems, keys.PUSH, form="Write push: {}.")
    return PushSpec(reader.path, description, push.text("source"))


_PARSERS: Mapping[TransformationKind, Callable[[Reader, str], TransformationSpec]] = {
    TransformationKind.SQL: _sql,
    TransformationKind.AGGREGATION: parse_aggregations,
    TransformationKind.ON_DEMAND: parse_on_demand,
    TransformationKind.PUSH: _push,
}

"""Feature views. Kinds that are not available yet are refused with one problem, and nothing else is said of them."""

import re
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from graphql_api.definitions.parse_validations import parse_validations
from graphql_api.definitions.reading import Reader, is_mapping
from graphql_api.definitions.specs import Described, FeatureSpec, SqlSpec, ViewEntitySpec, ViewSpec
from graphql_api.domain.enums import PublishMode
from graphql_api.domain.references import NAME

EVENT, CREATED = "event_timestamp", "created_timestamp"
RESERVED = (EVENT, CREATED)
_LATER = (
    ("Push views are", ("push",)),
    ("Aggregation views are", ("aggregations", "every", "offset", "source")),
    ("On-demand views are", ("expressions", "views", "request")),
)


def parse_view(reader: Reader, about: Described) -> ViewSpec | None:
    if _comes_later(reader):
        return None
    features = _features(reader)
    sql = _sql(reader)
    spec = ViewSpec(
        about=about,
        entities=_entities(reader),
        sql=sql,
        features=features,
        validations=parse_validations(reader, features),
        ttl=reader.duration("ttl"),
        delay=reader.duration("delay") or 0,
        since=reader.moment("since"),
        schedule=_schedule(reader),
        publish=PublishMode(reader.word("publish", tuple(PublishMode)) or PublishMode.AUTO),
        reprocess=reader.duration("reprocess"),
        freshness=reader.duration("freshness"),
        change_note=reader.text("changeNote") or "",
    )
    reader.done()
    return spec


def _comes_later(reader: Reader) -> bool:
    transformation = reader.values.get("transformation")
    if not is_mapping(transformation) or transformation.get("sql") is not None:
        return False
    for kind, keys in _LATER:
        if any(key in transformation for key in keys):
            reader.refuse("transformation", f"{kind} not available yet.", "A view needs sources and sql for now.")
            return True
    return False


def _sql(reader: Reader) -> SqlSpec:
    value = reader.raw("transformation", required=True)
    empty = SqlSpec(reader.at("transformation"), "", (), "", 0)
    if value is None:
        return empty
    transformation = Reader(value, reader.at("transformation"), reader.problems)
    sources = transformation.names("sources", required=True)
    if sources == []:
        transformation.refuse("sources", "Name at least one source.")
    sql = transformation.text("sql", required=True)
    if sql is not None and not sql.strip():
        transformation.refuse("sql", "The SQL is empty.")
    spec = SqlSpec(
        path=transformation.path,
        description=transformation.text("description") or "",
        sources=tuple(sources or ()),
        sql=(sql or "").strip(),
        lookback=transformation.duration("lookback") or 0,
    )
    transformation.done()
    return spec if transformation.usable else empty


def _entities(reader: Reader) -> tuple[ViewEntitySpec, ...]:
    items = reader.items("entities")
    if items is None and not reader.holds("entities"):
        reader.refuse("entities", "It is required.", "Write entities: [] for a view with one row for everyone.")
    entities: list[ViewEntitySpec] = []
    for path, item in items or []:
        if isinstance(item, str):
            entities.append(ViewEntitySpec(path, item, {}))
            continue
        mapped = Reader(item, path, reader.problems)
        name, keys = mapped.text("entity", required=True), mapped.texts_by_name("keys")
        for key, own in keys.items():
            if not NAME.fullmatch(own):
                reader.problems.add(f"{mapped.at('keys')}.{key}", f"{own!r} is not a name.")
        mapped.done()
        if name is not None:
            entities.append(ViewEntitySpec(path, name, keys))
    return tuple(entities)


def _features(reader: Reader) -> tuple[FeatureSpec, ...]:
    items = reader.items("features", required=True)
    features: dict[str, FeatureSpec] = {}
    for path, item in items or []:
        feature = Reader(item, path, reader.problems)
        name, value_type = feature.name(), feature.value_type()
        description, owner, tags = feature.text("description") or "", feature.text("owner"), feature.tags()
        feature.done()
        if name in features:
            feature.refuse("name", f"The feature {name!r} comes twice.")
        elif name in RESERVED:
            feature.refuse("name", f"{name!r} is the name of a timestamp of the row.", "Give the feature another name.")
        elif name is not None and value_type is not None:
            features[name] = FeatureSpec(path, name, value_type, description, owner, tags)
    if items == []:
        reader.refuse("features", "A view needs a feature.", "Write features: [{name: …, type: FLOAT64}].")
    return tuple(features.values())


def _schedule(reader: Reader) -> str | None:
    text = reader.text("schedule")
    if text is None:
        return None
    problem = "It has five fields: minute, hour, day, month, weekday" if len(text.split()) != 5 else None
    if problem is None:
        try:
            next(CronSim(text, datetime(2000, 1, 1, tzinfo=UTC)))
            return text
        except (CronSimError, StopIteration) as refused:
            problem = str(refused) or "It never fires"
    reader.refuse("schedule", f"{text!r} is no cron expression. {re.sub(r'[.]$', '', problem)}.", "Such as 15 * * * *.")
    return None

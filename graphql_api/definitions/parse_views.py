"""Feature views: what all of them share, and what each kind refuses."""

import re
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from graphql_api.definitions.parse_transformations import parse_transformation
from graphql_api.definitions.parse_validations import parse_validations
from graphql_api.definitions.reading import Reader, is_mapping
from graphql_api.definitions.specs import (
    AggregationSpec,
    Described,
    FeatureSpec,
    OnDemandSpec,
    PushSpec,
    SqlSpec,
    ViewEntitySpec,
    ViewSpec,
)
from graphql_api.domain.enums import PublishMode
from graphql_api.domain.references import NAME

_NO_RUNS = ("since", "schedule", "reprocess", "validations")
_NO_DATA = ("ttl", "delay", *_NO_RUNS, "freshness")


def parse_view(reader: Reader, about: Described) -> ViewSpec | None:
    transformation = parse_transformation(reader)
    inferred = isinstance(transformation, AggregationSpec | OnDemandSpec)
    features = _features(reader, typed=isinstance(transformation, SqlSpec | PushSpec))
    checked = () if inferred else parse_validations(reader, {one.name: one.value_type for one in features})
    reader.raw("validations")
    spec = ViewSpec(
        about=about,
        entities=() if isinstance(transformation, OnDemandSpec) else _entities(reader),
        transformation=transformation,
        features=features,
        validations=checked,
        ttl=_some_time(reader, "ttl", "no value would ever be served"),
        delay=reader.duration("delay") or 0,
        since=reader.moment("since"),
        schedule=_schedule(reader),
        publish=PublishMode(reader.word("publish", tuple(PublishMode)) or PublishMode.AUTO),
        reprocess=reader.duration("reprocess"),
        freshness=_some_time(reader, "freshness", "no data would ever be fresh"),
        change_note=reader.text("changeNote") or "",
    )
    _refuse_by_kind(reader, spec)
    reader.done()
    return spec


def _refuse_by_kind(reader: Reader, spec: ViewSpec) -> None:
    """What means nothing in views of a kind."""
    match spec.transformation:
        case AggregationSpec() if reader.holds("ttl"):
            message = "An aggregation view has no ttl: its windows say when an event is too old."
            reader.refuse("ttl", message, "Leave it out; freshness says when the pipeline is too old.")
        case OnDemandSpec():
            _refuse_on_demand(reader, spec)
        case PushSpec(source=source):
            if spec.delay:
                message = "A pushed row is served at once: a push view has no delay."
                reader.refuse("delay", message, "Leave it out.")
            for key in _NO_RUNS if source is None and not _source_is_written(reader) else ():
                if reader.holds(key):
                    message = f"Nothing is run where rows are only pushed: the view has no {key}."
                    reader.refuse(key, message, "Leave it out, or name a source: push: {source: …}.")
        case _:
            pass


def _refuse_on_demand(reader: Reader, spec: ViewSpec) -> None:
    for key in _NO_DATA:
        if reader.holds(key):
            reader.refuse(key, f"An on-demand view holds no data: it has no {key}.", "Leave it out.")
    if reader.raw("entities") is not None:
        reader.refuse("entities", "The entities of an on-demand view are those of its views.", "Leave it out.")
    if spec.publish is PublishMode.MANUAL:
        message = "A version of an on-demand view is published when all that it is made from is."
        reader.refuse("publish", message, "Leave it out.")


def _source_is_written(reader: Reader) -> bool:
    """Also where it is written badly."""
    transformation = reader.values.get("transformation")
    push = transformation.get("push") if is_mapping(transformation) else None
    return not is_mapping(push) or push.get("source") is not None


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


def _features(reader: Reader, *, typed: bool) -> tuple[FeatureSpec, ...]:
    """Where types follow from the transformation, the list may be left out, and types in it."""
    items = reader.items("features", required=typed)
    features: dict[str, FeatureSpec] = {}
    seen: set[str] = set()
    for path, item in items or []:
        feature = Reader(item, path, reader.problems)
        name, value_type = feature.feature_name(), feature.value_type(required=typed)
        description, owner, tags = feature.text("description") or "", feature.text("owner"), feature.tags()
        feature.done()
        if name in seen:
            feature.refuse("name", f"The feature {name!r} comes twice.")
        elif name is not None and (value_type is not None or not typed):
            features[name] = FeatureSpec(path, name, value_type, description, owner, tags)
        seen |= {name} if name is not None else set()
    if items == [] and typed:
        reader.refuse("features", "A view needs a feature.", "Write features: [{name: …, type: FLOAT64}].")
    return tuple(features.values())


def _some_time(reader: Reader, key: str, consequence: str) -> int | None:
    duration = reader.duration(key)
    if duration == 0:
        reader.refuse(key, f"It must be longer than {reader.values[key]}: {consequence}.", "Leave it out for no bound.")
    return duration


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

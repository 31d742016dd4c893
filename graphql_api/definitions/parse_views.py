"""Feature views: what all of them share, and what each kind refuses."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from graphql_api.definitions.keys import FEATURE, VIEW_ENTITY
from graphql_api.definitions.parse_transformations import parse_transformation
from graphql_api.definitions.parse_validations import parse_validations
from graphql_api.definitions.problems import clipped
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.slips import name_hint
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
from graphql_api.definitions.values import is_mapping
from graphql_api.domain.enums import PublishMode
from graphql_api.domain.references import NAME

_NO_RUNS = ("since", "schedule", "reprocess", "validations")
_NO_DATA = ("ttl", "delay", *_NO_RUNS, "freshness")
_FEATURE = "{name: …, type: FLOAT64}"
_ENTITY = "{entity: …, keys: {…: …}}"


def parse_view(reader: Reader, about: Described) -> ViewSpec:
    transformation = parse_transformation(reader)
    is_typed = isinstance(transformation, SqlSpec | PushSpec)
    is_inferred = isinstance(transformation, AggregationSpec | OnDemandSpec)
    features, unclear, features_told = _features(reader, typed=is_typed)
    types = dict.fromkeys(unclear) | {one.name: one.value_type for one in features}
    entities: Sequence[ViewEntitySpec] = ()
    entities_told = True
    if not isinstance(transformation, OnDemandSpec):
        entities, entities_told = _entities(reader)
    spec = ViewSpec(
        about=about,
        entities=tuple(entities),
        entities_told=entities_told,
        transformation=transformation,
        features=features,
        unclear=unclear,
        features_told=features_told,
        validations=() if is_inferred else parse_validations(reader, types, complete=features_told),
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
    transformation = reader.value("transformation")
    push = transformation.get("push") if is_mapping(transformation) else None
    return not is_mapping(push) or push.get("source") is not None


def _entities(reader: Reader) -> tuple[Sequence[ViewEntitySpec], bool]:
    """Those that can be told, and are these all?"""
    value = reader.value("entities")
    items = reader.items("entities", value if isinstance(value, str) and len(value) < 100 else "aircraft")
    if items is None and not reader.holds("entities"):
        hint = "Name the entities, or write entities: [] for a view with one row for everyone."
        reader.raw("entities", required=hint)
    entities: list[ViewEntitySpec] = []
    for path, item in items or []:
        if isinstance(item, str):
            entities.append(ViewEntitySpec(path, item, {}, keys_told=True))
            continue
        mapped = Reader(item, path, reader.problems, VIEW_ENTITY, form=f"Write the entity's name, or {_ENTITY}.")
        name = mapped.text("entity", required="Write entity: …")
        before = len(reader.problems)
        keys = mapped.texts_by_name("keys", "{join_key: own_name}")
        for key, own in keys.items():
            if not NAME.fullmatch(own):
                path_of_key = f"{mapped.at('keys')}.{key}"
                reader.problems.add(path_of_key, f"{clipped(own)} is not a name.", name_hint(own))
        if name is not None:
            entities.append(ViewEntitySpec(path, name, keys, keys_told=len(reader.problems) == before))
    return entities, items is not None and len(entities) == len(items)


def _features(reader: Reader, *, typed: bool) -> tuple[tuple[FeatureSpec, ...], tuple[str, ...], bool]:
    """Those that have a name, texts that are none in the place of one, and is that all? Where types follow from the
    transformation, the list may be left out, and types in it; otherwise one without a type is one with a problem."""
    items = reader.items("features", _FEATURE, required=typed)
    features: dict[str, FeatureSpec] = {}
    unclear: list[str] = []
    nameless = 0
    for path, item in items or []:
        feature = Reader(item, path, reader.problems, FEATURE, form=f"Write {_FEATURE}.")
        name, value_type = feature.row_name(), feature.value_type(required=typed)
        description, owner, tags = feature.text("description") or "", feature.text("owner"), feature.tags()
        written = feature.value("name")
        if name is None and isinstance(written, str):
            unclear.append(written)
        nameless += not isinstance(written, str)
        if name in features:
            feature.refuse("name", f"The feature {name!r} comes twice.", "Leave one out, or give it another name.")
        elif name is not None:
            features[name] = FeatureSpec(path, name, value_type, description, owner, tags)
    if items == [] and typed:
        reader.refuse("features", "A view needs a feature.", f"Write features: [{_FEATURE}].")
    return tuple(features.values()), tuple(unclear), not nameless and (bool(items) or not typed)


def _some_time(reader: Reader, key: str, consequence: str) -> int | None:
    duration = reader.duration(key)
    if duration == 0:
        reader.refuse(key, f"It must be longer than {reader.value(key)}: {consequence}.", "Leave it out for no bound.")
    return duration


def _schedule(reader: Reader) -> str | None:
    hint = "Write a cron expression, such as 15 * * * *."
    text = reader.text("schedule", wanted="a cron expression", hint=hint)
    if text is None:
        return None
    problem = "It has five fields: minute, hour, day, month, weekday" if len(text.split()) != 5 else None
    if problem is None:
        try:
            next(CronSim(text, datetime(2000, 1, 1, tzinfo=UTC)))
            return text
        except (CronSimError, StopIteration) as refused:
            problem = str(refused) or "It never fires"
    message = f"{clipped(text)} is no cron expression. {re.sub(r'[.]$', '', problem)}."
    reader.refuse("schedule", message, f"Such as {_ALIASES.get(text.strip().lower(), '15 * * * *')}.")
    return None


_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

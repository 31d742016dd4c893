"""A view's spec -> the content of a version: names looked up, SQL and expressions typed."""

from collections.abc import Sequence

from graphql_api.definitions.content import Content
from graphql_api.definitions.draft import Draft
from graphql_api.definitions.made import Made, declared_features, keys_of
from graphql_api.definitions.problems import clipped, nearest
from graphql_api.definitions.reading import CREATED, EVENT
from graphql_api.definitions.resolve_aggregations import resolve_aggregations
from graphql_api.definitions.resolve_checks import ask_checks
from graphql_api.definitions.resolve_on_demand import resolve_on_demand
from graphql_api.definitions.resolve_push import resolve_push
from graphql_api.definitions.resolve_sql import resolve_sql
from graphql_api.definitions.specs import (
    AggregationSpec,
    FeatureSpec,
    OnDemandSpec,
    PushSpec,
    SqlSpec,
    ValidationSpec,
    ViewEntitySpec,
    ViewSpec,
)
from graphql_api.documents.feature_views import ValidationPart, ViewEntityPart, ViewKeyPart
from graphql_api.domain.references import NAME


async def resolve_view(draft: Draft, spec: ViewSpec, *, repin: bool = False) -> Content | None:
    """None after a problem that lets one doubt the view's keys or its features, and where something that it builds on
    has one: other problems say nothing of what is built on it."""
    aside = draft.aside()
    content, fit = await _resolve(aside, spec, repin=repin)
    draft.problems.extend(aside.problems)
    draft.warnings.extend(aside.warnings)
    at = spec.about.path
    doubtful = [f"{at}.{key}" for key in ("entities", "features", *_making(spec))]
    return content if fit and spec.features_told and not draft.problems.are_at(*doubtful) else None


def _making(spec: ViewSpec) -> Sequence[str]:
    """The parts of the transformation that keys and features follow from."""
    match spec.transformation:
        case SqlSpec():
            return ("transformation.sources",)
        case AggregationSpec():
            return ("transformation.source", "transformation.aggregations")
        case OnDemandSpec():
            return ("transformation.views", "transformation.request", "transformation.expressions")
        case _:
            return ("transformation",)


async def _resolve(draft: Draft, spec: ViewSpec, *, repin: bool) -> tuple[Content | None, bool]:
    """The content, as far as it can be told, and do its features fit?"""
    entities = _entities(draft, spec)
    _refuse_clashes(draft, f"{spec.about.path}.entities", keys_of(entities or ()), spec.features)
    made = await _made(draft, spec, entities, repin=repin)
    validations = made.validations if made is not None else spec.validations
    features = made.features if made is not None else declared_features(spec.features)
    if made is not None and isinstance(spec.transformation, OnDemandSpec):
        entities = made.entities
    is_declared = isinstance(spec.transformation, SqlSpec | PushSpec)
    told = not is_declared or (len(features) == len(spec.features) and spec.features_told and not spec.unclear)
    keys = keys_of(entities) if told and entities is not None and made is not None else None
    await ask_checks(draft, validations, keys, features, is_static=made is not None and made.is_static)
    if entities is None or made is None:
        return None, False
    content = Content(
        entities=made.entities,
        features=made.features,
        transformation=made.transformation,
        validations=tuple(_validation(validation) for validation in made.validations),
        ttl=spec.ttl,
        delay=spec.delay,
        is_static=made.is_static,
    )
    return content, made.features_fit


async def _made(
    draft: Draft, spec: ViewSpec, entities: tuple[ViewEntityPart, ...] | None, *, repin: bool
) -> Made | None:
    match spec.transformation:
        case SqlSpec() as sql:
            return await resolve_sql(draft, spec, sql, entities, repin=repin)
        case AggregationSpec() as aggregations:
            return await resolve_aggregations(draft, spec, aggregations, entities)
        case OnDemandSpec() as on_demand:
            return await resolve_on_demand(draft, spec, on_demand, repin=repin)
        case PushSpec() as push:
            return await resolve_push(draft, spec, push, entities)
        case None:
            return None


def _entities(draft: Draft, view: ViewSpec) -> tuple[ViewEntityPart, ...] | None:
    """None where one cannot be told."""
    parts: list[ViewEntityPart] = []
    complete = view.entities_told
    for spec in view.entities:
        entity = draft.entities.get(spec.entity)
        if entity is None:
            complete = False
            if spec.entity not in draft.entities:
                hint = nearest(spec.entity, draft.entities)
                draft.problems.add(spec.path, f"There is no entity {spec.entity!r}.", hint)
            continue
        known = [key.name for key in entity.join_keys]
        complete = complete and spec.keys_told and spec.keys.keys() <= set(known)
        for name in spec.keys:
            if name not in known:
                message = f"The entity {spec.entity} has no join key {clipped(name)}."
                draft.problems.add(f"{spec.path}.keys.{name}", message, _key_hint(spec, name, known))
        keys = tuple(
            ViewKeyPart(name=spec.keys.get(key.name, key.name), join_key=key.name, value_type=key.value_type)
            for key in entity.join_keys
        )
        parts.append(ViewEntityPart(entity_id=entity.id, entity_name=entity.name, keys=keys))
    return tuple(parts) if complete else None


def _key_hint(spec: ViewEntitySpec, name: str, known: Sequence[str]) -> str | None:
    own = spec.keys[name]
    if own in known and NAME.fullmatch(name):
        return f"Write {own}: {name}: the entity's name comes first, the view's own after it."
    return nearest(name, known)


def _refuse_clashes(draft: Draft, path: str, keys: Sequence[ViewKeyPart], features: Sequence[FeatureSpec]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key.name in seen:
            hint = f"Give one its own name: {{entity: …, keys: {{{key.join_key}: …}}}}."
            draft.problems.add(path, f"The join key {key.name!r} comes twice.", hint)
        elif key.name in (EVENT, CREATED):
            message = f"{key.name!r} is the name of a timestamp of the row and can be no join key."
            draft.problems.add(path, message, "Give the join key another name with keys.")
        seen.add(key.name)
    for feature in features:
        if feature.name in seen:
            message = f"{feature.name!r} is a join key of the view."
            draft.problems.add(f"{feature.path}.name", message, "Give the feature another name.")


def _validation(spec: ValidationSpec) -> ValidationPart:
    return ValidationPart(
        name=spec.name,
        description=spec.description,
        feature=spec.feature,
        check=spec.check,
        parameters=dict(spec.parameters),
        severity=spec.severity,
    )

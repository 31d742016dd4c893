"""A view's spec -> the content of a version: names looked up, SQL and expressions typed."""

from collections.abc import Mapping, Sequence
from typing import cast

from graphql_api.definitions.canonical import fingerprint
from graphql_api.definitions.content import Content, transformation_meaning
from graphql_api.definitions.draft import Draft
from graphql_api.definitions.frozen import refrozen, relation_of
from graphql_api.definitions.outputs import OutputCheck, Places, sql_text
from graphql_api.definitions.parse_views import CREATED, EVENT
from graphql_api.definitions.problems import nearest
from graphql_api.definitions.resolve_checks import ask_checks
from graphql_api.definitions.specs import FeatureSpec, ValidationSpec, ViewEntitySpec, ViewSpec
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.data_sources import DataSourceDocument, SourcePart
from graphql_api.documents.feature_views import (
    FeaturePart,
    SqlTransformationPart,
    ValidationPart,
    ViewEntityPart,
    ViewKeyPart,
)
from graphql_api.domain.enums import DefinitionKind
from graphql_api.engines.shapes import FileColumn, SqlProblem

_STATIC_REFUSES = ("ttl", "delay", "since", "reprocess")


async def resolve_view(draft: Draft, spec: ViewSpec) -> Content | None:
    """None after a problem, and where something that the view builds on has one."""
    aside = draft.aside()
    content = await _resolve(aside, spec)
    draft.problems.extend(aside.problems)
    broken = aside.problems or draft.is_broken(DefinitionKind.FEATURE_VIEW, spec.about.name)
    return None if broken else content


async def _resolve(draft: Draft, spec: ViewSpec) -> Content | None:
    entities = _entities(draft, spec.entities)
    sources = _sources(draft, spec)
    features = tuple(_feature(feature) for feature in spec.features)
    keys = tuple(key for entity in entities or () for key in entity.keys)
    _refuse_clashes(draft, spec, keys)
    if sources is None:
        return None
    is_static = all(source.event_timestamp is None for source in sources)
    if is_static:
        _refuse_times(draft, spec)
    await ask_checks(draft, spec, keys, is_static=is_static)
    return await _typed(draft, spec, entities, features, sources, is_static=is_static)


async def _typed(
    draft: Draft,
    spec: ViewSpec,
    entities: tuple[ViewEntityPart, ...] | None,
    features: tuple[FeaturePart, ...],
    sources: Sequence[DataSourceDocument],
    *,
    is_static: bool,
) -> Content | None:
    if not spec.sql.sql:
        return None
    path = f"{spec.sql.path}.sql"
    places = Places(path, {feature.name: feature.path for feature in spec.features})
    frozen = await _frozen(draft, spec, sources)
    columns = await draft.answers.sql(spec.sql.sql, [relation_of(source) for source in frozen])
    if isinstance(columns, SqlProblem):
        draft.problems.add(path, sql_text(columns), columns.hint)
        return None
    if entities is None or draft.is_broken(DefinitionKind.FEATURE_VIEW, spec.about.name):
        return None
    transformation = checked_sql(
        draft,
        places,
        SqlTransformationPart(
            description=spec.sql.description,
            sql=spec.sql.sql,
            sources=frozen,
            lookback=spec.sql.lookback,
            outputs=(),
            has_created=False,
            fingerprint="",
        ),
        columns,
        keys=[column for entity in entities for column in _columns(entity)],
        features=features,
        is_static=is_static,
    )
    _warn_of_lost_corrections(draft, spec.about.name, transformation)
    return Content(
        entities=entities,
        features=features,
        transformation=transformation,
        validations=tuple(_validation(validation) for validation in spec.validations),
        ttl=spec.ttl,
        delay=spec.delay,
        is_static=is_static,
    )


def checked_sql(
    draft: Draft,
    places: Places,
    part: SqlTransformationPart,
    columns: Sequence[FileColumn],
    *,
    keys: Sequence[ColumnPart],
    features: Sequence[FeaturePart],
    is_static: bool,
) -> SqlTransformationPart:
    """The transformation with what it gives; adds a problem for each column that does not fit."""
    check = OutputCheck(draft.problems, places, columns)
    check.run(keys, features, is_static=is_static)
    return part.model_copy(
        update={
            "outputs": tuple(check.outputs),
            "has_created": any(column.name == CREATED for column in columns),
            "fingerprint": fingerprint(transformation_meaning(part.sql, part.sources, part.lookback)),
        }
    )


async def _frozen(draft: Draft, spec: ViewSpec, sources: Sequence[DataSourceDocument]) -> tuple[SourcePart, ...]:
    """As before where the SQL stands and what was frozen holds."""
    latest = draft.registry.latest(spec.about.name)
    if latest is None:
        return tuple(source.frozen() for source in sources)
    held = latest.transformation
    names = {source.name for source in sources}
    if held.sql != spec.sql.sql or {part.name for part in held.sources} != names:
        return tuple(source.frozen() for source in sources)
    parts = await refrozen(held, {source.name: source for source in sources}, draft.answers)
    by_name = {part.name: part for part in parts}
    return tuple(by_name[source.name] for source in sources)


def _entities(draft: Draft, specs: Sequence[ViewEntitySpec]) -> tuple[ViewEntityPart, ...] | None:
    """None where one cannot be told."""
    parts: list[ViewEntityPart] = []
    complete = True
    for spec in specs:
        entity = draft.entities.get(spec.entity)
        if entity is None:
            complete = False
            if spec.entity not in draft.entities:
                hint = nearest(spec.entity, draft.entities)
                draft.problems.add(spec.path, f"There is no entity {spec.entity!r}.", hint)
            continue
        known = [key.name for key in entity.join_keys]
        for name in spec.keys:
            if name not in known:
                message = f"The entity {spec.entity} has no join key {name!r}."
                draft.problems.add(f"{spec.path}.keys.{name}", message, nearest(name, known))
        keys = tuple(
            ViewKeyPart(name=spec.keys.get(key.name, key.name), join_key=key.name, value_type=key.value_type)
            for key in entity.join_keys
        )
        parts.append(ViewEntityPart(entity_id=entity.id, entity_name=entity.name, keys=keys))
    return tuple(parts) if complete else None


def _sources(draft: Draft, spec: ViewSpec) -> list[DataSourceDocument] | None:
    """None where one cannot be told, or none is named."""
    found: list[DataSourceDocument] = []
    for path, name in spec.sql.sources:
        source = draft.sources.get(name)
        if source is not None:
            found.append(source)
        elif name in draft.sources:
            continue
        elif name in draft.latest or name in draft.parsed.views:
            hint = "Read the data sources of the view for now."
            draft.problems.add(path, f"{name!r} is a view; views as sources are not available yet.", hint)
        else:
            draft.problems.add(path, f"There is no data source {name!r}.", nearest(name, draft.sources))
    return found if found and len(found) == len(spec.sql.sources) else None


def _refuse_clashes(draft: Draft, spec: ViewSpec, keys: Sequence[ViewKeyPart]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key.name in seen:
            hint = f"Give one its own name: {{entity: …, keys: {{{key.join_key}: …}}}}."
            draft.problems.add(f"{spec.about.path}.entities", f"The join key {key.name!r} comes twice.", hint)
        elif key.name in (EVENT, CREATED):
            message = f"{key.name!r} is the name of a timestamp of the row and can be no join key."
            draft.problems.add(f"{spec.about.path}.entities", message, "Give the join key another name with keys.")
        seen.add(key.name)
    for feature in spec.features:
        if feature.name in seen:
            message = f"{feature.name!r} is a join key of the view."
            draft.problems.add(f"{feature.path}.name", message, "Give the feature another name.")


def _refuse_times(draft: Draft, spec: ViewSpec) -> None:
    """A static view has no time that these could speak of."""
    message = "The view is static, since no source has a time: it has no {}."
    for key in _STATIC_REFUSES:
        if spec.about.raw.get(key) is not None:
            draft.problems.add(f"{spec.about.path}.{key}", message.format(key), "Leave it out.")
    transformation = cast(Mapping[str, object], spec.about.raw["transformation"])
    if transformation.get("lookback") is not None:
        draft.problems.add(f"{spec.sql.path}.lookback", message.format("lookback"), "Leave it out.")


def _warn_of_lost_corrections(draft: Draft, view: str, transformation: SqlTransformationPart) -> None:
    for source in transformation.sources:
        if source.created_timestamp is not None and not transformation.has_created:
            draft.warnings.append(
                f"{view}: the source {source.name} says when a row became known ({source.created_timestamp}), but the "
                "SQL gives no created_timestamp: corrections will leak into the time before they were made."
            )


def _columns(entity: ViewEntityPart) -> list[ColumnPart]:
    return [ColumnPart(name=key.name, value_type=key.value_type) for key in entity.keys]


def _feature(spec: FeatureSpec) -> FeaturePart:
    return FeaturePart(
        name=spec.name, value_type=spec.value_type, description=spec.description, owner=spec.owner, tags=spec.tags
    )


def _validation(spec: ValidationSpec) -> ValidationPart:
    return ValidationPart(
        name=spec.name,
        description=spec.description,
        feature=spec.feature,
        check=spec.check,
        parameters=dict(spec.parameters),
        severity=spec.severity,
    )

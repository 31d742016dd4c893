"""Push views: what may be pushed, and the source of their history."""

from collections.abc import Sequence

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.duck_types import fits, value_type_of
from graphql_api.definitions.frozen import refrozen, uses_of_names
from graphql_api.definitions.made import (
    Made,
    data_source,
    declared_features,
    fingerprinted,
    keys_of,
    outputs_of,
    refuse_untimed,
)
from graphql_api.definitions.problems import nearest
from graphql_api.definitions.specs import PushSpec, ViewSpec
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.data_sources import DataSourceDocument, SourcePart
from graphql_api.documents.feature_views import PushTransformationPart, ViewEntityPart

_READER = "a push view"


async def resolve_push(
    draft: Draft, spec: ViewSpec, push: PushSpec, entities: tuple[ViewEntityPart, ...] | None
) -> Made | None:
    path = f"{push.path}.push.source"
    features = declared_features(spec.features)
    keys = keys_of(entities or ())
    source = data_source(draft, path, push.source, _READER) if push.source is not None else None
    if push.source is not None and source is None:
        return None
    frozen: tuple[SourcePart, ...] = ()
    if source is not None:
        refuse_untimed(draft, path, source, _READER)
        columns = [ColumnPart(name=one.name, value_type=one.value_type) for one in (*keys, *features)]
        _refuse_misfits(draft, path, source, columns)
        frozen = await _frozen(draft, spec, source, columns)
    transformation = PushTransformationPart(
        description=push.description, sources=frozen, outputs=outputs_of(keys, features), fingerprint=""
    )
    return Made(entities or (), features, fingerprinted(transformation), spec.validations)


def _refuse_misfits(draft: Draft, path: str, source: DataSourceDocument, wanted: Sequence[ColumnPart]) -> None:
    types = {column.name: column.data_type for column in source.columns}
    for column in wanted:
        data_type = types.get(column.name)
        if data_type is None:
            message = f"The source {source.name} has no column {column.name!r}, which the view has."
            draft.problems.add(path, message, nearest(column.name, types))
        elif not fits(data_type, column.value_type):
            own = value_type_of(data_type)
            message = f"The column {column.name!r} of {source.name} is {data_type}, which is no {column.value_type}."
            hint = f"Declare {own}, or write the files otherwise." if own is not None else "Write the files otherwise."
            draft.problems.add(path, message, hint)


async def _frozen(
    draft: Draft, spec: ViewSpec, source: DataSourceDocument, columns: Sequence[ColumnPart]
) -> tuple[SourcePart, ...]:
    """As before where what was frozen holds, for the columns that are loaded."""
    latest = draft.registry.latest(spec.about.name)
    held = latest.transformation if latest is not None else None
    names = [column.name for column in columns]
    if not isinstance(held, PushTransformationPart) or [part.name for part in held.sources] != [source.name]:
        return (source.frozen(),)
    if not {column.name for column in held.sources[0].columns} >= set(names):
        return (source.frozen(),)
    return await refrozen(held.sources, {source.name: source}, uses_of_names(names))

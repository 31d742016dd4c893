"""Aggregations over a source: what each function takes, and what it gives."""

from collections.abc import Mapping, Sequence

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.frozen import Uses, columns_of, refrozen
from graphql_api.definitions.made import (
    Made,
    data_source,
    fingerprinted,
    inferred_features,
    keys_of,
    outputs_of,
    refuse_untimed,
)
from graphql_api.definitions.parse_common import definition_reader
from graphql_api.definitions.parse_validations import parse_validations
from graphql_api.definitions.problems import nearest
from graphql_api.definitions.resolve_checks import ask_condition
from graphql_api.definitions.specs import AggregationEntrySpec, AggregationSpec, ValidationSpec, ViewSpec
from graphql_api.documents.data_sources import DataSourceDocument, SourcePart
from graphql_api.documents.feature_views import (
    AggregationPart,
    AggregationTransformationPart,
    FeaturePart,
    ViewEntityPart,
)
from graphql_api.domain.enums import AggregateFunction, DefinitionKind
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import SqlProblem

_COUNTS = (AggregateFunction.COUNT, AggregateFunction.COUNT_DISTINCT)
_OF_THE_COLUMN = (AggregateFunction.MIN, AggregateFunction.MAX, AggregateFunction.FIRST, AggregateFunction.LAST)
_NUMBERS = (ValueType.INT64, ValueType.FLOAT64)
_READER = "an aggregation view"


async def resolve_aggregations(
    draft: Draft, spec: ViewSpec, made: AggregationSpec, entities: tuple[ViewEntityPart, ...] | None
) -> Made | None:
    path = made.source_path
    source = data_source(draft, path, made.source, _READER) if made.source is not None else None
    _refuse_clashes(draft, made, entities or ())
    if source is None:
        names = (*(entry.feature for entry in made.aggregations), *made.unclear)
        _features(draft, spec, made, dict.fromkeys(names))
        return None
    refuse_untimed(draft, path, source, _READER)
    aggregations = tuple(_part(entry) for entry in made.aggregations)
    frozen = await _frozen(draft, spec, made, aggregations, source)
    types: dict[str, ValueType | None] = {entry.feature: _type(draft, entry, frozen) for entry in made.aggregations}
    for entry in made.aggregations:
        if entry.filter is not None:
            await ask_condition(draft, f"{entry.path}.filter", entry.filter, columns_of(frozen), "filter")
    features, validations = _features(draft, spec, made, types | dict.fromkeys(made.unclear))
    transformation = AggregationTransformationPart(
        description=made.description,
        sources=(frozen,),
        every=made.every,
        offset=made.offset,
        aggregations=aggregations,
        outputs=outputs_of(keys_of(entities or ()), features),
        fingerprint="",
    )
    return Made(entities or (), features, fingerprinted(transformation), validations)


def _features(
    draft: Draft, spec: ViewSpec, made: AggregationSpec, types: Mapping[str, ValueType | None]
) -> tuple[tuple[FeaturePart, ...], tuple[ValidationSpec, ...]]:
    """With what the document says of them."""
    features = inferred_features(draft, spec.features, types, by="function", complete=made.names_told)
    view = definition_reader(spec.about.raw, spec.about.path, draft.problems, DefinitionKind.FEATURE_VIEW)
    return features, parse_validations(view, types, complete=made.names_told)


def _part(entry: AggregationEntrySpec) -> AggregationPart:
    return AggregationPart(
        feature=entry.feature,
        function=entry.function,
        column=entry.column,
        window=entry.window,
        filter=entry.filter,
    )


def _refuse_clashes(draft: Draft, made: AggregationSpec, entities: Sequence[ViewEntityPart]) -> None:
    keys = {key.name for key in keys_of(entities)}
    for entry in made.aggregations:
        if entry.feature in keys:
            message = f"{entry.feature!r} is a join key of the view."
            draft.problems.add(f"{entry.path}.feature", message, "Give the feature another name.")


def _type(draft: Draft, entry: AggregationEntrySpec, source: SourcePart) -> ValueType | None:
    """Of the feature; None after a problem."""
    if entry.column is None:
        return ValueType.INT64 if entry.function is AggregateFunction.COUNT else None
    columns = {column.name: column for column in source.columns}
    column = columns.get(entry.column)
    path = f"{entry.path}.column"
    if column is None:
        message = f"The source {source.name} has no column {entry.column!r}."
        draft.problems.add(path, message, nearest(entry.column, columns))
        return None
    if entry.function in _COUNTS:
        return ValueType.INT64
    if entry.function in _OF_THE_COLUMN:
        if column.value_type is None:
            message = f"{entry.function} of {column.name!r} would be {column.data_type}, which no feature can hold."
            draft.problems.add(path, message, "Cast it with SQL in a view of its own.")
        return column.value_type
    if column.value_type not in _NUMBERS:
        numbers = [one.name for one in source.columns if one.value_type in _NUMBERS]
        message = f"{entry.function} takes numbers, and {column.name!r} is {column.data_type}."
        draft.problems.add(path, message, f"Columns with numbers: {', '.join(numbers) or 'none'}.")
        return None
    return column.value_type if entry.function is AggregateFunction.SUM else ValueType.FLOAT64


async def _frozen(
    draft: Draft,
    spec: ViewSpec,
    made: AggregationSpec,
    aggregations: tuple[AggregationPart, ...],
    source: DataSourceDocument,
) -> SourcePart:
    """As before where the aggregations stand and what was frozen holds."""
    latest = draft.registry.latest(spec.about.name)
    held = latest.transformation if latest is not None else None
    if (
        not isinstance(held, AggregationTransformationPart)
        or (held.every, held.offset, held.aggregations) != (made.every, made.offset, aggregations)
        or held.sources[0].name != source.name
    ):
        return source.frozen()
    (part,) = await refrozen(held.sources, {source.name: source}, _uses(draft, held))
    return part


def _uses(draft: Draft, held: AggregationTransformationPart) -> Uses:
    named = {one.column for one in held.aggregations}
    filters = {one.filter for one in held.aggregations if one.filter is not None}

    async def uses(part: SourcePart, name: str) -> bool:
        without = [column for column in columns_of(part) if column.name != name]
        refused = [await draft.answers.expression(one, without) for one in sorted(filters)]
        return name in named or any(isinstance(answer, SqlProblem) for answer in refused)

    return uses

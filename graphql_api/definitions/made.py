"""What the resolving of a view's transformation gives, whatever its kind, and what the kinds share in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from graphql_api.definitions.canonical import fingerprint
from graphql_api.definitions.content import transformation_meaning
from graphql_api.definitions.draft import Draft
from graphql_api.definitions.problems import nearest
from graphql_api.definitions.reading import CREATED, EVENT
from graphql_api.definitions.specs import FeatureSpec, ValidationSpec
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.feature_views import AnyTransformationPart, FeaturePart, ViewEntityPart, ViewKeyPart
from graphql_api.domain.types import ValueType

PartT = TypeVar("PartT", bound=AnyTransformationPart)


@dataclass(frozen=True, slots=True)
class Made:
    entities: tuple[ViewEntityPart, ...]
    features: tuple[FeaturePart, ...]
    transformation: AnyTransformationPart
    validations: tuple[ValidationSpec, ...]
    is_static: bool = False
    features_fit: bool = True
    """Nothing that is wrong lets one doubt the features."""


def fingerprinted(part: PartT) -> PartT:
    return part.model_copy(update={"fingerprint": fingerprint(transformation_meaning(part))})


def keys_of(entities: Sequence[ViewEntityPart]) -> tuple[ViewKeyPart, ...]:
    return tuple(key for entity in entities for key in entity.keys)


def outputs_of(keys: Sequence[ViewKeyPart], features: Sequence[FeaturePart]) -> tuple[ColumnPart, ...]:
    """The columns of rows that have a time."""
    times = [ColumnPart(name=name, value_type=ValueType.TIMESTAMP) for name in (EVENT, CREATED)]
    named = [ColumnPart(name=one.name, value_type=one.value_type) for one in (*keys, *features)]
    return (*named[: len(keys)], *times, *named[len(keys) :])


def feature_part(spec: FeatureSpec, value_type: ValueType) -> FeaturePart:
    return FeaturePart(
        name=spec.name, value_type=value_type, description=spec.description, owner=spec.owner, tags=spec.tags
    )


def declared_features(specs: Sequence[FeatureSpec]) -> tuple[FeaturePart, ...]:
    """Where the document says the types."""
    return tuple(feature_part(spec, spec.value_type) for spec in specs if spec.value_type is not None)


def inferred_features(
    draft: Draft, specs: Sequence[FeatureSpec], types: Mapping[str, ValueType | None], *, by: str, complete: bool = True
) -> tuple[FeaturePart, ...]:
    """In the order of `types`, which follow from the transformation: None where one cannot be told. `by`: what they
    follow from. `complete`: there are no others."""
    said = {spec.name: spec for spec in specs}
    for spec in specs:
        if spec.name not in types:
            if complete:
                hint = nearest(spec.name, types)
                draft.problems.add(f"{spec.path}.name", f"The view makes no feature {spec.name!r}.", hint)
            continue
        own = types[spec.name]
        if spec.value_type is not None and own is not None and spec.value_type is not own:
            message = f"{spec.name!r} is {own} by its {by}, and not {spec.value_type}."
            draft.problems.add(f"{spec.path}.type", message, "Leave it out: the type follows.")
    return tuple(
        feature_part(said[name], value_type) if name in said else FeaturePart(name=name, value_type=value_type)
        for name, value_type in types.items()
        if value_type is not None
    )


def data_source(draft: Draft, path: str, name: str, reader: str) -> DataSourceDocument | None:
    """The source of a view that reads one alone; None after a problem, and where it has one."""
    if name in draft.sources:
        return draft.sources[name]
    if name.partition("@")[0] in draft.sources:
        draft.problems.add(
            path, f"{name!r} names a version: a data source has none.", f"Write {name.partition('@')[0]}."
        )
    elif name.partition("@")[0] in {*draft.latest, *draft.parsed.views}:
        message = f"{name!r} is a view, and {reader} reads a data source."
        draft.problems.add(path, message, "Name the data source, or select from the view with SQL.")
    else:
        draft.problems.add(path, f"There is no data source {name!r}.", nearest(name, draft.sources))
    return None


def refuse_untimed(draft: Draft, path: str, source: DataSourceDocument, reader: str) -> None:
    if source.event_timestamp is None:
        message = f"{source.name} has no event timestamp, and {reader} needs the time of each row."
        draft.problems.add(path, message, "Say eventTimestamp in the data source.")

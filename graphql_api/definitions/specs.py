"""Definitions as parsed: each value checked by itself, nothing looked up yet. `path` leads to where it is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql_api.documents.base import ColumnPart, TagPart
from graphql_api.domain.enums import (
    AggregateFunction,
    DefinitionKind,
    PublishMode,
    ValidationCheck,
    ValidationSeverity,
)
from graphql_api.domain.references import Reference
from graphql_api.domain.types import ValueType


@dataclass(frozen=True, slots=True)
class Described:
    """What all kinds share. `raw` is the spec as it is written."""

    path: str
    kind: DefinitionKind
    raw: Mapping[str, object]
    name: str
    description: str
    owner: str | None
    tags: tuple[TagPart, ...]


@dataclass(frozen=True, slots=True)
class EntitySpec:
    about: Described
    join_keys: tuple[ColumnPart, ...]


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    path: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """`columns` None: they are learnt from the files."""

    about: Described
    uris: tuple[tuple[str, str], ...]
    columns: tuple[DeclaredColumn, ...] | None
    event_timestamp: str | None
    created_timestamp: str | None
    timezone: str | None


@dataclass(frozen=True, slots=True)
class ViewEntitySpec:
    path: str
    entity: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """`value_type` None: it follows from the transformation."""

    path: str
    name: str
    value_type: ValueType | None
    description: str
    owner: str | None
    tags: tuple[TagPart, ...]


@dataclass(frozen=True, slots=True)
class ValidationSpec:
    path: str
    name: str
    description: str
    feature: str | None
    check: ValidationCheck
    parameters: Mapping[str, object]
    severity: ValidationSeverity


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One of `sources` or `views`, by the name or the reference that is written."""

    path: str
    written: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class SqlSpec:
    """`sql` is empty after a problem."""

    path: str
    description: str
    sources: tuple[InputSpec, ...]
    sql: str
    lookback: int

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        """What may be views."""
        return self.sources


@dataclass(frozen=True, slots=True)
class AggregationEntrySpec:
    path: str
    feature: str
    function: AggregateFunction
    column: str | None
    window: int
    filter: str | None


@dataclass(frozen=True, slots=True)
class AggregationSpec:
    """`source` None after a problem. `unclear`: features of entries that have one."""

    path: str
    description: str
    source: str | None
    every: int
    offset: int
    aggregations: tuple[AggregationEntrySpec, ...]
    unclear: tuple[str, ...]
    inputs: tuple[InputSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpressionSpec:
    path: str
    feature: str
    expression: str
    value_type: ValueType | None


@dataclass(frozen=True, slots=True)
class RequestValueSpec:
    path: str
    name: str
    value_type: ValueType


@dataclass(frozen=True, slots=True)
class OnDemandSpec:
    """`unclear`: features of entries that have a problem."""

    path: str
    description: str
    views: tuple[InputSpec, ...]
    request: tuple[RequestValueSpec, ...]
    expressions: tuple[ExpressionSpec, ...]
    unclear: tuple[str, ...]

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        return self.views


@dataclass(frozen=True, slots=True)
class PushSpec:
    """`source` None: there is no history to load."""

    path: str
    description: str
    source: str | None
    inputs: tuple[InputSpec, ...] = ()


TransformationSpec = SqlSpec | AggregationSpec | OnDemandSpec | PushSpec


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """Durations and `since` in microseconds. `transformation` None after a problem. `features` are what is said of
    them where types follow from the transformation; then `validations` are left as they are written, in `about`."""

    about: Described
    entities: tuple[ViewEntitySpec, ...]
    transformation: TransformationSpec | None
    features: tuple[FeatureSpec, ...]
    validations: tuple[ValidationSpec, ...]
    ttl: int | None
    delay: int
    since: int | None
    schedule: str | None
    publish: PublishMode
    reprocess: int | None
    freshness: int | None
    change_note: str


@dataclass(frozen=True, slots=True)
class EntrySpec:
    """One entry of a service. `features` None: all of the version's."""

    path: str
    written: object
    reference: Reference
    alias: str | None
    keys: Mapping[str, str]
    features: tuple[tuple[str, str], ...] | None

    @property
    def meaning(self) -> tuple[object, ...]:
        """Two entries of one meaning are the same entry, however they are written."""
        names = None if self.features is None else tuple(name for _, name in self.features)
        return (self.reference.name, self.reference.version, names, self.alias, tuple(sorted(self.keys.items())))


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    about: Described
    entries: tuple[EntrySpec, ...]


Spec = EntitySpec | SourceSpec | ViewSpec | ServiceSpec

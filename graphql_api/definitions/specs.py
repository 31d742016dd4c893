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
    """`is_told`: nothing about the join keys is unclear."""

    about: Described
    join_keys: tuple[ColumnPart, ...]
    is_told: bool


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    path: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """`columns` None: they are learnt from the files. `is_told`: nothing about these, the places and the timestamps is
    unclear."""

    about: Described
    uris: tuple[tuple[str, str], ...]
    columns: tuple[DeclaredColumn, ...] | None
    event_timestamp: str | None
    created_timestamp: str | None
    timezone: str | None
    is_told: bool


@dataclass(frozen=True, slots=True)
class ViewEntitySpec:
    """`keys_told`: nothing about the keys is unclear."""

    path: str
    entity: str
    keys: Mapping[str, str]
    keys_told: bool


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """`value_type` None: it follows from the transformation, or there is a problem with it."""

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
    """`sql` is empty after a problem. `line`: how many lines of the document's text come before it."""

    path: str
    description: str
    sources: tuple[InputSpec, ...]
    sql: str
    sql_path: str
    line: int
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
    """`source` None after a problem. `unclear`: features of entries that have one. `names_told`: there are no features
    but these."""

    path: str
    description: str
    source: str | None
    source_path: str
    every: int
    offset: int
    aggregations: tuple[AggregationEntrySpec, ...]
    unclear: tuple[str, ...]
    names_told: bool
    inputs: tuple[InputSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpressionSpec:
    """`value_type` None: that of the expression. `type_told`: there is no problem with it."""

    path: str
    feature: str
    expression: str
    value_type: ValueType | None
    type_told: bool


@dataclass(frozen=True, slots=True)
class RequestValueSpec:
    """`value_type` None after a problem."""

    path: str
    name: str
    value_type: ValueType | None


@dataclass(frozen=True, slots=True)
class OnDemandSpec:
    """`unclear`: features of entries that have a problem. `views_told`, `request_told`, `names_told`: there are no
    views, request columns and features but these."""

    path: str
    description: str
    views: tuple[InputSpec, ...]
    views_told: bool
    request: tuple[RequestValueSpec, ...]
    request_told: bool
    expressions: tuple[ExpressionSpec, ...]
    unclear: tuple[str, ...]
    names_told: bool

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
    them where types follow from the transformation; then `validations` are left as they are written, in `about`.
    `unclear`: texts in the place of a feature's name that are none. `entities_told`, `features_told`: there are no
    entities, and no names of features, but these."""

    about: Described
    entities: tuple[ViewEntitySpec, ...]
    entities_told: bool
    transformation: TransformationSpec | None
    features: tuple[FeatureSpec, ...]
    unclear: tuple[str, ...]
    features_told: bool
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
    """One entry of a service. `features` None: all of the version's. `columns_told`, `keys_told`: there is no problem
    with what its columns are called, and with its keys."""

    path: str
    written: object
    reference: Reference
    alias: str | None
    keys: Mapping[str, str]
    features: tuple[tuple[str, str], ...] | None
    columns_told: bool = True
    keys_told: bool = True

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

"""Definitions as parsed: each value checked by itself, nothing looked up yet. `path` leads to where it is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql_api.documents.base import ColumnPart, TagPart
from graphql_api.domain.enums import DefinitionKind, PublishMode, ValidationCheck, ValidationSeverity
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
    path: str
    name: str
    value_type: ValueType
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
class SqlSpec:
    path: str
    description: str
    sources: tuple[tuple[str, str], ...]
    sql: str
    lookback: int


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """Durations and `since` in microseconds."""

    about: Described
    entities: tuple[ViewEntitySpec, ...]
    sql: SqlSpec
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

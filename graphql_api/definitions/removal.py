"""What is to be deleted: decided here, done in one transaction with whatever else changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql_api.documents.base import ID
from graphql_api.domain.enums import DefinitionKind


@dataclass(frozen=True, slots=True)
class Removal:
    """Ids of documents: `views` go with all their versions, runs and data, `services` are single versions.

    `numbers`: the last one that each name has used, which stays used."""

    entities: tuple[ID, ...] = ()
    sources: tuple[ID, ...] = ()
    views: tuple[ID, ...] = ()
    services: tuple[ID, ...] = ()
    numbers: Mapping[tuple[DefinitionKind, str], int] = field(default_factory=dict[tuple[DefinitionKind, str], int])

"""What applying definitions would do: for people (`Plan`), and for whoever does it (`Planned`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from beanie import Document

from graphql_api.definitions.removal import Removal
from graphql_api.documents.base import ID
from graphql_api.domain.enums import ChangeKind, DefinitionKind


@dataclass(frozen=True, slots=True)
class Change:
    """`path` within the object: `features.flights_7d.type`. `breaking`: who relies on the object may fail."""

    kind: ChangeKind
    path: str
    before: object
    after: object
    breaking: bool = False


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """`dependents`: references of what depends on the object. `creates_version`: the reference of the next version;
    `of_version`: of the one that is published, deprecated or archived."""

    change: ChangeKind
    kind: DefinitionKind
    name: str
    changes: tuple[Change, ...]
    dependents: tuple[str, ...] = ()
    creates_version: str | None = None
    of_version: str | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """A pinned view version that could move: `dependent` holds `reference`, while `newest` is there."""

    dependent: str
    reference: str
    newest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """No changes: the registry matches already."""

    changes: tuple[PlannedChange, ...]
    behind: tuple[Behind, ...]
    warnings: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class NewCopy:
    """A copy of data to make, for a version that is to be written: its id is given when it is."""

    view_id: ID
    version_id: ID
    fingerprint: str
    layout: tuple[str, ...]


D = TypeVar("D", bound=Document)


@dataclass
class Writes:
    """Whole documents, by id: those that are new, and those that take the place of what is there."""

    new: dict[object, Document] = field(default_factory=dict[object, Document])
    changed: dict[object, Document] = field(default_factory=dict[object, Document])
    copies: list[NewCopy] = field(default_factory=list[NewCopy])

    def insert(self, document: D) -> D:
        self.new[document.id] = document
        return document

    def replace(self, document: D) -> D:
        """A document that is itself new stays new."""
        (self.new if document.id in self.new else self.changed)[document.id] = document
        return document


@dataclass(frozen=True, slots=True)
class Planned:
    """`revision`: of the project when all that this rests on was read.

    `made`: view versions that are new. `wanting`: latest versions of views, of this plan, that need a run.
    `cancelled`: runs of superseded drafts whose data nobody goes on with. `labelled`: documents that stay as they are,
    but for the `label` that they were last applied under."""

    plan: Plan
    revision: int
    writes: Writes
    made: tuple[ID, ...]
    wanting: tuple[ID, ...]
    cancelled: tuple[ID, ...]
    published: Mapping[str, int]
    labelled: Mapping[type[Document], tuple[ID, ...]] = field(default_factory=dict[type[Document], tuple[ID, ...]])
    label: str | None = None
    removal: Removal = field(default_factory=Removal)

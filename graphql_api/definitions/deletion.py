"""What goes with an object that is deleted, and who keeps it from going. Several may go at once: they do not hold
each other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graphql_api.definitions.diff import diff
from graphql_api.definitions.plan import Change, PlannedChange
from graphql_api.definitions.problems import listed
from graphql_api.definitions.removal import Removal
from graphql_api.definitions.usage import Usage, User
from graphql_api.documents.base import ID, Described
from graphql_api.domain.enums import ChangeKind, DefinitionKind
from graphql_api.errors import BlockedByDependents


@dataclass(frozen=True, slots=True)
class Doomed:
    """An object to delete. `versions`: those of a view or a service; `number`: of a service, this one alone."""

    kind: DefinitionKind
    document: Described
    versions: tuple[User, ...] = ()
    number: int | None = None

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def reference(self) -> str:
        return self.name if self.number is None else f"{self.name}@{self.number}"

    @property
    def things(self) -> frozenset[ID]:
        """What others may use of it."""
        return frozenset(version.id for version in self.versions) or frozenset({self.document.id})

    @property
    def last_number(self) -> int:
        return max(version.number for version in self.versions)


def doomed(kind: DefinitionKind, document: Described, usage: Usage) -> Doomed:
    """The object whole."""
    match kind:
        case DefinitionKind.FEATURE_VIEW:
            versions = usage.versions_of([document.id])
        case DefinitionKind.FEATURE_SERVICE:
            versions = usage.services(document.name)
        case DefinitionKind.ENTITY | DefinitionKind.DATA_SOURCE:
            versions = []
    return Doomed(kind, document, tuple(versions))


def removal_of(goes: Sequence[Doomed]) -> Removal:
    def ids(kind: DefinitionKind) -> tuple[ID, ...]:
        return tuple(one.document.id for one in goes if one.kind is kind)

    services = [one for one in goes if one.kind is DefinitionKind.FEATURE_SERVICE]
    return Removal(
        entities=ids(DefinitionKind.ENTITY),
        sources=ids(DefinitionKind.DATA_SOURCE),
        views=ids(DefinitionKind.FEATURE_VIEW),
        services=tuple(version.id for service in services for version in service.versions),
        numbers={(one.kind, one.name): one.last_number for one in goes if one.versions},
    )


def dependents_of(goes: Sequence[Doomed], usage: Usage) -> tuple[str, ...]:
    """References of what rests on them and stays, and global ids of their runs in progress."""
    removal = removal_of(goes)
    things = {thing for one in goes for thing in one.things}
    beside = {*removal.views, *removal.services}
    return (*usage.dependents(things, beside=beside), *usage.runs_of(removal.views))


def blocked(what: str, dependents: Collection[str], runs: Collection[str]) -> BlockedByDependents:
    """`runs`: those of the dependents that are runs in progress."""
    names = [f"the run {one} (in progress)" if one in runs else one for one in dependents]
    verb = "depends" if len(names) == 1 else "depend"
    return BlockedByDependents(f"{what} cannot be deleted: {listed(names)} {verb} on it.", list(dependents))


def as_change(one: Doomed, usage: Usage) -> PlannedChange:
    """`dependents` are told whether they stay or go too."""
    if one.number is not None:
        gone = Change(ChangeKind.REMOVED, f"versions.{one.number}", dict(one.document.spec), None, breaking=True)
        return PlannedChange(ChangeKind.CHANGED, one.kind, one.name, (gone,))
    dependents = usage.dependents(one.things, beside={version.id for version in one.versions})
    return PlannedChange(ChangeKind.REMOVED, one.kind, one.name, _all_gone(one.document.spec), tuple(dependents))


def _all_gone(spec: Mapping[str, object]) -> tuple[Change, ...]:
    return tuple(
        Change(change.kind, change.path, change.before, change.after, breaking=True) for change in diff(spec, {})
    )

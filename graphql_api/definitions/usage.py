"""Who uses what in a project's registry: what must stay as long as others rest on it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from graphql_api.documents.base import ID
from graphql_api.domain.enums import DefinitionKind, RunState, VersionState
from graphql_api.domain.global_ids import global_id

_READS = ("source_id", "version_id")
"""What the parts of a transformation call that which they read."""


@dataclass(frozen=True, slots=True)
class User:
    """A version of a view, of a service or of a training data set, and the ids of what it uses: entities, sources,
    versions of views and of services.

    `kind` None: of a training data set. `view_id`: of a view. `is_over`: it has done with what it uses, so that this
    may be archived, but not deleted. `is_past`: an archived version that is not how its view is defined; it uses
    nothing unless something else rests on it."""

    id: ID
    kind: DefinitionKind | None
    name: str
    number: int
    uses: frozenset[ID]
    view_id: ID | None = None
    is_over: bool = False
    is_past: bool = False

    @property
    def reference(self) -> str:
        written = f"{self.name}@{self.number}"
        return f"training data set {written}" if self.kind is None else written


@dataclass(frozen=True, slots=True)
class RunUnderWay:
    id: ID
    view_id: ID

    @property
    def reference(self) -> str:
        return global_id("Materialization", self.id)


@dataclass(frozen=True)
class Usage:
    """All versions of a project's views, services and training data sets, and its runs in progress."""

    users: Mapping[ID, User] = field(default_factory=dict[ID, User])
    runs: Sequence[RunUnderWay] = ()

    def versions_of(self, view_ids: Collection[ID]) -> list[User]:
        return [user for user in self.users.values() if user.view_id in view_ids]

    def services(self, name: str) -> list[User]:
        """Versions of a service."""
        return [
            user for user in self.users.values() if user.kind is DefinitionKind.FEATURE_SERVICE and user.name == name
        ]

    def dependents(self, things: Iterable[ID], *, beside: Collection[ID] = (), archived: bool = True) -> list[str]:
        """References of what uses one of `things`, directly or through others: views, services, training data sets.

        Those in `beside` (ids of views, and of versions of services) do not count: they go too. Without `archived`,
        none that is over counts."""
        found: dict[ID, User] = {}
        reached = set(things)
        while reached:
            users = [user for user in self._using(reached, beside, archived) if user.id not in found]
            found |= {user.id: user for user in users}
            reached = {user.id for user in users}
        return [user.reference for user in sorted(found.values(), key=_place)]

    def runs_of(self, view_ids: Collection[ID]) -> list[str]:
        """Global ids of the runs of these views that are under way."""
        return sorted(run.reference for run in self.runs if run.view_id in view_ids)

    def _using(self, things: Collection[ID], beside: Collection[ID], archived: bool) -> Iterator[User]:
        for user in self._living:
            goes = user.id in beside or user.view_id in beside
            is_over = user.is_over and not archived
            if not (goes or is_over or user.uses.isdisjoint(things)):
                yield user

    @cached_property
    def _living(self) -> list[User]:
        """What is over uses nothing any more, unless something that is not over rests on it."""
        living = {user.id: user for user in self.users.values() if not user.is_past}
        reached = list(living.values())
        while reached:
            used = {used for user in reached for used in user.uses} - living.keys()
            reached = [self.users[one] for one in used if one in self.users]
            living |= {user.id: user for user in reached}
        return list(living.values())


def user_of_version(raw: Mapping[str, Any], version_id: ID, *, newest: bool) -> User:
    """`raw`: a version of a view as it is stored."""
    entities = (entity["entity_id"] for entity in raw["entities"])
    state = VersionState(raw["state"])
    return User(
        id=version_id,
        kind=DefinitionKind.FEATURE_VIEW,
        name=raw["view_name"],
        number=raw["number"],
        uses=frozenset([*entities, *_read_by(raw["transformation"])]),
        view_id=raw["view_id"],
        is_over=state is VersionState.ARCHIVED,
        is_past=state is VersionState.ARCHIVED and not newest,
    )


def _read_by(part: object) -> Iterator[ID]:
    if isinstance(part, Mapping):
        for name, value in cast("Mapping[str, object]", part).items():
            if name in _READS and value is not None:
                yield cast("ID", value)
            else:
                yield from _read_by(value)
    elif isinstance(part, list | tuple):
        for item in cast("Sequence[object]", part):
            yield from _read_by(item)


def user_of_service(raw: Mapping[str, Any], service_id: ID) -> User:
    return User(
        id=service_id,
        kind=DefinitionKind.FEATURE_SERVICE,
        name=raw["name"],
        number=raw["number"],
        uses=frozenset(entry["version_id"] for entry in raw["entries"]),
    )


def user_of_dataset(raw: Mapping[str, Any]) -> User:
    """`raw`: a training data set as it is stored. One that is built has done with what it was made of, but names it."""
    source = cast("Mapping[str, ID] | None", raw["spine"].get("source"))
    used: list[ID | None] = [raw.get("service_id"), source["source_id"] if source else None]
    used += (entry["version_id"] for entry in raw["entries"])
    return User(
        id=raw["_id"],
        kind=None,
        name=raw["name"],
        number=raw["version"],
        uses=frozenset(one for one in used if one is not None),
        is_over=RunState(raw["state"]).is_terminal,
    )


_ORDER = (DefinitionKind.FEATURE_VIEW, DefinitionKind.FEATURE_SERVICE, None)


def _place(user: User) -> tuple[int, str, int]:
    return (_ORDER.index(user.kind), user.name, user.number)

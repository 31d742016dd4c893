"""A service's entries -> pinned versions, and the names of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.parse_services import parse_entry
from graphql_api.definitions.problems import Problems, nearest
from graphql_api.definitions.remedies import instead_of
from graphql_api.definitions.specs import EntrySpec
from graphql_api.documents.base import ID
from graphql_api.documents.feature_services import (
    FeatureServiceDocument,
    KeyMappingPart,
    RequestColumnPart,
    ServiceEntryPart,
)
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.enums import DefinitionKind, VersionState
from graphql_api.domain.types import ValueType


@dataclass(frozen=True, slots=True)
class Resolved:
    """`types`: of the service's columns, by their names."""

    entries: tuple[ServiceEntryPart, ...]
    request_columns: tuple[RequestColumnPart, ...]
    types: Mapping[str, ValueType]

    def meaning(self) -> object:
        return service_meaning(self.entries, self.request_columns)


def service_meaning(entries: Sequence[ServiceEntryPart], columns: Sequence[RequestColumnPart]) -> object:
    """Equal for two lists of which one needs no version beside the other."""
    pins = [(entry.version_id, entry.alias, entry.features, entry.columns, entry.keys) for entry in entries]
    return (pins, list(columns))


def held_pins(held: FeatureServiceDocument | None) -> dict[tuple[object, ...], ServiceEntryPart]:
    """The entries of the version that is there, by what they say: one that stands as before keeps its pin."""
    pins: dict[tuple[object, ...], ServiceEntryPart] = {}
    for part in held.entries if held is not None else ():
        entry = parse_entry("", part.written, Problems())
        if entry is not None:
            pins[entry.meaning] = part
    return pins


def resolve_entries(
    draft: Draft, path: str, entries: Sequence[EntrySpec], held: FeatureServiceDocument | None, *, repin: bool
) -> Resolved | None:
    """`repin` moves the pins of entries that name no version. None after a problem, and where a view has one."""
    before = len(draft.problems)
    pins = held_pins(held)
    names = _Columns(draft.problems)
    parts: list[ServiceEntryPart] = []
    complete = True
    for entry in entries:
        pin = None if repin and entry.reference.version is None else pins.get(entry.meaning)
        version = _pinned(draft, entry, pin)
        part = _part(draft, entry, version) if version is not None else None
        if version is None or part is None:
            complete = False
            continue
        names.take(entry, version, part)
        parts.append(part)
    names.refuse_clashes(path)
    if not complete or len(draft.problems) > before:
        return None
    return Resolved(tuple(parts), tuple(names.request.values()), names.types)


def _pinned(draft: Draft, entry: EntrySpec, pin: ServiceEntryPart | None) -> FeatureViewVersionDocument | None:
    if pin is not None:
        return version_after(draft, pin.version_id)
    name, number = entry.reference.name, entry.reference.version
    if name not in draft.latest:
        draft.problems.add(entry.path, f"There is no feature view {name!r}.", nearest(name, draft.latest))
        return None
    latest = draft.latest[name]
    if latest is None:
        return None
    version = latest if number in (None, latest.number) else draft.registry.numbered(name, number)
    if version is None:
        newest = f"The newest is {latest.reference}."
        draft.problems.add(entry.path, f"There is no version {entry.reference}.", newest)
        return None
    if version.id in draft.moved:
        message = f"{version.reference} is a draft that {latest.reference} takes the place of in this plan."
        draft.problems.add(entry.path, message, f"Write {latest.reference}.")
        return None
    if version.state in (VersionState.DEPRECATED, VersionState.ARCHIVED):
        message = f"{version.reference} is {version.state}: what is new may not use it."
        draft.problems.add(entry.path, message, instead_of(draft, version))
        return None
    return version


def version_after(draft: Draft, version_id: ID) -> FeatureViewVersionDocument | None:
    """A pinned version as it would be after the plan: the successor of a superseded draft."""
    version = draft.moved.get(version_id) or draft.registry.versions[version_id]
    if draft.is_broken(DefinitionKind.FEATURE_VIEW, version.view_name):
        return None
    return version


def _part(draft: Draft, entry: EntrySpec, version: FeatureViewVersionDocument) -> ServiceEntryPart | None:
    held = [feature.name for feature in version.features]
    chosen = entry.features if entry.features is not None else [(entry.path, name) for name in held]
    fine = True
    for path, name in chosen:
        if name not in held:
            draft.problems.add(path, f"{version.reference} has no feature {name!r}.", nearest(name, held))
            fine = False
    keys = [key.name for key in version.keys]
    for key in entry.keys:
        if key not in keys:
            message = f"{version.reference} has no join key {key!r}."
            draft.problems.add(f"{entry.path}.keys.{key}", message, nearest(key, keys))
            fine = False
    if not fine:
        return None
    features = tuple(name for _, name in chosen)
    return ServiceEntryPart(
        written=entry.written,
        version_id=version.id,
        reference=version.reference,
        alias=entry.alias,
        features=features,
        columns=tuple(f"{entry.alias}_{name}" if entry.alias else name for name in features),
        keys=tuple(KeyMappingPart(join_key=key, request_column=entry.keys.get(key, key)) for key in keys),
    )


class _Columns:
    """The names of a service: its features' columns and its request's, each meaning one thing."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._owners: dict[str, tuple[str, str]] = {}
        self._requested: dict[str, tuple[str, str]] = {}
        self.types: dict[str, ValueType] = {}
        self.request: dict[str, RequestColumnPart] = {}

    def take(self, entry: EntrySpec, version: FeatureViewVersionDocument, part: ServiceEntryPart) -> None:
        types = {feature.name: feature.value_type for feature in version.features}
        for feature, column in zip(part.features, part.columns, strict=True):
            owner = f"{part.reference}:{feature}"
            _, first = self._owners.setdefault(column, (entry.path, owner))
            if column in self.types:
                message = f"Two features would be called {column!r}: {first} and {owner}."
                self._problems.add(entry.path, message, f"Give one a name in front: {{view: {part.reference}, as: …}}.")
            self.types[column] = types[feature]
        columns = {key.join_key: key.request_column for key in part.keys}
        for entity in version.entities:
            for key in entity.keys:
                wanted = RequestColumnPart(
                    name=columns[key.name], value_type=key.value_type, entity_id=entity.entity_id
                )
                self._request(entry, part, wanted, f"the {entity.entity_name} of {part.reference}")

    def _request(self, entry: EntrySpec, part: ServiceEntryPart, wanted: RequestColumnPart, whose: str) -> None:
        held = self.request.setdefault(wanted.name, wanted)
        _, first = self._requested.setdefault(wanted.name, (entry.path, whose))
        if held != wanted:
            both = f"{first} ({held.value_type}) and {whose} ({wanted.value_type})"
            message = f"The request column {wanted.name!r} would be {both}."
            hint = f"Rename one: {{view: {part.reference}, keys: {{{wanted.name}: …}}}}."
            self._problems.add(entry.path, message, hint)

    def refuse_clashes(self, path: str) -> None:
        """A feature may not be called as a request column is."""
        for column, (where, owner) in self._owners.items():
            if column in self.request:
                _, whose = self._requested[column]
                message = f"The feature {owner} and the request column for {whose} would both be called {column!r}."
                self._problems.add(
                    where or path, message, "Give the feature a name in front with as, or rename the key."
                )

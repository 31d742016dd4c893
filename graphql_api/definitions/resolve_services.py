"""A service's entries -> pinned versions, and the names of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.parse_services import parse_entry
from graphql_api.definitions.pins import pinned
from graphql_api.definitions.problems import Problems, listed, nearest
from graphql_api.definitions.specs import EntrySpec
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.feature_services import (
    FeatureServiceDocument,
    KeyMappingPart,
    RequestColumnPart,
    ServiceEntryPart,
)
from graphql_api.documents.feature_views import FeatureViewVersionDocument, OnDemandTransformationPart
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
    seen: dict[tuple[object, ...], str] = {}
    parts: list[ServiceEntryPart] = []
    complete = True
    for entry in entries:
        pin = None if repin and entry.reference.version is None else pins.get(entry.meaning)
        version = pinned(draft, entry.path, entry.reference, pin.version_id if pin is not None else None)
        part = _part(draft, entry, version) if version is not None else None
        if version is None or part is None:
            complete = False
            continue
        is_told = entry.columns_told and entry.keys_told
        if is_told and seen.setdefault(entry.meaning, entry.path) != entry.path:
            draft.problems.add(entry.path, "This is in the list twice.", "Leave one out.")
            continue
        names.take(entry, version, part)
        parts.append(part)
    names.refuse_clashes(path)
    if not complete or len(draft.problems) > before:
        return None
    return Resolved(tuple(parts), names.request_columns(), names.types)


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


def _index(path: str) -> str:
    """Which entry, where the document says so."""
    inner = path.partition("].")[2]
    return f" ({inner})" if inner else ""


class _Columns:
    """The names of a service: its features' columns and its request's, each meaning one thing."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._owners: dict[str, tuple[str, str]] = {}
        self._requested: dict[str, tuple[str, str]] = {}
        self.types: dict[str, ValueType] = {}
        self.request: dict[str, RequestColumnPart] = {}

    def take(self, entry: EntrySpec, version: FeatureViewVersionDocument, part: ServiceEntryPart) -> None:
        """As far as there is no problem with them already."""
        if entry.columns_told:
            self._columns(entry, version, part)
        if entry.keys_told:
            self._requests(entry, version, part)

    def _columns(self, entry: EntrySpec, version: FeatureViewVersionDocument, part: ServiceEntryPart) -> None:
        types = {feature.name: feature.value_type for feature in version.features}
        taken: dict[str, list[str]] = {}
        for feature, column in zip(part.features, part.columns, strict=True):
            where, owner = self._owners.setdefault(column, (entry.path, f"{part.reference}:{feature}"))
            if column in self.types:
                first = f"{owner.partition(':')[0]}{_index(where)}"
                taken.setdefault(first, []).append(column)
            self.types[column] = types[feature]
        for first, columns in taken.items():
            names = f"{listed(columns[:5])}{' …' * (len(columns) > 5)}"
            what = "The column" if len(columns) == 1 else "The columns"
            hint = f"Give one of the two a name in front: {{view: {entry.reference}, as: …}}."
            own = f"{part.reference}{_index(entry.path)}"
            self._problems.add(entry.path, f"{what} {names} would come twice, from {first} and {own}.", hint)

    def _requests(self, entry: EntrySpec, version: FeatureViewVersionDocument, part: ServiceEntryPart) -> None:
        columns = {key.join_key: key.request_column for key in part.keys}
        for entity in version.entities:
            for key in entity.keys:
                wanted = RequestColumnPart(
                    name=columns[key.name], value_type=key.value_type, entity_id=entity.entity_id
                )
                self._request(entry, part, wanted, f"the {entity.entity_name} of {part.reference}")
        for value in _request_values(version, part.features):
            wanted = RequestColumnPart(name=value.name, value_type=value.value_type, entity_id=None)
            self._request(entry, part, wanted, f"the request value of {part.reference}")

    def request_columns(self) -> tuple[RequestColumnPart, ...]:
        """Join keys, then request-time values."""
        return tuple(sorted(self.request.values(), key=lambda column: column.entity_id is None))

    def _request(self, entry: EntrySpec, part: ServiceEntryPart, wanted: RequestColumnPart, whose: str) -> None:
        held = self.request.setdefault(wanted.name, wanted)
        _, first = self._requested.setdefault(wanted.name, (entry.path, whose))
        if held != wanted:
            both = f"{first} ({held.value_type}) and {whose} ({wanted.value_type})"
            message = f"The request column {wanted.name!r} would be {both}."
            hint = f"Rename one: {{view: {part.reference}, keys: {{{wanted.name}: …}}}}."
            if wanted.entity_id is None:
                hint = "Rename the join key with keys, or leave one of the two out."
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


def _request_values(version: FeatureViewVersionDocument, features: Sequence[str]) -> Sequence[ColumnPart]:
    """The request-time values that the chosen expressions use."""
    made = version.transformation
    if not isinstance(made, OnDemandTransformationPart):
        return ()
    used = {name for one in made.expressions if one.feature in features for name in one.request}
    return [value for value in made.request if value.name in used]

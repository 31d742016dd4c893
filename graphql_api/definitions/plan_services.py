"""Feature services: those that are defined, and those whose pinned draft is superseded in the same plan."""

from collections.abc import Sequence

from graphql_api.definitions.canonical import is_same
from graphql_api.definitions.diff import diff
from graphql_api.definitions.draft import Draft, described_fields
from graphql_api.definitions.parse_services import parse_entry
from graphql_api.definitions.plan import Change, PlannedChange
from graphql_api.definitions.problems import Problems
from graphql_api.definitions.resolve_services import Resolved, resolve_entries, service_meaning
from graphql_api.definitions.specs import EntrySpec, ServiceSpec
from graphql_api.documents.feature_services import FeatureServiceDocument, ServiceEntryPart
from graphql_api.domain.enums import ChangeKind, DefinitionKind
from graphql_api.domain.times import utc_now
from graphql_api.domain.types import ValueType


def plan_services(draft: Draft, *, author: str, repin: bool) -> None:
    for spec in draft.parsed.services.values():
        held = draft.registry.services.get(spec.about.name)
        resolved = resolve_entries(draft, f"{spec.about.path}.features", spec.entries, held, repin=repin)
        if resolved is not None and not draft.is_broken(DefinitionKind.FEATURE_SERVICE, spec.about.name):
            _plan_defined(draft, spec, held, resolved, author)
    for spec in draft.parsed.nameless:
        if isinstance(spec, ServiceSpec):
            resolve_entries(draft, f"{spec.about.path}.features", spec.entries, None, repin=repin)
    for name, held in sorted(draft.registry.services.items()):
        defined = name in draft.parsed.services or draft.is_broken(DefinitionKind.FEATURE_SERVICE, name)
        if not defined and any(entry.version_id in draft.moved for entry in held.entries):
            _move(draft, held, author)


def _plan_defined(
    draft: Draft, spec: ServiceSpec, held: FeatureServiceDocument | None, resolved: Resolved, author: str
) -> None:
    about, name = spec.about, spec.about.name
    changes = diff(held.spec if held is not None else {}, about.raw)
    if held is not None and resolved.meaning() == service_meaning(held.entries, held.request_columns):
        if changes:
            fields = {**described_fields(about), "entries": resolved.entries, "updated_at": utc_now()}
            draft.writes.replace(held.model_copy(update=fields))
            _say(draft, ChangeKind.CHANGED, name, changes, None)
        return
    number = draft.registry.next_number(DefinitionKind.FEATURE_SERVICE, name, 0 if held is None else held.number)
    document = draft.writes.insert(
        FeatureServiceDocument.model_construct(
            None,
            project_id=draft.registry.project_id,
            name=name,
            number=number,
            entries=resolved.entries,
            request_columns=resolved.request_columns,
            created_by=author,
            **described_fields(about),
        )
    )
    if held is not None:
        changes = _marked(draft, held, resolved, [*changes, *_moved_pins(held.entries, resolved.entries)])
    kind = ChangeKind.ADDED if held is None else ChangeKind.CHANGED
    _say(draft, kind, name, changes, document.reference)


def _move(draft: Draft, held: FeatureServiceDocument, author: str) -> None:
    """The service as it stands, with the successors of its drafts; problems are said where the view is defined."""
    successor = next(draft.moved[entry.version_id] for entry in held.entries if entry.version_id in draft.moved)
    path = draft.causes[successor.view_name]
    entries = [
        EntrySpec(path, entry.written, entry.reference, entry.alias, entry.keys, _at(path, entry))
        for part in held.entries
        if (entry := parse_entry(path, part.written, Problems())) is not None
    ]
    resolved = resolve_entries(draft, path, entries, held, repin=False)
    if resolved is None:
        return
    document = draft.writes.insert(
        FeatureServiceDocument.model_construct(
            None,
            project_id=held.project_id,
            name=held.name,
            number=draft.registry.next_number(DefinitionKind.FEATURE_SERVICE, held.name, held.number),
            description=held.description,
            owner=held.owner,
            tags=held.tags,
            spec=held.spec,
            entries=resolved.entries,
            request_columns=resolved.request_columns,
            created_by=author,
        )
    )
    changes = _marked(draft, held, resolved, _moved_pins(held.entries, resolved.entries))
    _say(draft, ChangeKind.CHANGED, held.name, changes, document.reference)


def _at(path: str, entry: EntrySpec) -> tuple[tuple[str, str], ...] | None:
    return None if entry.features is None else tuple((path, name) for _, name in entry.features)


def _moved_pins(before: Sequence[ServiceEntryPart], after: Sequence[ServiceEntryPart]) -> list[Change]:
    """`features[2]` aircraft_delays@1 -> aircraft_delays@2, for entries that say the same as before."""
    changes: list[Change] = []
    for index, part in enumerate(after):
        old = next((one for one in before if is_same(one.written, part.written)), None)
        if old is not None and old.version_id != part.version_id:
            changes.append(Change(ChangeKind.CHANGED, f"features[{index}]", old.reference, part.reference))
    return changes


def _marked(draft: Draft, held: FeatureServiceDocument, resolved: Resolved, changes: Sequence[Change]) -> list[Change]:
    """Breaking, where a caller misses a column or must send another one."""
    breaks = not _types(draft, held).items() <= resolved.types.items() or any(
        column not in held.request_columns for column in resolved.request_columns
    )
    return [
        Change(change.kind, change.path, change.before, change.after, breaking=breaks)
        if change.path.startswith("features")
        else change
        for change in changes
    ]


def _types(draft: Draft, held: FeatureServiceDocument) -> dict[str, ValueType]:
    types: dict[str, ValueType] = {}
    for entry in held.entries:
        own = {feature.name: feature.value_type for feature in draft.registry.versions[entry.version_id].features}
        types |= {column: own[name] for name, column in zip(entry.features, entry.columns, strict=True)}
    return types


def _say(draft: Draft, kind: ChangeKind, name: str, changes: Sequence[Change], creates: str | None) -> None:
    draft.changes.append(
        PlannedChange(kind, DefinitionKind.FEATURE_SERVICE, name, tuple(changes), creates_version=creates)
    )

"""Feature views: what changes in place, what makes the next version, and what becomes of the one before."""

from collections.abc import Sequence

from graphql_api.definitions.content import Content, source_meaning
from graphql_api.definitions.diff import breaking, diff
from graphql_api.definitions.draft import Draft, described_fields
from graphql_api.definitions.plan import Change, NewCopy, PlannedChange
from graphql_api.definitions.publishing import is_ready
from graphql_api.definitions.readers import readers, refrozen_content
from graphql_api.definitions.resolve_views import resolve_view
from graphql_api.definitions.side_by_side import side_by_side
from graphql_api.definitions.specs import ViewSpec
from graphql_api.documents.copies import DataCopyDocument, as_intervals
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.domain.enums import ChangeKind, DefinitionKind, PublishMode, VersionState
from graphql_api.domain.references import Reference
from graphql_api.domain.times import utc_now

_BREAKING = ("features.*", "features.*.type", "entities", "entities.*")


async def plan_views(draft: Draft, *, author: str) -> None:
    """The views that are defined, then those that read a source that changed."""
    for kind, name in draft.parsed.broken:
        if kind is DefinitionKind.FEATURE_VIEW:
            draft.latest[name] = None
    specs = list(draft.parsed.views.values())
    contents = await side_by_side(resolve_view(draft, spec) for spec in specs)
    for spec, content in zip(specs, contents, strict=True):
        if content is None:
            draft.latest[spec.about.name] = None
        else:
            _plan_defined(draft, spec, content, author)
    for view, version in readers(draft):
        content = await refrozen_content(draft, view, version)
        if content is not None and content.meaning() != Content.of(version).meaning():
            changes = _source_changes(Content.of(version), content)
            _plan_version(draft, view, content, changes, author=author, note="", was=view)


def _plan_defined(draft: Draft, spec: ViewSpec, content: Content, author: str) -> None:
    name = spec.about.name
    held, latest = draft.registry.views.get(name), draft.registry.latest(name)
    fields = _fields(spec, content)
    if held is None:
        view = FeatureViewDocument.model_construct(
            None, project_id=draft.registry.project_id, name=name, latest_version=1, **fields
        )
        _plan_version(draft, view, content, diff({}, spec.about.raw), author=author, note=spec.change_note, was=None)
        return
    if latest is None:
        raise RuntimeError(f"{name} is without its latest version")
    changes = [change for change in diff(held.spec, spec.about.raw) if change.path != "changeNote"]
    changes = breaking(changes, where=_BREAKING)
    if content.meaning() != Content.of(latest).meaning():
        changes += _source_changes(Content.of(latest), content)
        view = held.model_copy(update=fields)
        _plan_version(draft, view, content, changes, author=author, note=spec.change_note, was=held)
    elif changes:
        view = held.model_copy(update=fields | {"updated_at": utc_now()})
        version = _with_descriptions(latest, content)
        view, version, more = _published(draft, view, version, draft.registry.copy_of(version))
        draft.latest[name] = version
        if version is not latest:
            draft.writes.replace(version)
        draft.writes.replace(view)
        _say(draft, ChangeKind.CHANGED, name, [*changes, *more], None)


def _plan_version(
    draft: Draft,
    view: FeatureViewDocument,
    content: Content,
    changes: Sequence[Change],
    *,
    author: str,
    note: str,
    was: FeatureViewDocument | None,
) -> None:
    """The next version of a view. `view` is its document as it would be, apart from the numbers; `was` as it is."""
    newest = 0 if was is None else was.latest_version
    number = draft.registry.next_number(DefinitionKind.FEATURE_VIEW, view.name, newest)
    fingerprint = content.data_fingerprint()
    copy = draft.registry.copy(view.id, fingerprint)
    version = FeatureViewVersionDocument.model_construct(
        None,
        project_id=view.project_id,
        view_id=view.id,
        view_name=view.name,
        number=number,
        entities=content.entities,
        features=content.features,
        transformation=content.transformation,
        validations=content.validations,
        ttl=content.ttl,
        delay=content.delay,
        is_static=content.is_static,
        data_fingerprint=fingerprint,
        data_id=copy.id if copy is not None else 0,
        change_note=note,
        created_by=author,
    )
    if copy is None:
        layout = tuple(feature.name for feature in content.features)
        draft.writes.copies.append(NewCopy(view.id, version.id, fingerprint, layout))
    superseded = _supersede(draft, view.name, version)
    view = view.model_copy(update={"latest_version": number, "updated_at": utc_now()})
    view, version, published = _published(draft, view, version, copy)
    draft.writes.insert(version)
    draft.made.append(version)
    draft.latest[view.name] = version
    if was is None:
        draft.writes.insert(view)
    else:
        draft.writes.replace(view)
    kind = ChangeKind.ADDED if was is None else ChangeKind.CHANGED
    _say(draft, kind, view.name, [*changes, *superseded, *published], version.reference)


def _supersede(draft: Draft, name: str, successor: FeatureViewVersionDocument) -> list[Change]:
    """A draft is never amended: the next version takes its place, and its run too where the data is the same."""
    latest = draft.registry.latest(name)
    if latest is None or latest.state is not VersionState.DRAFT:
        return []
    draft.writes.replace(latest.model_copy(update={"state": VersionState.ARCHIVED}))
    draft.moved[latest.id] = successor
    if latest.data_fingerprint != successor.data_fingerprint:
        draft.cancelled.extend(run.run_id for run in draft.registry.runs if run.version_id == latest.id)
    path = f"versions.{latest.number}.state"
    return [Change(ChangeKind.CHANGED, path, VersionState.DRAFT, VersionState.ARCHIVED)]


def _published(
    draft: Draft, view: FeatureViewDocument, version: FeatureViewVersionDocument, copy: DataCopyDocument | None
) -> tuple[FeatureViewDocument, FeatureViewVersionDocument, list[Change]]:
    """Published at once, where it may be and no run is needed."""
    may_be = view.publish is PublishMode.AUTO and version.state is VersionState.DRAFT
    if not may_be or copy is None or not covers_enough(draft, view, copy):
        return view, version, []
    change = Change(ChangeKind.CHANGED, "currentVersion", view.current_version, version.number)
    draft.published[view.name] = version.number
    return (
        view.model_copy(update={"current_version": version.number}),
        version.model_copy(update={"state": VersionState.PUBLISHED, "published_at": utc_now()}),
        [change],
    )


def covers_enough(draft: Draft, view: FeatureViewDocument, copy: DataCopyDocument) -> bool:
    """Does the copy hold, online, what is served now?"""
    current = draft.registry.current(view.name)
    held = draft.registry.copy_of(current) if current is not None else None
    if held is not None and held.id == copy.id:
        return True
    served = as_intervals(held.covered_online) if held is not None else None
    return is_ready(as_intervals(copy.covered_online), served, view.since)


def _fields(spec: ViewSpec, content: Content) -> dict[str, object]:
    """What the view's own document takes from its definition."""
    return {
        **described_fields(spec.about),
        "entity_ids": tuple(dict.fromkeys(entity.entity_id for entity in content.entities)),
        "schedule": spec.schedule,
        "since": spec.since,
        "reprocess": spec.reprocess,
        "freshness": spec.freshness,
        "publish": spec.publish,
    }


def _with_descriptions(version: FeatureViewVersionDocument, content: Content) -> FeatureViewVersionDocument:
    """The same version, with what is said of its parts now; itself, where that is as before."""
    said = {feature.name: feature for feature in content.features}
    checks = {check.name: check for check in content.validations}
    features = tuple(
        feature.model_copy(
            update={
                "description": said[feature.name].description,
                "owner": said[feature.name].owner,
                "tags": said[feature.name].tags,
            }
        )
        for feature in version.features
    )
    validations = tuple(
        check.model_copy(update={"description": checks[check.name].description}) for check in version.validations
    )
    transformation = version.transformation.model_copy(update={"description": content.transformation.description})
    told = (features, validations, transformation)
    if told == (version.features, version.validations, version.transformation):
        return version
    return version.model_copy(
        update={"features": features, "validations": validations, "transformation": transformation}
    )


def _source_changes(before: Content, after: Content) -> list[Change]:
    """Of sources that are read as before, what is different about them."""
    old = {source.name: source for source in before.transformation.sources}
    return [
        change
        for source in after.transformation.sources
        if source.name in old
        for change in diff(
            source_meaning(old[source.name]), source_meaning(source), f"transformation.sources.{source.name}"
        )
    ]


def _say(draft: Draft, kind: ChangeKind, name: str, changes: Sequence[Change], creates: str | None) -> None:
    dependents = sorted(
        service.reference
        for service in draft.registry.services.values()
        if any(Reference.parse(entry.reference).name == name for entry in service.entries)
    )
    draft.changes.append(
        PlannedChange(kind, DefinitionKind.FEATURE_VIEW, name, tuple(changes), tuple(dependents), creates)
    )

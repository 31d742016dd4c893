"""Feature views: what changes in place, what makes the next version, and what becomes of the one before."""

from collections.abc import Sequence

from graphql_api.definitions.content import Content, source_meaning
from graphql_api.definitions.dependents import dependents_of_view
from graphql_api.definitions.diff import breaking, diff
from graphql_api.definitions.draft import Draft, described_fields
from graphql_api.definitions.followers import cause, follow
from graphql_api.definitions.order import levels
from graphql_api.definitions.plan import Change, NewCopy, PlannedChange
from graphql_api.definitions.problems import listed
from graphql_api.definitions.resolve_views import resolve_view
from graphql_api.definitions.schedules import longest_pause
from graphql_api.definitions.side_by_side import side_by_side
from graphql_api.definitions.specs import ViewSpec
from graphql_api.documents.base import ID
from graphql_api.documents.copies import DataCopyDocument, as_intervals
from graphql_api.documents.feature_views import (
    AggregationTransformationPart,
    FeaturePart,
    FeatureViewDocument,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    PushTransformationPart,
)
from graphql_api.domain.durations import format_duration
from graphql_api.domain.enums import PUBLISHED, ChangeKind, DefinitionKind, PublishMode, VersionState
from graphql_api.domain.readiness import is_ready
from graphql_api.domain.times import utc_now

_BREAKING = ("entities", "entities.*")
_BREAKING_TYPES = ("features.*", "features.*.type")
"""In a document that says the types itself; where they follow, what is lost or retyped is told beside."""


async def plan_views(draft: Draft, *, author: str, repin: bool = False) -> None:
    """The views that are defined, and those that must follow them or a source that changed, each after what it is
    built on."""
    for names in levels(draft):
        contents = await side_by_side(_content(draft, name, repin=repin) for name in names)
        for name, content in zip(names, contents, strict=True):
            _plan_view(draft, name, content, author)
    await side_by_side(
        resolve_view(draft, spec, repin=repin) for spec in draft.parsed.nameless if isinstance(spec, ViewSpec)
    )


async def _content(draft: Draft, name: str, *, repin: bool) -> Content | None:
    """None after a problem, and for a view that nothing of the plan touches."""
    spec = draft.parsed.views.get(name)
    if spec is not None:
        return await resolve_view(draft, spec, repin=repin)
    view, version = draft.registry.views[name], draft.registry.latest(name)
    if version is None or version.state is VersionState.ARCHIVED:
        return None
    path = cause(draft, version)
    if path is None:
        return None
    draft.causes[name] = path
    return await follow(draft, view, version, path)


def _plan_view(draft: Draft, name: str, content: Content | None, author: str) -> None:
    spec, view, latest = draft.parsed.views.get(name), draft.registry.views.get(name), draft.registry.latest(name)
    if spec is not None:
        draft.causes[name] = spec.about.path
        if content is None:
            draft.latest[name] = None
            draft.untold.add(name)
            return
        _warn_of_delay(draft, spec, content)
        _plan_defined(draft, spec, content, author)
    elif view is not None and latest is not None and content is not None:
        before = Content.of(latest)
        if content.meaning() != before.meaning():
            changes = [*_input_changes(before, content), *_feature_changes(before, content)]
            follower = view.model_copy(update={"entity_ids": _entity_ids(content)})
            _plan_version(draft, follower, content, changes, author=author, note="", was=view)
    if view is not None and latest is not None and draft.latest[name] is latest:
        _publish_unchanged(draft, view, latest)


def _publish_unchanged(draft: Draft, view: FeatureViewDocument, version: FeatureViewVersionDocument) -> None:
    """An on-demand draft whose last input is published by this plan."""
    if isinstance(version.transformation, OnDemandTransformationPart):
        view, version, published = _published(draft, view, version, None)
        if published:
            draft.latest[view.name] = version
            draft.writes.replace(version)
            draft.writes.replace(view.model_copy(update={"updated_at": utc_now()}))
            _say(draft, ChangeKind.CHANGED, view.name, published, None)


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
    inferred = isinstance(content.transformation, AggregationTransformationPart | OnDemandTransformationPart)
    changes = breaking(changes, where=_BREAKING if inferred else (*_BREAKING, *_BREAKING_TYPES))
    before = Content.of(latest)
    if content.meaning() != before.meaning():
        lost = _feature_changes(before, content) if inferred else []
        changes = [change for change in changes if change.path not in {one.path for one in lost}]
        changes += [*lost, *_input_changes(before, content)]
        view = held.model_copy(update=fields)
        _plan_version(draft, view, content, changes, author=author, note=spec.change_note, was=held)
    elif changes:
        view = held.model_copy(update=fields | {"updated_at": utc_now()})
        version = _with_descriptions(latest, content)
        view, version, more = _published(draft, view, version, draft.registry.copy_of(version))
        draft.latest[name] = version
        if version is not latest:
            draft.writes.replace(version)
        _describe_current(draft, name, latest, content)
        draft.writes.replace(view)
        _say(draft, ChangeKind.CHANGED, name, [*changes, *more], None)


def _describe_current(draft: Draft, name: str, latest: FeatureViewVersionDocument, content: Content) -> None:
    """What is said of the features holds for those of the same names that are served, too."""
    current = draft.registry.current(name)
    if current is not None and current is not latest:
        features = _described(current.features, content)
        if features != current.features:
            draft.writes.replace(current.model_copy(update={"features": features}))


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
    if copy is None and not isinstance(content.transformation, OnDemandTransformationPart):
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
    runs = [run.run_id for run in draft.registry.runs if run.data_id == latest.data_id]
    is_shared = latest.data_fingerprint == successor.data_fingerprint
    goes_on = is_shared or any(
        other.data_id == latest.data_id and other.state in PUBLISHED for other in draft.registry.versions.values()
    )
    if not goes_on:
        draft.cancelled.extend(runs)
    becomes = "goes on for the new one" if is_shared else "goes on" if goes_on else "is cancelled"
    told = f" Its run {becomes}." if runs else ""
    newest = {service.reference for service in draft.registry.services.values()}
    old = [reference for reference in draft.registry.pinned.get(latest.id, ()) if reference not in newest]
    if old:
        told += f" {listed(old)}, which {'holds' if len(old) == 1 else 'hold'} it, cannot become ready any more."
    draft.warnings.append(f"{latest.reference} is a draft, and {successor.reference} takes its place.{told}")
    path = f"versions.{latest.number}.state"
    return [Change(ChangeKind.CHANGED, path, VersionState.DRAFT, VersionState.ARCHIVED)]


def _published(
    draft: Draft, view: FeatureViewDocument, version: FeatureViewVersionDocument, copy: DataCopyDocument | None
) -> tuple[FeatureViewDocument, FeatureViewVersionDocument, list[Change]]:
    """Published at once, where it may be and no run is needed."""
    may_be = view.publish is PublishMode.AUTO and version.state is VersionState.DRAFT
    if not may_be or not _is_ready(draft, view, version, copy):
        return view, version, []
    change = Change(ChangeKind.CHANGED, "currentVersion", view.current_version, version.number)
    draft.published[view.name] = version.number
    return (
        view.model_copy(update={"current_version": version.number}),
        version.model_copy(update={"state": VersionState.PUBLISHED, "published_at": utc_now()}),
        [change],
    )


def _is_ready(
    draft: Draft, view: FeatureViewDocument, version: FeatureViewVersionDocument, copy: DataCopyDocument | None
) -> bool:
    """Does it need no run any more? An on-demand version waits for its inputs, one that rows are only pushed to for
    nothing."""
    match version.transformation:
        case OnDemandTransformationPart() as made:
            return all(draft.version(pin.version_id).state in PUBLISHED for pin in made.views)
        case PushTransformationPart(sources=()):
            return True
        case _:
            return copy is not None and covers_enough(draft, view, copy)


def covers_enough(draft: Draft, view: FeatureViewDocument, copy: DataCopyDocument) -> bool:
    """Does the copy hold, online, what is served now?"""
    current = draft.registry.current(view.name)
    held = draft.registry.copy_of(current) if current is not None else None
    if held is not None and held.id == copy.id:
        return True
    served = as_intervals(held.covered_online if held is not None else ())
    return is_ready(as_intervals(copy.covered_online), served, view.since)


def _entity_ids(content: Content) -> tuple[ID, ...]:
    return tuple(dict.fromkeys(entity.entity_id for entity in content.entities))


def _fields(spec: ViewSpec, content: Content) -> dict[str, object]:
    """What the view's own document takes from its definition."""
    return {
        **described_fields(spec.about),
        "entity_ids": _entity_ids(content),
        "schedule": spec.schedule,
        "since": spec.since,
        "reprocess": spec.reprocess,
        "freshness": spec.freshness,
        "publish": spec.publish,
    }


def _with_descriptions(version: FeatureViewVersionDocument, content: Content) -> FeatureViewVersionDocument:
    """The same version, with what is said of its parts now; itself, where that is as before."""
    checks = {check.name: check for check in content.validations}
    features = _described(version.features, content)
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


def _described(features: Sequence[FeaturePart], content: Content) -> tuple[FeaturePart, ...]:
    """With what is said now of those that the content has."""
    said = {
        feature.name: {"description": feature.description, "owner": feature.owner, "tags": feature.tags}
        for feature in content.features
    }
    return tuple(feature.model_copy(update=said.get(feature.name)) for feature in features)


def _input_changes(before: Content, after: Content) -> list[Change]:
    """Of sources that are read as before, what is different about them; of views, the pins that moved."""
    old = {source.name: source for source in before.transformation.sources}
    pins = {pin.name: pin for pin in before.transformation.views}
    key = "views" if isinstance(after.transformation, OnDemandTransformationPart) else "sources"
    changes = [
        change
        for source in after.transformation.sources
        if source.name in old
        for change in diff(
            source_meaning(old[source.name]), source_meaning(source), f"transformation.sources.{source.name}"
        )
    ]
    return changes + [
        Change(ChangeKind.CHANGED, f"transformation.{key}.{pin.name}", pins[pin.name].reference, pin.reference)
        for pin in after.transformation.views
        if pin.name in pins and pins[pin.name].version_id != pin.version_id
    ]


def _feature_changes(before: Content, after: Content) -> list[Change]:
    """Features that are lost or of another type, where types follow from functions and expressions."""
    types = {feature.name: feature.value_type for feature in after.features}
    changes: list[Change] = []
    for feature in before.features:
        path, own = f"features.{feature.name}", types.get(feature.name)
        if own is None:
            changes.append(Change(ChangeKind.REMOVED, path, feature.value_type, None, breaking=True))
        elif own is not feature.value_type:
            changes.append(Change(ChangeKind.CHANGED, f"{path}.type", feature.value_type, own, breaking=True))
    return changes


def _warn_of_delay(draft: Draft, spec: ViewSpec, content: Content) -> None:
    """Training data takes a row `delay` after its event; online it comes with the next run."""
    if spec.schedule is None or content.is_static or isinstance(content.transformation, PushTransformationPart):
        return
    pause = longest_pause(spec.schedule)
    if spec.delay < pause:
        draft.warnings.append(
            f"{spec.about.name}: its delay ({format_duration(spec.delay)}) is shorter than the pause between its runs "
            f"(up to {format_duration(pause)}): training data takes a row {format_duration(spec.delay)} after its "
            "event, while online it arrives with the next run, up to that pause later. Run more often, or raise the "
            "delay."
        )


def _say(draft: Draft, kind: ChangeKind, name: str, changes: Sequence[Change], creates: str | None) -> None:
    dependents = dependents_of_view(draft.registry, name)
    draft.changes.append(PlannedChange(kind, DefinitionKind.FEATURE_VIEW, name, tuple(changes), dependents, creates))

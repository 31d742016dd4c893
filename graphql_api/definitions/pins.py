"""Versions of views that definitions name: resolved once, kept by entry, moved only where they must be."""

from collections.abc import Mapping

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.problems import nearest
from graphql_api.definitions.reading import CREATED, EVENT
from graphql_api.definitions.remedies import instead_of
from graphql_api.documents.base import ID, ColumnPart
from graphql_api.documents.feature_views import FeatureViewVersionDocument, ViewPinPart
from graphql_api.domain.enums import VersionState
from graphql_api.domain.references import Reference
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, Relation


def pinned(draft: Draft, path: str, reference: Reference, kept: ID | None) -> FeatureViewVersionDocument | None:
    """What an entry means after the plan; `kept`: what it was pinned to before. None after a problem, and where the
    view has one."""
    if kept is not None:
        return version_after(draft, kept)
    name, number = reference.name, reference.version
    if name not in draft.latest:
        _refuse_name(draft, path, reference)
        return None
    latest = draft.latest[name]
    if latest is None:
        return None
    version = latest if number in (None, latest.number) else draft.registry.numbered(name, number)
    if version is None:
        draft.problems.add(path, f"There is no version {reference}.", f"The newest is {latest.reference}.")
        return None
    if version.id in draft.moved:
        message = f"{version.reference} is a draft that {latest.reference} takes the place of in this plan."
        draft.problems.add(path, message, f"Write {latest.reference}.")
        return None
    if version.state in (VersionState.DEPRECATED, VersionState.ARCHIVED):
        message = f"{version.reference} is {version.state}: what is new may not use it."
        draft.problems.add(path, message, instead_of(draft, version))
        return None
    return version


def _refuse_name(draft: Draft, path: str, reference: Reference) -> None:
    """A name that something of another kind has is not told to look like one of a view."""
    name, parsed = reference.name, draft.parsed
    others = (
        ("data source", {*draft.sources, *parsed.sources}),
        ("entity", {*draft.entities, *parsed.entities}),
        ("feature service", {*draft.registry.services, *parsed.services}),
    )
    for kind, names in others:
        if name in names:
            article = "an" if kind == "entity" else "a"
            draft.problems.add(path, f"{name!r} is {article} {kind}, and no feature view.", "Name a feature view.")
            return
    draft.problems.add(path, f"There is no feature view {name!r}.", nearest(name, draft.latest))


def version_after(draft: Draft, version_id: ID) -> FeatureViewVersionDocument | None:
    """A pinned version as it would be after the plan: the successor of a superseded draft."""
    version = draft.moved.get(version_id) or draft.registry.versions[version_id]
    return None if version.view_name in draft.untold else version


def held_pins(version: FeatureViewVersionDocument | None) -> Mapping[Reference, ViewPinPart]:
    """The views that a version is made from, by the entries that name them."""
    return {Reference.parse(pin.written): pin for pin in version.transformation.views} if version is not None else {}


def pin_of(written: str, version: FeatureViewVersionDocument) -> ViewPinPart:
    return ViewPinPart(
        written=written,
        version_id=version.id,
        view_id=version.view_id,
        name=version.view_name,
        reference=version.reference,
        keys=version.keys,
        features=tuple(ColumnPart(name=one.name, value_type=one.value_type) for one in version.features),
        is_static=version.is_static,
        has_created=version.has_created,
        data_fingerprint=version.data_fingerprint,
    )


def relation_of_view(pin: ViewPinPart) -> Relation:
    """The view as SQL sees it: all its rows, or, where it is static, a look-up table."""
    times = (
        [] if pin.is_static else [ColumnPart(name=name, value_type=ValueType.TIMESTAMP) for name in (EVENT, CREATED)]
    )
    return Relation(
        name=pin.name,
        columns=[FileColumn(one.name, one.value_type.sql) for one in (*pin.keys, *times, *pin.features)],
        event_timestamp=None if pin.is_static else EVENT,
        created_timestamp=None if pin.is_static else CREATED,
    )


def features_of_view(pin: ViewPinPart) -> Relation:
    """The view as expressions see it."""
    return Relation(pin.name, [FileColumn(one.name, one.value_type.sql) for one in pin.features])

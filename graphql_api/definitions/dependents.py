"""What depends on an object of the registry, directly and through chains of views."""

from collections.abc import Callable, Iterable

from graphql_api.definitions.registry import Registry
from graphql_api.documents.base import ID
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.enums import VersionState
from graphql_api.domain.references import Reference


def dependents_of_view(registry: Registry, name: str) -> tuple[str, ...]:
    """References of versions of other views, and of services, that are built on any version of the view."""
    return _told(registry, {name}, lambda version: False) if name in registry.views else ()


def dependents_of_source(registry: Registry, source_id: ID) -> tuple[str, ...]:
    return _told(
        registry,
        set(),
        lambda version: any(source.source_id == source_id for source in version.transformation.sources),
    )


def dependents_of_entity(registry: Registry, entity_id: ID) -> tuple[str, ...]:
    """The versions of views that have it, and the services that hold features of these views. An archived version
    counts while it is its view's newest, or some version of a service uses it."""
    users = [
        version
        for version in registry.versions.values()
        if any(entity.entity_id == entity_id for entity in version.entities)
        and (
            version.state is not VersionState.ARCHIVED
            or version is registry.latest(version.view_name)
            or version.id in registry.pinned
        )
    ]
    references = [version.reference for version in users]
    return tuple(sorted([*references, *_services(registry, {version.view_name for version in users})]))


def _told(registry: Registry, names: set[str], reads: Callable[[FeatureViewVersionDocument], bool]) -> tuple[str, ...]:
    """Of each view, the newest and the current version count."""
    versions = [*_versions_in_use(registry)]
    found: dict[str, FeatureViewVersionDocument] = {}
    built_on = set(names)
    while True:
        more = [
            version
            for version in versions
            if version.reference not in found
            and version.view_name not in names
            and (reads(version) or any(pin.name in built_on for pin in version.transformation.views))
        ]
        if not more:
            break
        found |= {version.reference: version for version in more}
        built_on |= {version.view_name for version in more}
    return tuple(sorted([*found, *_services(registry, built_on)]))


def _versions_in_use(registry: Registry) -> Iterable[FeatureViewVersionDocument]:
    for name in registry.views:
        chosen = {one.id: one for one in (registry.latest(name), registry.current(name)) if one is not None}
        yield from (version for version in chosen.values() if version.state is not VersionState.ARCHIVED)


def _services(registry: Registry, views: set[str]) -> list[str]:
    return [
        service.reference
        for service in registry.services.values()
        if any(Reference.parse(entry.reference).name in views for entry in service.entries)
    ]

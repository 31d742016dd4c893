"""Pins that could move: entries that name no version and stand on one that is not the newest."""

from collections.abc import Iterator

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.pins import held_pins
from graphql_api.definitions.plan import Behind
from graphql_api.definitions.resolve_services import held_pins as held_entries
from graphql_api.documents.feature_services import FeatureServiceDocument


def behind(draft: Draft) -> tuple[Behind, ...]:
    """Of the services and the views that are defined; each once, by its name."""
    return tuple(dict.fromkeys([*_services(draft), *_views(draft)]))


def _services(draft: Draft) -> Iterator[Behind]:
    for name, spec in draft.parsed.services.items():
        pins = held_entries(_service_after(draft, name))
        for entry in spec.entries:
            pin, newest = pins.get(entry.meaning), draft.latest.get(entry.reference.name)
            if pin is None or newest is None or entry.reference.version is not None:
                continue
            if pin.version_id != newest.id:
                yield Behind(name, pin.reference, newest.reference)


def _views(draft: Draft) -> Iterator[Behind]:
    for name in draft.parsed.views:
        for reference, pin in held_pins(draft.latest.get(name)).items():
            newest = draft.latest.get(pin.name)
            if newest is not None and reference.version is None and pin.version_id != newest.id:
                yield Behind(name, pin.reference, newest.reference)


def _service_after(draft: Draft, name: str) -> FeatureServiceDocument | None:
    written = (document for document in (*draft.writes.new.values(), *draft.writes.changed.values()))
    planned = [document for document in written if isinstance(document, FeatureServiceDocument)]
    return next((document for document in planned if document.name == name), draft.registry.services.get(name))

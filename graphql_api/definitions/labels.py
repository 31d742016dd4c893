"""What a set of definitions is called, kept with each object that was applied as a part of it."""

from collections.abc import Iterator, Mapping

from beanie import Document

from graphql_api.definitions.draft import Draft
from graphql_api.documents.base import ID, Described
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument

Labelled = Mapping[type[Document], tuple[ID, ...]]


def put_label(draft: Draft, label: str | None) -> Labelled:
    """On what the plan writes of the definitions; returns, by id, what it leaves as it is under another label."""
    for document in [*draft.writes.new.values(), *draft.writes.changed.values()]:
        if isinstance(document, Described):
            own = label if document.name in _defined(draft, document) else _held_label(draft, document)
            draft.writes.replace(document.model_copy(update={"label": own}))
    left: dict[type[Document], tuple[ID, ...]] = {}
    for document in _standing(draft):
        if document.label != label:
            left[type(document)] = (*left.get(type(document), ()), document.id)
    return left


def _defined(draft: Draft, document: Described) -> Mapping[str, object]:
    match document:
        case EntityDocument():
            return draft.parsed.entities
        case DataSourceDocument():
            return draft.parsed.sources
        case FeatureViewDocument():
            return draft.parsed.views
        case _:
            return draft.parsed.services


def _held_label(draft: Draft, document: Described) -> str | None:
    """A service's next version that the plan makes by itself belongs where the one before does."""
    held = draft.registry.services.get(document.name) if isinstance(document, FeatureServiceDocument) else document
    return held.label if held is not None else None


def _standing(draft: Draft) -> Iterator[Described]:
    """Objects that are defined, and that the plan does not write."""
    written = [*draft.writes.new.values(), *draft.writes.changed.values()]
    moved = {(type(document), document.name) for document in written if isinstance(document, Described)}
    registry = draft.registry
    for held in (registry.entities, registry.sources, registry.views, registry.services):
        for name, document in held.items():
            if name in _defined(draft, document) and (type(document), name) not in moved:
                yield document

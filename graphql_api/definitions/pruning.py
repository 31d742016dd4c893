"""What was last applied under a label and is absent now: the plan deletes it, where nothing that stays needs it."""

from collections.abc import Mapping
from typing import Any

from graphql_api.definitions.deletion import as_change, blocked, dependents_of, doomed, removal_of
from graphql_api.definitions.draft import Draft
from graphql_api.definitions.problems import listed
from graphql_api.definitions.removal import Removal
from graphql_api.definitions.usage import Usage, User, user_of_service, user_of_version
from graphql_api.documents.base import ID, Described
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.enums import DefinitionKind

_FROM_THE_END = (
    DefinitionKind.FEATURE_SERVICE,
    DefinitionKind.FEATURE_VIEW,
    DefinitionKind.DATA_SOURCE,
    DefinitionKind.ENTITY,
)


def prune(draft: Draft, label: str, usage: Usage) -> Removal:
    """Adds what goes to the draft's changes. `usage`: of the registry as it is, before the plan.

    Raises BlockedByDependents where something that stays depends on it, as it would be after the plan."""
    after = _after(draft, usage)
    goes = [doomed(kind, document, after) for kind in _FROM_THE_END for document in _absent(draft, kind, label)]
    dependents = dependents_of(goes, after)
    if dependents:
        names = listed([one.name for one in goes if dependents_of([one], after)])
        runs = after.runs_of(removal_of(goes).views)
        raise blocked(f"What is absent under the label {label!r} ({names})", dependents, runs)
    draft.changes.extend(as_change(one, usage) for one in goes)
    return removal_of(goes)


def _absent(draft: Draft, kind: DefinitionKind, label: str) -> list[Described]:
    held: Mapping[str, Described]
    defined: Mapping[str, object]
    match kind:
        case DefinitionKind.ENTITY:
            held, defined = draft.registry.entities, draft.parsed.entities
        case DefinitionKind.DATA_SOURCE:
            held, defined = draft.registry.sources, draft.parsed.sources
        case DefinitionKind.FEATURE_VIEW:
            held, defined = draft.registry.views, draft.parsed.views
        case DefinitionKind.FEATURE_SERVICE:
            held, defined = draft.registry.services, draft.parsed.services
    return [held[name] for name in sorted(held) if name not in defined and held[name].label == label]


def _after(draft: Draft, usage: Usage) -> Usage:
    """With the versions that the plan makes, and without what it archives."""
    users: dict[ID, User] = dict(usage.users)
    for document in (*draft.writes.changed.values(), *draft.writes.new.values()):
        match document:
            case FeatureViewVersionDocument():
                latest = draft.latest[document.view_name]
                newest = latest is not None and latest.id == document.id
                users[document.id] = user_of_version(_dumped(document), document.id, newest=newest)
            case FeatureServiceDocument():
                users[document.id] = user_of_service(_dumped(document), document.id)
            case _:
                continue
    return Usage(users, usage.runs)


def _dumped(document: FeatureViewVersionDocument | FeatureServiceDocument) -> dict[str, Any]:
    return document.model_dump()

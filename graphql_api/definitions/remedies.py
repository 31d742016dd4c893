"""What to write in the place of a version that takes no new dependents."""

from graphql_api.definitions.draft import Draft
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.enums import VersionState

_TAKES_DEPENDENTS = (VersionState.DRAFT, VersionState.PUBLISHED)


def instead_of(draft: Draft, version: FeatureViewVersionDocument) -> str:
    """Its replacement, else the newest version of its view that may be used, as they would be after the plan."""
    named = draft.registry.versions.get(version.replacement_id) if version.replacement_id else None
    if named is not None:
        named = draft.moved.get(named.id, named)
        if named.state in _TAKES_DEPENDENTS:
            return f"Write {named.reference}, which takes its place."
    after = {one.number: one for one in draft.registry.versions.values() if one.view_id == version.view_id}
    latest = draft.latest.get(version.view_name)
    if latest is not None:
        after[latest.number] = latest
    usable = [one for one in after.values() if one.state in _TAKES_DEPENDENTS and one.id not in draft.moved]
    if usable:
        return f"Write {max(usable, key=lambda one: one.number).reference}."
    return f"No version of {version.view_name} takes new dependents: a change of the view makes its next one."

"""Views that are not defined in a plan, but must follow it: they read a source that changes in it, or are built on a
draft that it supersedes."""

from graphql_api.definitions.content import Content
from graphql_api.definitions.draft import Draft
from graphql_api.definitions.parse_common import definition_reader, described
from graphql_api.definitions.parse_views import parse_view
from graphql_api.definitions.pins import version_after
from graphql_api.definitions.resolve_views import resolve_view
from graphql_api.documents.feature_views import (
    FeatureViewDocument,
    FeatureViewVersionDocument,
    SqlTransformationPart,
)
from graphql_api.domain.enums import DefinitionKind


def cause(draft: Draft, version: FeatureViewVersionDocument) -> str | None:
    """Where the definition is that a version has to follow; None where there is none."""
    made = version.transformation
    for source in made.sources:
        now = draft.sources.get(source.name)
        if source.name in draft.changed_sources and now is not None and now.id == source.source_id:
            return draft.parsed.sources[source.name].about.path
    for pin in made.views:
        if pin.version_id in draft.moved:
            return draft.causes[pin.name]
    return None


async def follow(
    draft: Draft, view: FeatureViewDocument, version: FeatureViewVersionDocument, path: str
) -> Content | None:
    """The version as its own document makes it over what it is built on as that would be. None after a problem, which
    is said at `path`."""
    if (flipped := _flipped(draft, version)) is not None:
        turn = "become static" if flipped else "be static no more"
        draft.problems.add(path, f"{view.name} would {turn}.", f"Define {view.name} anew in the same plan.")
        return None
    aside = draft.aside()
    reader = definition_reader(view.spec, path, aside.problems, DefinitionKind.FEATURE_VIEW)
    content = await resolve_view(aside, parse_view(reader, described(reader, DefinitionKind.FEATURE_VIEW)))
    for problem in aside.problems.sorted():
        at = problem.path.removeprefix(f"{path}.")
        message = f"{view.name} could not read it any more. In its {at}: {problem.message}"
        draft.problems.add(path, message, f"Keep what it reads, or define {view.name} anew in the same plan.")
    if content is None or aside.problems:
        return None
    if content.meaning() != Content.of(version).meaning():
        draft.warnings.extend(aside.warnings)
    return content


def _flipped(draft: Draft, version: FeatureViewVersionDocument) -> bool | None:
    """What a SQL view would be, static or not, where it is not that now."""
    made = version.transformation
    if not isinstance(made, SqlTransformationPart):
        return None
    sources = [source for one in made.sources if (source := draft.sources.get(one.name)) is not None]
    views = [after for pin in made.views if (after := version_after(draft, pin.version_id)) is not None]
    if len(sources) < len(made.sources) or len(views) < len(made.views):
        return None
    is_static = all(one.event_timestamp is None for one in sources) and all(one.is_static for one in views)
    return None if is_static == version.is_static else is_static

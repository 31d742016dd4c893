"""Views that are not in the plan themselves, but read a source that changes in it."""

from graphql_api.definitions.content import Content
from graphql_api.definitions.draft import Draft
from graphql_api.definitions.frozen import refrozen, relation_of
from graphql_api.definitions.outputs import Places, sql_text
from graphql_api.definitions.resolve_views import checked_sql
from graphql_api.documents.base import new_id
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.domain.enums import DefinitionKind, VersionState
from graphql_api.engines.shapes import SqlProblem


def readers(draft: Draft) -> list[tuple[FeatureViewDocument, FeatureViewVersionDocument]]:
    """Views that are not defined here and whose latest version reads a source that changes."""
    changed = {source.id for name in draft.changed_sources if (source := draft.registry.sources.get(name)) is not None}
    found: list[tuple[FeatureViewDocument, FeatureViewVersionDocument]] = []
    for name, view in sorted(draft.registry.views.items()):
        version = draft.registry.latest(name)
        defined = name in draft.parsed.views or draft.is_broken(DefinitionKind.FEATURE_VIEW, name)
        if version is None or defined or version.state is VersionState.ARCHIVED:
            continue
        if any(source.source_id in changed for source in version.transformation.sources):
            found.append((view, version))
    return found


async def refrozen_content(
    draft: Draft, view: FeatureViewDocument, version: FeatureViewVersionDocument
) -> Content | None:
    """The version over its sources as they would be; problems are said where a source is defined."""
    held = version.transformation
    sources = {part.name: source for part in held.sources if (source := draft.sources.get(part.name)) is not None}
    if len(sources) < len(held.sources):
        return None
    changed = next(name for name in sources if name in draft.changed_sources)
    path = draft.parsed.sources[changed].about.path
    before = len(draft.problems)
    parts = await refrozen(held, sources, draft.answers)
    columns = await draft.answers.sql(held.sql, [relation_of(part) for part in parts])
    if isinstance(columns, SqlProblem):
        draft.problems.add(path, f"{view.name} could not read it any more. {sql_text(columns)}", columns.hint)
        return None
    is_static = all(part.event_timestamp is None for part in parts)
    if is_static != version.is_static:
        turn = "become static" if is_static else "be static no more"
        draft.problems.add(path, f"{view.name} would {turn}.", f"Define {view.name} anew in the same plan.")
        return None
    transformation = checked_sql(
        draft,
        Places.elsewhere(path, view.name, version.features),
        held.model_copy(update={"sources": parts}),
        columns,
        keys=version.keys,
        features=version.features,
        is_static=is_static,
    )
    if len(draft.problems) > before:
        return None
    return Content(
        entities=version.entities,
        features=tuple(feature.model_copy(update={"id": new_id()}) for feature in version.features),
        transformation=transformation.model_copy(update={"id": new_id()}),
        validations=tuple(check.model_copy(update={"id": new_id()}) for check in version.validations),
        ttl=version.ttl,
        delay=version.delay,
        is_static=is_static,
    )

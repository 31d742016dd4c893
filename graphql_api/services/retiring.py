"""The end of a version's life: deprecated, it is served on and takes no new dependents; archived, it is over."""

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.definitions.plan import Change, PlannedChange
from graphql_api.definitions.problems import listed
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.documents.recording import RegistryMoved
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.domain.enums import IN_PROGRESS, ChangeKind, DefinitionKind, VersionState
from graphql_api.domain.references import Reference
from graphql_api.domain.times import utc_now
from graphql_api.errors import BlockedByDependents, Conflict
from graphql_api.services.decisions import Decision, refused
from graphql_api.services.naming import version_named, version_reference
from graphql_api.services.usage_reading import read_usage

_TAKES_DEPENDENTS = (VersionState.DRAFT, VersionState.PUBLISHED)


async def decide_deprecate(
    project: ProjectDocument, wanted: Reference, reason: str | None, replacement: str | None = None
) -> Decision:
    """Of the current version without a number; one that is deprecated already takes the new reason and replacement.
    `reason` None: it is not known yet. Raises NotFound, also where there is no such replacement."""
    view, version = await version_named(project, wanted)
    dependents = tuple((await read_usage(project.id)).dependents([version.id]))
    if version.state is VersionState.DRAFT:
        return refused(Conflict(f"{version.reference} is a draft, on which nobody relies yet: archive it."), dependents)
    if version.state is VersionState.ARCHIVED:
        return refused(Conflict(f"{version.reference} is ARCHIVED, which is the end already."), dependents)
    successor = await _replacement(project, version, replacement)
    if isinstance(successor, Conflict):
        return refused(successor, dependents)
    changes = await _deprecation(version, reason, successor)
    on = f"; {listed(dependents)} may go on with it" if dependents else ""
    return Decision(
        f"{version.reference} is served on, and takes no new dependents{on}.",
        dependents,
        (_changed(view.name, version, changes, dependents),) if changes else (),
        lambda session: _set(
            version,
            {
                "state": VersionState.DEPRECATED,
                "deprecated_at": version.deprecated_at or utc_now(),
                "deprecation_reason": reason,
                "replacement_id": successor.id if successor else None,
            },
            session,
        ),
    )


async def _replacement(
    project: ProjectDocument, version: FeatureViewVersionDocument, text: str | None
) -> FeatureViewVersionDocument | Conflict | None:
    if text is None:
        return None
    _, found = await version_named(project, version_reference(text))
    if found.id == version.id:
        return Conflict(f"{version.reference} cannot replace itself.")
    if found.state not in _TAKES_DEPENDENTS:
        return Conflict(f"{found.reference} is {found.state}: it can replace nothing.")
    return found


async def _deprecation(
    version: FeatureViewVersionDocument, reason: str | None, successor: FeatureViewVersionDocument | None
) -> tuple[Change, ...]:
    """Of the state, the reason (once it is known) and the replacement, those that differ."""
    told = version.replacement_id and await FeatureViewVersionDocument.get(version.replacement_id)
    reason = version.deprecation_reason if reason is None else reason
    differences = (
        ("state", version.state, VersionState.DEPRECATED),
        ("deprecationReason", version.deprecation_reason, reason),
        ("replacement", told.reference if told else None, successor.reference if successor else None),
    )
    return tuple(
        Change(ChangeKind.CHANGED, f"versions.{version.number}.{name}", before, after)
        for name, before, after in differences
        if before != after
    )


async def decide_archive(project: ProjectDocument, wanted: Reference) -> Decision:
    """Of the current version without a number, which is always refused. Raises NotFound."""
    view, version = await version_named(project, wanted)
    if version.state is VersionState.ARCHIVED:
        return Decision(f"{version.reference} is archived already.")
    dependents = tuple((await read_usage(project.id)).dependents([version.id], archived=False))
    if dependents:
        uses = "uses" if len(dependents) == 1 else "use"
        message = f"{version.reference} cannot be archived: {listed(dependents)} {uses} it."
        return refused(BlockedByDependents(message, dependents), dependents)
    if view.current_version == version.number:
        way = "publish another version first, or delete the view"
        return refused(Conflict(f"{version.reference} is the current version of {view.name}: {way}."))
    path = f"versions.{version.number}.state"
    change = Change(ChangeKind.CHANGED, path, version.state, VersionState.ARCHIVED, breaking=True)
    return Decision(
        f"{version.reference} is over: it answers nothing, and no run goes on for it.",
        changes=(_changed(view.name, version, (change,)),),
        write=lambda session: _archive(version, session),
    )


async def _archive(version: FeatureViewVersionDocument, session: AsyncClientSession) -> None:
    """Raises RegistryMoved where a training data set of it has been asked for meanwhile."""
    building = {"entries.version_id": version.id, "state": {"$in": list(IN_PROGRESS)}}
    if await collection_of(TrainingDatasetDocument).find_one(building, {"_id": 1}, session=session):
        raise RegistryMoved
    await _set(version, {"state": VersionState.ARCHIVED}, session)


def _changed(
    view_name: str, version: FeatureViewVersionDocument, changes: tuple[Change, ...], dependents: tuple[str, ...] = ()
) -> PlannedChange:
    kind = DefinitionKind.FEATURE_VIEW
    return PlannedChange(ChangeKind.CHANGED, kind, view_name, changes, dependents, of_version=version.reference)


async def _set(version: FeatureViewVersionDocument, fields: dict[str, object], session: AsyncClientSession) -> None:
    done = await collection_of(FeatureViewVersionDocument).update_one(
        {"_id": version.id, "state": version.state}, {"$set": fields}, session=session
    )
    if not done.matched_count:
        raise RegistryMoved


async def is_held(version: FeatureViewVersionDocument) -> bool:
    """Does a version that is not over share its data?"""
    others: dict[str, object] = {"data_id": version.data_id, "state": {"$ne": VersionState.ARCHIVED}}
    return await collection_of(FeatureViewVersionDocument).find_one(others, {"_id": 1}) is not None

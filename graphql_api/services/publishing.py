"""Making a version the current one by hand: a draft that waits, or an older version, which is the way back."""

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.definitions.plan import Change, PlannedChange
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.documents.recording import RegistryChange, RegistryMoved
from graphql_api.domain.enums import ChangeKind, DefinitionKind, VersionState
from graphql_api.domain.references import Reference
from graphql_api.domain.times import utc_now
from graphql_api.errors import Conflict
from graphql_api.runs.log import Database
from graphql_api.runs.on_demand import publish_on_demand, unpublished_inputs
from graphql_api.runs.publishing import published
from graphql_api.services.decisions import Decision, refused
from graphql_api.services.naming import version_named
from graphql_api.services.usage_reading import read_usage


async def decide_publish(project: ProjectDocument, wanted: Reference) -> Decision:
    """Without a number, of the view's newest version. One that is current already stays so. Raises NotFound."""
    view, version = await version_named(project, wanted, newest=True)
    dependents = tuple((await read_usage(project.id)).dependents([version.id]))
    if view.current_version == version.number and version.state is VersionState.PUBLISHED:
        return Decision(f"{version.reference} is the current version already.", dependents)
    refusal = await _refusal(version)
    if refusal is not None:
        return refused(refusal, dependents)
    before = f" in the place of {view.name}@{view.current_version}" if view.current_version else ""
    return Decision(
        f"{version.reference} becomes what {view.name} means without a number{before}.",
        dependents,
        (
            PlannedChange(
                ChangeKind.CHANGED,
                DefinitionKind.FEATURE_VIEW,
                view.name,
                _changes(view, version),
                dependents,
                of_version=version.reference,
            ),
        ),
        lambda session: _move(view, version, session),
    )


async def _refusal(version: FeatureViewVersionDocument) -> Conflict | None:
    if version.state in (VersionState.DEPRECATED, VersionState.ARCHIVED):
        return Conflict(f"{version.reference} is {version.state}: only a draft or a published version can be current.")
    if not version.has_runs:
        waits = await unpublished_inputs(_database(), version)
        if waits:
            return Conflict(f"{version.reference} is made from {', '.join(waits)}: publish that first.")
        return None
    copy = await DataCopyDocument.get(version.data_id)
    if copy is None or not copy.covered_online:
        return Conflict(f"{version.reference} has no data yet: materialize it first.")
    return None


def _changes(view: FeatureViewDocument, version: FeatureViewVersionDocument) -> tuple[Change, ...]:
    moved = Change(ChangeKind.CHANGED, "currentVersion", view.current_version, version.number)
    if version.state is VersionState.PUBLISHED:
        return (moved,)
    path = f"versions.{version.number}.state"
    return (Change(ChangeKind.CHANGED, path, version.state, VersionState.PUBLISHED), moved)


async def _move(
    view: FeatureViewDocument, version: FeatureViewVersionDocument, session: AsyncClientSession
) -> list[RegistryChange]:
    """On-demand versions follow; what the registry's events say of these."""
    now = utc_now()
    done = await collection_of(FeatureViewVersionDocument).update_one(
        {"_id": version.id, "state": version.state},
        {"$set": {"state": VersionState.PUBLISHED, "published_at": version.published_at or now}},
        session=session,
    )
    moved = await collection_of(FeatureViewDocument).update_one(
        {"_id": view.id, "current_version": view.current_version},
        {"$set": {"current_version": version.number, "updated_at": now}},
        session=session,
    )
    if not (done.matched_count and moved.matched_count):
        raise RegistryMoved
    followed = await publish_on_demand(_database(), session, [version.id])
    return [published(one.view, one.number) for one in followed]


def _database() -> Database:
    return collection_of(FeatureViewDocument).database

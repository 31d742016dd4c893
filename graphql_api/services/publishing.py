"""Making a version the current one by hand: a draft that waits, or an older version, which is the way back."""

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of, in_transaction
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import ChangeKind, DefinitionKind, VersionState
from graphql_api.domain.references import Reference
from graphql_api.domain.times import utc_now
from graphql_api.errors import Conflict, NotFound
from graphql_api.runs.log import Database
from graphql_api.runs.on_demand import publish_on_demand, unpublished_inputs

ATTEMPTS = 5


class _Overtaken(Exception):
    """The view or the version has changed since they were read."""


async def publish(project: ProjectDocument, wanted: Reference, *, actor: str) -> FeatureViewVersionDocument:
    """The version as it then is. One that is current already stays so, and nothing is written.

    Raises:
        NotFound: there is no such version.
        Conflict: it is deprecated or archived, a draft without data, or made from views that are not published.
    """
    for _ in range(ATTEMPTS):
        view = await FeatureViewDocument.find_one({"project_id": project.id, "name": wanted.name})
        number = wanted.version or (view.latest_version if view else 0)
        version = view and await FeatureViewVersionDocument.find_one({"view_id": view.id, "number": number})
        if view is None or version is None:
            raise NotFound(f"There is no version {wanted} in {project.name!r}.")
        if view.current_version == number and version.state is VersionState.PUBLISHED:
            return version
        await _must_be_publishable(version)
        try:
            await _move(view, version, actor=actor)
        except _Overtaken:
            continue
    raise Conflict(f"{wanted} was changed by others while it was published, {ATTEMPTS} times over. Try again.")


async def _must_be_publishable(version: FeatureViewVersionDocument) -> None:
    if version.state in (VersionState.DEPRECATED, VersionState.ARCHIVED):
        raise Conflict(f"{version.reference} is {version.state}: only a draft or a published version can be current.")
    if not version.has_runs:
        waits = await unpublished_inputs(_database(), version)
        if waits:
            raise Conflict(f"{version.reference} is made from {', '.join(waits)}: publish that first.")
        return
    copy = await DataCopyDocument.get(version.data_id)
    if copy is None or not copy.covered_online:
        raise Conflict(f"{version.reference} has no data yet: materialize it first.")


async def _move(view: FeatureViewDocument, version: FeatureViewVersionDocument, *, actor: str) -> None:
    now = utc_now()

    async def body(session: AsyncClientSession) -> None:
        published = await collection_of(FeatureViewVersionDocument).update_one(
            {"_id": version.id, "state": version.state},
            {"$set": {"state": VersionState.PUBLISHED, "published_at": version.published_at or now}},
            session=session,
        )
        moved = await collection_of(FeatureViewDocument).update_one(
            {"_id": view.id, "current_version": view.current_version},
            {"$set": {"current_version": version.number, "updated_at": now}},
            session=session,
        )
        if not (published.matched_count and moved.matched_count):
            raise _Overtaken
        await _record(view, actor, session)
        for followed in await publish_on_demand(_database(), session, [version.id]):
            await _record(followed.view, actor, session)

    await in_transaction(FeatureViewDocument, body)


def _database() -> Database:
    return collection_of(FeatureViewDocument).database


async def _record(view: FeatureViewDocument, actor: str, session: AsyncClientSession) -> None:
    """The project's next registry event: whoever serves the view makes its plans anew."""
    project = await collection_of(ProjectDocument).find_one_and_update(
        {"_id": view.project_id}, {"$inc": {"revision": 1}}, session=session, return_document=ReturnDocument.AFTER
    )
    if project is None:
        raise _Overtaken
    event = RegistryEventDocument(
        project_id=view.project_id,
        sequence=project["revision"],
        kind=DefinitionKind.FEATURE_VIEW,
        name=view.name,
        change=ChangeKind.CHANGED,
        actor=actor,
    )
    await event.insert(session=session)

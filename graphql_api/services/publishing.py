"""Making a version the current one by hand: a draft that waits, or an older version, which is the way back."""

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of, in_transaction
from graphql_api.documents.recording import Deed, RegistryMoved, record_changes
from graphql_api.domain.enums import VersionState
from graphql_api.domain.references import Reference
from graphql_api.domain.times import utc_now
from graphql_api.errors import Conflict, NotFound
from graphql_api.runs.log import Database
from graphql_api.runs.on_demand import publish_on_demand, unpublished_inputs
from graphql_api.runs.publishing import published

ATTEMPTS = 5


class _Overtaken(Exception):
    """The view or the version has changed since they were read."""


async def publish(project: ProjectDocument, wanted: Reference, *, deed: Deed) -> FeatureViewVersionDocument:
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
            await _move(view, version, deed)
        except (_Overtaken, RegistryMoved):
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


async def _move(view: FeatureViewDocument, version: FeatureViewVersionDocument, deed: Deed) -> None:
    now = utc_now()
    change = published(view, version.number)

    async def body(session: AsyncClientSession) -> None:
        await record_changes(session, view.project_id, [change], deed=deed)
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
            raise _Overtaken
        followed = await publish_on_demand(_database(), session, [version.id])
        if followed:
            await record_changes(
                session, view.project_id, [published(one.view, one.number) for one in followed], deed=deed
            )

    await in_transaction(FeatureViewDocument, body)


def _database() -> Database:
    return collection_of(FeatureViewDocument).database

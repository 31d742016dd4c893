"""The end of a run: its data is online whole, and drafts that cover enough become current."""

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.copies import DataCopyDocument, as_intervals
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of, parsed
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import ChangeKind, DefinitionKind, PublishMode, RunState, VersionState
from graphql_api.domain.times import Intervals, TimeRange, utc_now
from graphql_api.errors import Fenced
from graphql_api.runs.coverage import FOREVER
from graphql_api.runs.log import RunLog


async def publish(log: RunLog) -> None:
    """SUCCEEDED, in one transaction with what follows from it. Raises Fenced."""
    run = log.run

    async def also(session: AsyncClientSession) -> None:
        copy = await _release(run, session)
        await _publish_drafts(run, as_intervals(copy.covered), session)

    await log.end(RunState.SUCCEEDED, message="Done.", also=also)


def is_enough(covered: Intervals, current: Intervals, since: int | None, *, is_first: bool) -> bool:
    """Does a draft cover, from `since` on, what the current version covered? The first version need not compare."""
    if is_first or since is None:
        return is_first or covered.contains_all(current)
    return covered.contains_all(current.intersect(TimeRange(since, FOREVER.end)))


async def _release(run: MaterializationDocument, session: AsyncClientSession) -> DataCopyDocument:
    copies = collection_of(DataCopyDocument)
    raw = await copies.find_one({"_id": run.data_id, "writing": run.id}, session=session)
    if raw is None:
        raise Fenced(f"run {run.id} no longer writes data copy {run.data_id}")
    change = {"$set": {"writing": None, "covered_online": raw["covered"]}}
    await copies.update_one({"_id": run.data_id}, change, session=session)
    return parsed(DataCopyDocument, raw)


async def _publish_drafts(run: MaterializationDocument, covered: Intervals, session: AsyncClientSession) -> None:
    """The newest draft that holds this data, if the view publishes by itself and it is ahead of what is current."""
    view = await FeatureViewDocument.get(run.view_id, session=session)
    if view is None or view.publish is not PublishMode.AUTO:
        return
    draft = await FeatureViewVersionDocument.find_one(
        {
            "view_id": view.id,
            "data_id": run.data_id,
            "state": VersionState.DRAFT,
            "number": {"$gt": view.current_version or 0},
        },
        session=session,
        sort=[("number", -1)],
    )
    current = as_intervals(run.current_covered)
    if draft is None or not is_enough(covered, current, view.since, is_first=view.current_version is None):
        return
    await _publish_version(view, draft, run.requested_by, session)


async def _publish_version(
    view: FeatureViewDocument, version: FeatureViewVersionDocument, actor: str, session: AsyncClientSession
) -> None:
    now = utc_now()
    await collection_of(FeatureViewVersionDocument).update_one(
        {"_id": version.id}, {"$set": {"state": VersionState.PUBLISHED, "published_at": now}}, session=session
    )
    await collection_of(FeatureViewDocument).update_one(
        {"_id": view.id}, {"$set": {"current_version": version.number, "updated_at": now}}, session=session
    )
    project = await collection_of(ProjectDocument).find_one_and_update(
        {"_id": view.project_id}, {"$inc": {"revision": 1}}, session=session
    )
    if project is None:
        raise RuntimeError(f"project {view.project_id} is gone")
    await RegistryEventDocument(
        project_id=view.project_id,
        sequence=project["revision"] + 1,
        kind=DefinitionKind.FEATURE_VIEW,
        name=view.name,
        change=ChangeKind.CHANGED,
        actor=actor,
    ).insert(session=session)

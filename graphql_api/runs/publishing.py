"""When a draft is published by the run that makes it as good as what is served."""

from dataclasses import dataclass

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.audit import ActorPart
from graphql_api.documents.cataloguing import keep_catalog
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.recording import Deed, RegistryChange, RegistryMoved, record_changes
from graphql_api.documents.registry_events import ChangePart
from graphql_api.domain.enums import ChangeKind, DefinitionKind, PublishMode, VersionState
from graphql_api.domain.readiness import missing
from graphql_api.domain.times import Intervals, TimeRange, utc_now
from graphql_api.runs.log import Database
from graphql_api.runs.on_demand import publish_on_demand
from graphql_api.runs.transactions import Overtaken


@dataclass(frozen=True, slots=True)
class Publication:
    """What becomes of the drafts that share a copy of data; `view` is as it was when this was decided."""

    view: FeatureViewDocument | None
    versions: tuple[FeatureViewVersionDocument, ...]
    message: str


async def decide(database: Database, run: MaterializationDocument, covered: Intervals) -> Publication:
    """Which drafts are ready, once this run is online and so much is `covered` there: it only ever moves forward."""
    raw = await database["feature_views"].find_one({"_id": run.view_id})
    if raw is None:
        return Publication(None, (), "")
    view = FeatureViewDocument.model_validate(raw)
    drafts = [
        FeatureViewVersionDocument.model_validate(draft)
        async for draft in database["feature_view_versions"].find(
            {
                "view_id": run.view_id,
                "data_id": run.data_id,
                "state": VersionState.DRAFT,
                "number": {"$gt": view.current_version or 0},
            },
            sort=[("number", 1)],
        )
    ]
    if not drafts or view.publish != PublishMode.AUTO:
        return Publication(view, (), "")
    lacking = missing(covered, await _asked_of(database, run, view.current_version), view.since)
    if lacking:
        gaps = ", ".join(str(gap) for gap in lacking)
        message = f"{drafts[-1].reference} stays a draft: what the current version covers is not covered yet: {gaps}."
        return Publication(view, (), message)
    return Publication(view, tuple(drafts), f"Published {', '.join(draft.reference for draft in drafts)}.")


async def _asked_of(database: Database, run: MaterializationDocument, current: int | None) -> Intervals:
    """What the current version covered when the latest run of the draft's data was requested."""
    if current is None:
        return Intervals()
    latest = await database["materializations"].find_one(
        {"data_id": run.data_id, "view_id": run.view_id},
        {"current_covered": 1},
        sort=[("requested_at", -1), ("_id", -1)],
    )
    pieces = latest["current_covered"] if latest else ()
    return Intervals.of(TimeRange(piece["start"], piece["end"]) for piece in pieces)


async def publish(database: Database, session: AsyncClientSession, publication: Publication, *, actor: str) -> None:
    """Move the current version, in the caller's transaction; on-demand versions follow.

    Raises Overtaken where the view has changed since."""
    view, versions = publication.view, publication.versions
    if view is None or not versions:
        return
    now = utc_now()
    for version in versions:
        done = await database["feature_view_versions"].update_one(
            {"_id": version.id, "state": VersionState.DRAFT},
            {"$set": {"state": VersionState.PUBLISHED, "published_at": now}},
            session=session,
        )
        if not done.matched_count:
            raise Overtaken
    moved = await database["feature_views"].update_one(
        {"_id": view.id, "current_version": view.current_version, "publish": PublishMode.AUTO},
        {"$set": {"current_version": versions[-1].number, "updated_at": now}},
        session=session,
    )
    if not moved.matched_count:
        raise Overtaken
    deed = Deed(ActorPart(name=actor), "publishAfterRun")
    changes = [published(view, versions[-1].number)]
    followed = await publish_on_demand(database, session, [version.id for version in versions])
    changes += [published(one.view, one.number) for one in followed]
    try:
        await record_changes(session, view.project_id, changes, deed=deed, even_archived=True)
    except RegistryMoved as gone:
        raise Overtaken from gone
    changed = [view.name, *(one.view.name for one in followed)]
    await keep_catalog(session, view.project_id, [(DefinitionKind.FEATURE_VIEW, name) for name in changed])


def published(view: FeatureViewDocument, number: int) -> RegistryChange:
    """What the registry's event says of a version that becomes the current one."""
    moved = ChangePart(kind=ChangeKind.CHANGED, path="currentVersion", before=view.current_version, after=number)
    return RegistryChange(
        DefinitionKind.FEATURE_VIEW, view.name, ChangeKind.CHANGED, (moved,), version=f"{view.name}@{number}"
    )

"""On-demand versions hold no data and wait for no run: one is published when the last of its inputs is."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.base import ID
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.domain.enums import PUBLISHED, TransformationKind, VersionState
from graphql_api.domain.times import utc_now
from graphql_api.runs.log import Database


@dataclass(frozen=True, slots=True)
class Followed:
    """A view, as it was before, whose current version is now the one of this number."""

    view: FeatureViewDocument
    number: int


async def publish_on_demand(database: Database, session: AsyncClientSession, inputs: Sequence[ID]) -> list[Followed]:
    """Publish the drafts that wait for nothing more, now that `inputs` are published; the caller records them.

    In the transaction that publishes the inputs. That one writes the project too, so of two at once the later one
    begins anew and sees both."""
    drafts = database["feature_view_versions"].find(
        {
            "transformation.kind": TransformationKind.ON_DEMAND,
            "transformation.views.version_id": {"$in": list(inputs)},
            "state": VersionState.DRAFT,
        },
        session=session,
        sort=[("view_name", 1), ("number", 1)],
    )
    followed: list[Followed] = []
    for draft in [FeatureViewVersionDocument.model_validate(raw) async for raw in drafts]:
        if not await unpublished_inputs(database, draft, session):
            followed.append(await _publish(database, session, draft))
    return followed


async def unpublished_inputs(
    database: Database, version: FeatureViewVersionDocument, session: AsyncClientSession | None = None
) -> list[str]:
    """References of the versions that it is made from and that are not published."""
    pins = {pin.version_id: pin.reference for pin in version.transformation.views}
    unpublished = database["feature_view_versions"].find(
        {"_id": {"$in": list(pins)}, "state": {"$nin": list(PUBLISHED)}}, {"_id": 1}, session=session
    )
    return sorted([pins[raw["_id"]] async for raw in unpublished])


async def _publish(database: Database, session: AsyncClientSession, version: FeatureViewVersionDocument) -> Followed:
    """A draft is its view's newest version, so the current one moves forward."""
    now = utc_now()
    await database["feature_view_versions"].update_one(
        {"_id": version.id}, {"$set": {"state": VersionState.PUBLISHED, "published_at": now}}, session=session
    )
    before = await database["feature_views"].find_one_and_update(
        {"_id": version.view_id},
        {"$set": {"current_version": version.number, "updated_at": now}},
        session=session,
    )
    return Followed(FeatureViewDocument.model_validate(before), version.number)

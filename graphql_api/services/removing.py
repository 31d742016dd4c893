"""Deleting what is to be deleted, within the transaction of whoever decided it."""

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.definitions.removal import Removal
from graphql_api.documents.base import ID, new_id
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of
from graphql_api.documents.recording import RegistryMoved
from graphql_api.documents.removals import DataRemovalDocument
from graphql_api.documents.tombstones import TombstoneDocument
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.domain.enums import IN_PROGRESS
from graphql_api.domain.times import utc_now


async def remove(project_id: ID, removal: Removal, session: AsyncClientSession) -> None:
    """The objects, and with a view its versions and runs; its data is marked, for a worker to remove.

    Runs go with their view because a run is always of a version. Raises RegistryMoved where one has begun, or a
    training data set was asked for that uses what goes."""
    await _require_unused(removal, session)
    await _remove_data(removal.views, session)
    await _delete(FeatureViewVersionDocument, "view_id", removal.views, session)
    for model, ids in (
        (FeatureViewDocument, removal.views),
        (FeatureServiceDocument, removal.services),
        (DataSourceDocument, removal.sources),
        (EntityDocument, removal.entities),
    ):
        await _delete(model, "_id", ids, session)
    for (kind, name), number in removal.numbers.items():
        await collection_of(TombstoneDocument).update_one(
            {"project_id": project_id, "kind": kind, "name": name},
            {"$max": {"last_number": number}, "$setOnInsert": {"_id": new_id()}},
            upsert=True,
            session=session,
        )


async def _require_unused(removal: Removal, session: AsyncClientSession) -> None:
    """Whoever asks for a data set writes to the project, as does whoever removes, so that one of the two sees the
    other."""
    of_views = {"view_id": {"$in": list(removal.views)}}
    versions = collection_of(FeatureViewVersionDocument).find(of_views, {"_id": 1}, session=session)
    uses = [
        {"entries.version_id": {"$in": [raw["_id"] async for raw in versions]}},
        {"service_id": {"$in": list(removal.services)}},
        {"spine.source.source_id": {"$in": list(removal.sources)}},
    ]
    if await collection_of(TrainingDatasetDocument).find_one({"$or": uses}, {"_id": 1}, session=session):
        raise RegistryMoved


async def _remove_data(view_ids: Sequence[ID], session: AsyncClientSession) -> None:
    """Whoever asks for a run writes to the copy, so that one who does so meanwhile is seen, or sees that it is gone."""
    if not view_ids:
        return
    of_views: dict[str, object] = {"view_id": {"$in": list(view_ids)}}
    copies = [raw["_id"] async for raw in collection_of(DataCopyDocument).find(of_views, {"_id": 1}, session=session)]
    await _delete(DataCopyDocument, "view_id", view_ids, session)
    runs = collection_of(MaterializationDocument)
    if await runs.find_one({**of_views, "state": {"$in": list(IN_PROGRESS)}}, {"_id": 1}, session=session):
        raise RegistryMoved
    written: dict[int, list[ID]] = {data_id: [] for data_id in copies}
    async for run in runs.find(of_views, {"data_id": 1}, session=session):
        written.setdefault(run["data_id"], []).append(run["_id"])
    now = utc_now()
    marks: list[dict[str, Any]] = [{"_id": data_id, "runs": ids, "marked_at": now} for data_id, ids in written.items()]
    if marks:
        await collection_of(DataRemovalDocument).insert_many(marks, session=session)
    await _delete(MaterializationDocument, "view_id", view_ids, session)


async def _delete(model: type[Any], field: str, ids: Sequence[ID], session: AsyncClientSession) -> None:
    if ids:
        await collection_of(model).delete_many({field: {"$in": list(ids)}}, session=session)

"""Uploads are removed after a day, unless something names them."""

import asyncio
from datetime import datetime, timedelta

from bson import ObjectId

from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.documents.uploads import UploadDocument
from graphql_api.domain.enums import IN_PROGRESS
from graphql_api.domain.uploads import USABLE_FOR
from graphql_api.runs.log import Database
from graphql_api.runs.tools import Tools

GRACE = timedelta(hours=1)
"""Who named one at the last moment has written that by then."""
UPLOADS_A_PASS = 500
_AT_ONCE = 8


async def remove_old_uploads(
    tools: Tools, now: datetime, *, after: str | None = None, most: int = UPLOADS_A_PASS
) -> tuple[int, str | None]:
    """Look at so many old uploads after an id. Return how many were removed, and the last id that was looked at (None:
    that was the end)."""
    old: dict[str, object] = {"created_at": {"$lt": now - USABLE_FOR - GRACE}}
    if after is not None:
        old["_id"] = {"$gt": ObjectId(after)}
    raws = await tools.database["uploads"].find(old, sort=[("_id", 1)], limit=most).to_list()
    found = [UploadDocument.model_validate(raw) for raw in raws]
    gone = [upload for upload in found if not await is_named(tools.database, upload)]
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(upload: UploadDocument) -> None:
        async with slots:
            await tools.objects.delete(upload.key)
            await tools.database["uploads"].delete_one({"_id": upload.id})

    async with asyncio.TaskGroup() as group:
        for upload in gone:
            group.create_task(one(upload))
    return len(gone), str(found[-1].id) if len(found) == most else None


async def is_named(database: Database, upload: UploadDocument) -> bool:
    """By a data source, by a version that was made from one, or by a build that reads it."""
    own: dict[str, object] = {"project_id": upload.project_id}
    wanted: dict[str, dict[str, object]] = {
        DataSourceDocument.Settings.name: {"uris": upload.uri},
        FeatureViewVersionDocument.Settings.name: {"transformation.sources.uris": upload.uri},
        TrainingDatasetDocument.collection: {"spine.upload_id": upload.id, "state": {"$in": list(IN_PROGRESS)}},
    }
    for collection, where in wanted.items():
        if await database[collection].find_one({**own, **where}, {"_id": 1}) is not None:
            return True
    return False

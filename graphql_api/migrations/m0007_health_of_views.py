"""Lists of views that are stale or failing are read from indexes; copies say whether their newest run failed."""

from graphql_api.migrations.work import Work, index

_LISTED = "project_id kind listed"


async def migrate(work: Work) -> None:
    await work.create(
        "catalog",
        [index("freshness", f"{_LISTED} freshness data_id _id", partialFilterExpression={"kind": "FEATURE_VIEW"})],
    )
    await work.create(
        "data_copies",
        [
            index("latest", "project_id latest_event _id"),
            index("failing", "project_id", partialFilterExpression={"failing": True}),
        ],
    )
    failing = await _failing(work)
    await work.update(
        "data_copies", {"failing": {"$exists": False}}, [{"$set": {"failing": {"$in": ["$_id", failing]}}}]
    )


async def _failing(work: Work) -> list[int]:
    """Copies whose newest run that ended, cancelled ones aside, failed."""
    newest = await work.database["materializations"].aggregate(
        [
            {"$match": {"state": {"$in": ["SUCCEEDED", "FAILED"]}}},
            {"$sort": {"data_id": 1, "finished_at": -1}},
            {"$group": {"_id": "$data_id", "state": {"$first": "$state"}}},
            {"$match": {"state": "FAILED"}},
        ],
        allowDiskUse=True,
    )
    return [found["_id"] async for found in newest]

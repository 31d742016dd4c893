"""Events of runs are kept for 30 days; the last ones, in the run's own document, as long as the run."""

from datetime import datetime, timedelta

from graphql_api.runs.log import Database

KEPT = timedelta(days=30)
BATCHES_A_PASS = 5_000


async def remove_old_events(database: Database, now: datetime, *, most: int = BATCHES_A_PASS) -> int:
    """Return how many batches are gone. The oldest go first, so that what is left of a run has no gap."""
    old = database["run_events"].find({"events.at": {"$lt": now - KEPT}}, {"_id": 1})
    ids = [batch["_id"] async for batch in old.sort([("events.at", 1), ("_id", 1)]).limit(most)]
    if ids:
        await database["run_events"].delete_many({"_id": {"$in": ids}})
    return len(ids)

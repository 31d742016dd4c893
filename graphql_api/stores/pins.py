"""Commits that somebody has named: what was visible as of them stays, however old it is."""

from datetime import datetime, timedelta
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.domain.enums import RunState

RESUMABLE_FOR = timedelta(days=7)
"""How long after its end a run that did not succeed may still be resumed, with what it has read and made."""


async def pinned_commits(database: AsyncDatabase[dict[str, Any]], data_id: int, now: datetime) -> set[int]:
    """The commits of a copy of data that training data sets name: those that are there, are being made, or may still be
    resumed. One that succeeded holds its own rows, but the commits that its manifest names stay readable until it is
    deleted."""
    ended = [RunState.FAILED, RunState.CANCELLED]
    naming = {
        "pins.data_id": data_id,
        "$or": [{"state": {"$nin": ended}}, {"finished_at": {"$gt": now - RESUMABLE_FOR}}],
    }
    found = await database["training_datasets"].find(naming, {"pins": 1}).to_list()
    return {int(pin["commit"]) for one in found for pin in one["pins"] if pin["data_id"] == data_id}

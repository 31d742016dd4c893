"""The moment at which a run's rows become visible offline."""

from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.commits import CommitDocument
from graphql_api.documents.copies import DataCopyDocument, as_intervals, as_parts
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.runs import RunEvent
from graphql_api.domain.times import Intervals, TimeRange
from graphql_api.errors import RunFault
from graphql_api.runs.coverage import covered_after
from graphql_api.runs.hold import Hold
from graphql_api.runs.log import Database
from graphql_api.runs.transactions import Overtaken, in_transaction
from graphql_api.stores.offline import ALL_TIME, OfflineStore


async def commit(
    hold: Hold[MaterializationDocument], *, rows: int, latest_event: int | None, event: RunEvent | None = None
) -> bool:
    """Give the run the next commit number of its data; False where another run is still on its way online.

    Raises Fenced or CancelAsked, and then nothing is visible."""
    database, run = hold.database, hold.run
    copy = await copy_of(database, run.data_id)
    if copy.writing is not None:
        return False
    number = copy.last_commit + 1
    covered = covered_after(as_intervals(copy.covered), start=run.start, end=run.end)
    changes = {
        "last_commit": number,
        "writing": run.id,
        "covered": as_parts(covered),
        "latest_event": await _latest(database, copy, run, latest_event),
    }
    document = CommitDocument(
        data_id=run.data_id,
        number=number,
        run_id=run.id,
        attempt=run.attempt,
        start=run.start,
        end=run.end,
        checkpoints=run.checkpoints,
        rows=rows,
    )
    stored = document.model_dump(exclude={"revision_id"})
    stored["_id"] = stored.pop("id")
    try:
        async with hold.writing({"commit": number}, event=event) as write:

            async def body(session: AsyncClientSession) -> None:
                await write.apply(session)
                turn = {"_id": copy.id, "writing": None, "last_commit": copy.last_commit}
                moved = await database["data_copies"].update_one(turn, {"$set": changes}, session=session)
                if not moved.matched_count:
                    raise Overtaken
                await database["commits"].insert_one(stored, session=session)

            await in_transaction(database, body)
    except Overtaken:
        return False
    return True


async def copy_of(database: Database, data_id: int) -> DataCopyDocument:
    """Raises RunFault where the data is gone, with its last version."""
    raw: dict[str, Any] | None = await database["data_copies"].find_one({"_id": data_id})
    if raw is None:
        raise RunFault("DATA_GONE", "No version holds this data any more.")
    return DataCopyDocument.model_validate(raw)


async def _latest(
    database: Database, copy: DataCopyDocument, run: MaterializationDocument, own: int | None
) -> int | None:
    """The newest event timestamp after the commit, which may be older than before where a range is run again."""
    if run.start is None:
        return run.end
    replaced = TimeRange(run.start, run.end)
    held = copy.latest_event
    if held is not None and replaced.start <= held < replaced.end:
        store = OfflineStore(database)
        windows = Intervals.of((ALL_TIME,)).subtract(replaced)
        kept = [file.latest for window in windows for file in await store.visible(copy.id, window)]
        held = max(kept, default=None)
    return max((moment for moment in (held, own) if moment is not None), default=None)

"""The queue of runs, which is the run documents themselves; clocks are MongoDB's alone."""

from beanie import PydanticObjectId
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import Raw, collection_of, parsed
from graphql_api.domain.enums import IN_PROGRESS, RunState
from graphql_api.domain.times import TimeRange
from graphql_api.errors import Conflict, NotFound
from graphql_api.runs.spacing import SPACING_MILLISECONDS

_ALWAYS = TimeRange(-(1 << 63), (1 << 63) - 1)


def lease_until(seconds: float) -> Raw:
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": round(seconds * 1000)}}


class Overlap(Exception):
    """A run in progress that writes where another would."""

    def __init__(self, run_id: PydanticObjectId) -> None:
        super().__init__(run_id)
        self.run_id = run_id


async def enqueue(run: MaterializationDocument, session: AsyncClientSession) -> None:
    """Insert a run within a transaction. Raises Overlap where one in progress of the same data overlaps its range."""
    # Touching the copy makes two requests at once conflict, so that the second one sees the first.
    await collection_of(DataCopyDocument).update_one({"_id": run.data_id}, {"$inc": {"requests": 1}}, session=session)
    wanted = range_of(run)
    others = collection_of(MaterializationDocument).find(
        {"data_id": run.data_id, "state": {"$in": list(IN_PROGRESS)}}, session=session
    )
    async for raw in others:
        other = parsed(MaterializationDocument, raw)
        if range_of(other).overlaps(wanted):
            raise Overlap(other.id)
    await run.insert(session=session)


def range_of(run: MaterializationDocument) -> TimeRange:
    """What the run may write; without a start it may be anything before its end."""
    if run.is_static:
        return _ALWAYS
    return TimeRange(_ALWAYS.start if run.start is None else run.start, run.end)


async def claim(owner: str, lease_seconds: float) -> MaterializationDocument | None:
    """Take the run that waits longest: a new one, one whose next attempt is due, or one whose owner is silent."""
    raw = await collection_of(MaterializationDocument).find_one_and_update(
        {
            "$or": [
                {"state": RunState.QUEUED},
                {"state": RunState.RETRYING, "$expr": {"$lte": ["$next_attempt_at", "$$NOW"]}},
                {
                    "state": {"$in": [RunState.RUNNING, RunState.CANCELLING]},
                    "$expr": {"$lt": ["$lease_expires_at", "$$NOW"]},
                },
            ]
        },
        [
            {
                "$set": {
                    "state": {"$cond": [{"$eq": ["$state", RunState.CANCELLING]}, "$state", RunState.RUNNING]},
                    "owner": {"$literal": owner},
                    "attempt": {"$add": ["$attempt", 1]},
                    "lease_expires_at": lease_until(lease_seconds),
                    "next_attempt_at": None,
                    "started_at": {"$ifNull": ["$started_at", "$$NOW"]},
                }
            }
        ],
        sort=[("requested_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )
    return None if raw is None else parsed(MaterializationDocument, raw)


async def cancel(run_id: PydanticObjectId, requested_by: str) -> MaterializationDocument:
    """End a run that waits, ask the owner of a running one to end it; return it as it is then.

    Raises NotFound; Conflict where it is finished, or has committed and can only go on."""
    runs = collection_of(MaterializationDocument)
    while True:
        raw = await runs.find_one_and_update(
            {"_id": run_id, "state": {"$in": [RunState.QUEUED, RunState.RETRYING]}, "commit": None},
            _moved(RunState.CANCELLED, requested_by, "Cancelled before it ran."),
            return_document=ReturnDocument.AFTER,
        ) or await runs.find_one_and_update(
            {"_id": run_id, "state": RunState.RUNNING, "commit": None},
            _moved(RunState.CANCELLING, requested_by, "Cancelling."),
            return_document=ReturnDocument.AFTER,
        )
        if raw is not None:
            return parsed(MaterializationDocument, raw)
        raw = await runs.find_one({"_id": run_id})
        if raw is None:
            raise NotFound("There is no such run.")
        run = parsed(MaterializationDocument, raw)
        if run.state.is_terminal:
            raise Conflict(f"The run is {run.state} already.")
        if run.commit is not None:
            raise Conflict("The run has committed its rows: it can only be finished now.")
        if run.state is RunState.CANCELLING:
            return run


def _moved(state: RunState, requested_by: str, message: str) -> list[Raw]:
    """A change of state with its event appended to the tail, whatever the tail is by then.

    CANCELLING, where it would come too soon after the event before, is left to the owner's next event to say."""
    event = {
        "$mergeObjects": [
            {"$last": "$tail"},
            {
                "sequence": {"$add": ["$sequence", 1]},
                "at": {"$max": ["$$NOW", {"$last": "$tail.at"}]},
                "state": state,
                "message": message,
                "rows_per_second": None,
                "eta_seconds": None,
            },
        ]
    }
    waited = {"$dateDiff": {"startDate": {"$last": "$tail.at"}, "endDate": "$$NOW", "unit": "millisecond"}}
    says = True if state.is_terminal else {"$gte": [waited, SPACING_MILLISECONDS]}
    ended: Raw = {"finished_at": "$$NOW", "next_attempt_at": None} if state.is_terminal else {}
    return [
        {
            "$set": {
                **ended,
                "state": state,
                "cancel_requested_by": {"$literal": requested_by},
                "sequence": {"$cond": [says, {"$add": ["$sequence", 1]}, "$sequence"]},
                "tail": {"$cond": [says, {"$concatArrays": ["$tail", [event]]}, "$tail"]},
            }
        }
    ]

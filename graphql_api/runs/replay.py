"""A run's events as readers see them: those that were copied, and then the tail of its document."""

from collections.abc import AsyncIterator, Sequence

from beanie import PydanticObjectId
from pymongo import ASCENDING

from graphql_api.documents.materializations import MaterializationDocument, RunEvent, RunEventsDocument
from graphql_api.documents.raw import collection_of

_FETCHED = 50


async def events_after(run: MaterializationDocument, after: int) -> AsyncIterator[RunEvent]:
    """The events of the run as it was read, with sequences above `after`, in order and without a gap.

    The document comes first, the copies afterwards: what the tail no longer holds was copied before."""
    first_of_tail = run.tail[0].sequence
    if after + 1 < first_of_tail:
        async for event in _copied(run.id, after, first_of_tail):
            yield event
    for event in run.tail:
        if event.sequence > after:
            yield event


async def _copied(run_id: PydanticObjectId, after: int, before: int) -> AsyncIterator[RunEvent]:
    found = collection_of(RunEventsDocument).find(
        {"run_id": run_id, "last": {"$gt": after}, "first": {"$lt": before}}, batch_size=_FETCHED
    )
    async for raw in found.sort("first", ASCENDING):
        for event in raw["events"]:
            if after < event["sequence"] < before:
                yield RunEvent.model_validate(event)


def contiguous(events: Sequence[RunEvent], after: int) -> bool:
    """They follow `after` without a gap."""
    return all(event.sequence == after + 1 + index for index, event in enumerate(events))

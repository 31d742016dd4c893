"""Runs that mention only what matters."""

from datetime import UTC, datetime
from typing import Any

from beanie import PydanticObjectId

from graphql_api.documents.base import new_id
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.materializations import MaterializationDocument, RunEvent
from graphql_api.documents.raw import collection_of, in_transaction
from graphql_api.domain.enums import RunPhase, RunState, RunTrigger
from graphql_api.runs.queue import enqueue

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
A_PROJECT, A_VIEW, A_VERSION = PydanticObjectId("a" * 24), PydanticObjectId("b" * 24), PydanticObjectId("c" * 24)


def a_run(**fields: Any) -> MaterializationDocument:
    first = RunEvent(sequence=1, at=LONG_AGO, state=RunState.QUEUED, phase=RunPhase.WAIT, attempt=0)
    return MaterializationDocument.model_validate(
        {
            "project_id": A_PROJECT,
            "view_id": A_VIEW,
            "view_name": "aircraft_delays",
            "version_id": A_VERSION,
            "version_number": 1,
            "data_id": 1,
            "is_static": False,
            "trigger": RunTrigger.MANUAL,
            "start": 0,
            "end": 100,
            "requested_by": "ann",
            "tail": (first,),
            **fields,
        }
    )


async def a_copy(data_id: int = 1) -> DataCopyDocument:
    copy = DataCopyDocument(
        id=data_id, project_id=A_PROJECT, view_id=A_VIEW, fingerprint=str(new_id()), layout=("mean_delay",)
    )
    await copy.insert()
    return copy


async def queued(run: MaterializationDocument) -> MaterializationDocument:
    await in_transaction(MaterializationDocument, lambda session: enqueue(run, session))
    return run


async def as_it_is(run: MaterializationDocument) -> MaterializationDocument:
    found = await MaterializationDocument.get(run.id)
    assert found is not None
    return found


async def let_the_lease_run_out(run: MaterializationDocument) -> None:
    await collection_of(MaterializationDocument).update_one({"_id": run.id}, {"$set": {"lease_expires_at": LONG_AGO}})

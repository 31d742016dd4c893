"""The writes of a plan, as one transaction that takes effect whole, or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, cast

from beanie import Document
from beanie.odm.utils.dump import get_dict
from pymongo import ReplaceOne, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.definitions.plan import NewCopy, Planned
from graphql_api.documents.cataloguing import keep_catalog
from graphql_api.documents.copies import CounterDocument, DataCopyDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of, in_transaction
from graphql_api.documents.recording import Deed, record_changes
from graphql_api.services.auditing import registry_change
from graphql_api.services.removing import remove

DATA_IDS = "data_copies"


async def write_plan(project: ProjectDocument, planned: Planned, *, deed: Deed) -> None:
    """Also the registry's events, one a change, numbered on from the revision that the plan was made at.

    Raises RegistryMoved or Conflict, with nothing written."""
    changes = [registry_change(change) for change in planned.plan.changes]

    async def body(session: AsyncClientSession) -> None:
        await record_changes(session, project.id, changes, deed=deed, revision=planned.revision)
        await remove(project.id, planned.removal, session)
        copies = await _copies(project, planned, session)
        documents = [*planned.writes.new.values(), *copies]
        for model, new in _by_model(documents):
            await collection_of(model).insert_many([dumped(document) for document in new], session=session)
        for model, changed in _by_model(planned.writes.changed.values()):
            replacements = [ReplaceOne({"_id": document.id}, dumped(document)) for document in changed]
            await collection_of(model).bulk_write(replacements, session=session)
        await keep_catalog(session, project.id, [(change.kind, change.name) for change in planned.plan.changes])

        for model, ids in planned.labelled.items():
            own: dict[str, object] = {"_id": {"$in": list(ids)}}
            await collection_of(model).update_many(own, {"$set": {"label": planned.label}}, session=session)

    await in_transaction(ProjectDocument, body)


async def _copies(project: ProjectDocument, planned: Planned, session: AsyncClientSession) -> list[DataCopyDocument]:
    """The new copies of data, whose ids the versions that they are for take over."""
    wanted = planned.writes.copies
    last = await _numbers(len(wanted), session) if wanted else 0
    made: list[DataCopyDocument] = []
    for data_id, copy in enumerate(wanted, start=last - len(wanted) + 1):
        version = planned.writes.new[copy.version_id]
        planned.writes.insert(version.model_copy(update={"data_id": data_id}))
        made.append(_copy(project, copy, data_id))
    return made


async def _numbers(count: int, session: AsyncClientSession) -> int:
    """The last of so many numbers that nobody else gets."""
    counter = await collection_of(CounterDocument).find_one_and_update(
        {"_id": DATA_IDS},
        {"$inc": {"value": count}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return cast("Mapping[str, int]", counter)["value"]


def _copy(project: ProjectDocument, copy: NewCopy, data_id: int) -> DataCopyDocument:
    return DataCopyDocument(
        id=data_id, project_id=project.id, view_id=copy.view_id, fingerprint=copy.fingerprint, layout=copy.layout
    )


def _by_model(documents: Iterable[Document]) -> Iterable[tuple[type[Document], list[Document]]]:
    groups: dict[type[Document], list[Document]] = defaultdict(list)
    for document in documents:
        groups[type(document)].append(document)
    return groups.items()


def dumped(document: Document) -> dict[str, Any]:
    return get_dict(document, to_db=True)

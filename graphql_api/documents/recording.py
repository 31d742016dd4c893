"""The one way in which the registry's changes and the audit are written: in the transaction of what they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from beanie import Document, PydanticObjectId
from beanie.odm.utils.dump import get_dict
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.audit import ActorPart, AuditEntryDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_in, collection_of
from graphql_api.documents.registry_events import ChangePart, RegistryEventDocument
from graphql_api.domain.enums import AuditOutcome, ChangeKind, DefinitionKind
from graphql_api.errors import Conflict, Forbidden


class RegistryMoved(Exception):
    """Someone else changed the project's registry since it was read."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something, and the operation by which: `publishVersion`."""

    actor: ActorPart
    operation: str


@dataclass(frozen=True, slots=True)
class RegistryChange:
    """What becomes of one object. `version`: the reference of the version that is made, published, and so on."""

    kind: DefinitionKind
    name: str
    change: ChangeKind
    changes: tuple[ChangePart, ...] = ()
    version: str | None = None


async def record_changes(
    session: AsyncClientSession,
    project_id: PydanticObjectId,
    changes: Sequence[RegistryChange],
    *,
    deed: Deed,
    revision: int | None = None,
    even_archived: bool = False,
) -> int:
    """Write the registry's next events, one a change, and one entry of the audit; the project's new revision.

    Call it first in the transaction that makes the changes: two that change the registry at once meet here, and one
    of them begins anew. `even_archived`: for runs, which go on where their project was archived meanwhile.

    Raises:
        RegistryMoved: the project is gone, or not at `revision` any more; abort the transaction.
        Conflict: the project is archived.
    """
    at = {} if revision is None else {"revision": revision}
    project = await collection_in(session, ProjectDocument).find_one_and_update(
        {"_id": project_id, **at},
        {"$inc": {"revision": len(changes)}},
        session=session,
        return_document=ReturnDocument.AFTER,
    )
    if project is None:
        raise RegistryMoved
    if project.get("archived_at") is not None and not even_archived:
        raise archived(project["name"])
    last = int(project["revision"])
    first = last - len(changes) + 1
    events = [
        RegistryEventDocument(
            project_id=project_id,
            sequence=sequence,
            kind=change.kind,
            name=change.name,
            change=change.change,
            changes=change.changes,
            version=change.version,
            actor=deed.actor.name,
        )
        for sequence, change in enumerate(changes, start=first)
    ]
    if events:
        await collection_in(session, RegistryEventDocument).insert_many(
            [_raw(event) for event in events], session=session
        )
        subjects = tuple(dict.fromkeys(change.version or change.name for change in changes))
        entry = _entry(deed, project_id, subjects)
        await _insert(session, entry.model_copy(update={"first_sequence": first, "last_sequence": last}))
    return last


async def record_deed(
    session: AsyncClientSession,
    project_id: PydanticObjectId | None,
    subjects: Sequence[str],
    *,
    deed: Deed,
    changes: Sequence[ChangePart] = (),
) -> None:
    """One entry of the audit for what is no change of a registry: tokens, projects, runs. `project_id` None: it
    concerns the whole server."""
    await _insert(session, _entry(deed, project_id, subjects, changes))


async def record_refusal(project_id: PydanticObjectId | None, refusal: Forbidden, *, deed: Deed) -> None:
    """One entry of the audit for what somebody had no right to do; nothing else is written."""
    entry = _entry(deed, project_id, ()).model_copy(
        update={"outcome": AuditOutcome.REFUSED, "code": refusal.code, "message": refusal.message}
    )
    await collection_of(AuditEntryDocument).insert_one(_raw(entry))


def archived(project_name: str) -> Conflict:
    return Conflict(
        f"The project {project_name!r} is archived: it can be read, and nothing in it changes until an admin of the "
        "server takes it back with unarchiveProject."
    )


def _entry(
    deed: Deed,
    project_id: PydanticObjectId | None,
    subjects: Sequence[str],
    changes: Sequence[ChangePart] = (),
) -> AuditEntryDocument:
    return AuditEntryDocument(
        project_id=project_id,
        actor=deed.actor,
        operation=deed.operation,
        subjects=tuple(subjects),
        changes=tuple(changes),
    )


async def _insert(session: AsyncClientSession, entry: AuditEntryDocument) -> None:
    await collection_in(session, AuditEntryDocument).insert_one(_raw(entry), session=session)


def _raw(document: Document) -> dict[str, Any]:
    return get_dict(document, to_db=True)

"""What an action on one object of the registry would do: told by `impact`, and done by the mutation of that name."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.definitions.plan import Change, PlannedChange
from graphql_api.documents.cataloguing import keep_catalog
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import in_transaction
from graphql_api.documents.recording import Deed, RegistryChange, RegistryMoved, record_changes
from graphql_api.errors import Conflict, UserError
from graphql_api.services.attempts import ATTEMPTS, attempts
from graphql_api.services.auditing import registry_change
from graphql_api.services.registry_reading import revision_of

Write = Callable[[AsyncClientSession], Awaitable[Sequence[RegistryChange] | None]]
"""Gives the changes of other objects that follow, if there are any."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`refusal` None: it is allowed. `changes` may be empty then: it is so already, and nothing is to be written.

    `message` says for people what happens, or why it does not."""

    message: str
    dependents: tuple[str, ...] = ()
    changes: tuple[PlannedChange, ...] = ()
    write: Write | None = None
    refusal: UserError | None = None

    @property
    def differences(self) -> tuple[Change, ...]:
        return tuple(change for planned in self.changes for change in planned.changes)


def refused(refusal: UserError, dependents: tuple[str, ...] = ()) -> Decision:
    return Decision(refusal.message, dependents, refusal=refusal)


async def carry_out(project: ProjectDocument, decide: Callable[[], Awaitable[Decision]], *, deed: Deed) -> Decision:
    """Decide on the registry as it is and write in one transaction, with the registry's events; where somebody else
    has changed it meanwhile, decide anew.

    Raises the refusal, and Conflict where the registry does not hold still."""
    async for _ in attempts():
        revision = await revision_of(project.id)
        decision = await decide()
        if decision.refusal is not None or not decision.changes:
            if await revision_of(project.id) != revision:
                continue
            if decision.refusal is not None:
                raise decision.refusal
            return decision
        try:
            await _write(project, revision, decision, deed)
        except RegistryMoved:
            continue
        return decision
    raise Conflict(f"The registry changed meanwhile, {ATTEMPTS} times over: nothing was done. Try again.")


async def _write(project: ProjectDocument, revision: int, decision: Decision, deed: Deed) -> None:
    changes = [registry_change(change) for change in decision.changes]

    async def body(session: AsyncClientSession) -> None:
        await record_changes(session, project.id, changes, deed=deed, revision=revision)
        followed = await decision.write(session) if decision.write is not None else None
        if followed:
            await record_changes(session, project.id, followed, deed=deed)
        await keep_catalog(session, project.id, [(one.kind, one.name) for one in (*changes, *(followed or ()))])

    await in_transaction(ProjectDocument, body)

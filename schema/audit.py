from datetime import datetime
from typing import Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.audit import AuditEntryDocument
from graphql_api.domain.enums import AuditOutcome
from schema.changes import Change
from schema.nodes import node_id
from schema.projects import Project
from schema.scalars import BigInt


@strawberry.type(
    description="Something that was done, or refused. Written together with what it tells of; never changed or removed."
)
class AuditEntry:
    at: datetime = strawberry.field(description="When, by the server's clock.")
    actor: str = strawberry.field(
        description="The name of the token; `anonymous` where the server lets everyone in, `command line` for who "
        "works on the database itself. For what a run publishes, who asked for the run."
    )
    token_id: strawberry.ID | None = strawberry.field(
        description="Of the token, for `node`; null where none was sent, and for what a run did."
    )
    address: str | None = strawberry.field(
        description="The network address that the request came from, as the server saw it: a proxy's own, unless the "
        "server trusts it (TRUSTED_PROXIES). Null for what came through no door of the network."
    )
    user_agent: str | None = strawberry.field(
        description="What the client said it is, at most 300 characters; null where it said nothing."
    )
    operation: str = strawberry.field(
        description="The mutation's name: publishVersion. `publishAfterRun` where a run published a version."
    )
    outcome: AuditOutcome = strawberry.field(description="What came of it.")
    subjects: list[str] = strawberry.field(
        description="What it was done to, by reference, name or id: aircraft_delays@2."
    )
    changes: list[Change] = strawberry.field(
        description="What differs since, for what has no events in the registry: roles of tokens, descriptions of "
        "projects. Empty otherwise."
    )
    first_sequence: BigInt | None = strawberry.field(
        description="The first of the registry's events that tell what changed (`registryChanges`); null without any."
    )
    last_sequence: BigInt | None = strawberry.field(description="The last of them; null without any.")
    code: str | None = strawberry.field(description="Why it was refused; null where it was done.")
    message: str | None = strawberry.field(description="The same, for people; null where it was done.")
    document: strawberry.Private[AuditEntryDocument]

    @classmethod
    def from_document(cls, entry: AuditEntryDocument) -> Self:
        return cls(
            at=entry.at,
            actor=entry.actor.name,
            token_id=node_id("Token", entry.actor.token_id) if entry.actor.token_id else None,
            address=entry.actor.address,
            user_agent=entry.actor.user_agent,
            operation=entry.operation,
            outcome=entry.outcome,
            subjects=list(entry.subjects),
            changes=[Change.of(change) for change in entry.changes],
            first_sequence=None if entry.first_sequence is None else BigInt(entry.first_sequence),
            last_sequence=None if entry.last_sequence is None else BigInt(entry.last_sequence),
            code=entry.code,
            message=entry.message,
            document=entry,
        )

    @strawberry.field(description="Where; null for what concerns the whole server.")
    async def project(self, info: Info) -> Project | None:
        if self.document.project_id is None:
            return None
        found = await info.context.loaders.project.load(self.document.project_id)
        return found and Project.from_document(found)

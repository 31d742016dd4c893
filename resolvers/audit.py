from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.pages import PageRequest
from graphql_api.services.audit import AuditFilters
from resolvers.access import ADMIN
from schema.audit import AuditEntry
from schema.connections import After, Connection, First, connected


@strawberry.type
class AuditQueries:
    @strawberry.field(
        description="Who did what, when and from where, newest first. Admin.",
        metadata=ADMIN,
    )
    async def audit_log(
        self,
        info: Info,
        project: Annotated[
            str | None,
            strawberry.argument(
                description="Only of this project. Null: of all projects and of the server, for admins of the server."
            ),
        ] = None,
        actor: Annotated[str | None, strawberry.argument(description="Only by this actor, exactly.")] = None,
        operation: Annotated[str | None, strawberry.argument(description="Only this: publishVersion.")] = None,
        since: Annotated[datetime | None, strawberry.argument(description="Only from this moment on.")] = None,
        until: Annotated[datetime | None, strawberry.argument(description="Only before this moment.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[AuditEntry]:
        page = await info.context.services.audit.page(
            info.context.viewer, project, AuditFilters(actor, operation, since, until), PageRequest.of(first, after)
        )
        return connected(page, AuditEntry.from_document)

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beanie import PydanticObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.audit import AuditEntryDocument
from graphql_api.documents.recording import record_refusal
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.errors import Forbidden
from graphql_api.services.auditing import deed_of
from graphql_api.services.pages import Stage, find_page
from graphql_api.services.projects import Projects

NEWEST_FIRST = Order("audit entry", (SortKey("at", KeyKind.MOMENT, -1), SortKey("_id", KeyKind.ID, -1)))


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """`actor`: a token's name, exactly. `since` is part of the range, `until` is not. None: whatever it is."""

    actor: str | None = None
    operation: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def match(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.actor is not None:
            found["actor.name"] = self.actor
        if self.operation is not None:
            found["operation"] = self.operation
        at = {"$gte": self.since, "$lt": self.until}
        if bounds := {operator: moment for operator, moment in at.items() if moment is not None}:
            found["at"] = bounds
        return found


class Audit:
    """Who did what. What was done writes its own entries; here are those of what was refused, and all are read."""

    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def page(
        self, viewer: Viewer, project_name: str | None, filters: AuditFilters, request: PageRequest
    ) -> Page[AuditEntryDocument]:
        """Of a project, for its admins; without one of all projects and the server, for the server's admins.

        Raises Unauthenticated, ProjectNotFound or Forbidden."""
        where: dict[str, Any] = {}
        if project_name is None:
            viewer.must_administer_the_server()
        else:
            project = await self._projects.get(viewer, project_name, Role.ADMIN, even_archived=True)
            where = {"project_id": project.id}
        stages: list[Stage] = [{"$match": {**where, **filters.match()}}]
        return await find_page(AuditEntryDocument, stages, NEWEST_FIRST, request, AuditEntryDocument.model_validate)

    async def refused(self, viewer: Viewer, operation: str, refusal: Forbidden) -> None:
        """Keep that a known viewer asked for what they have no right to."""
        project_id = PydanticObjectId(refusal.project_id) if refusal.project_id else None
        await record_refusal(project_id, refusal, deed=deed_of(viewer, operation))

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import PageRequest
from graphql_api.errors import ProjectNotFound
from resolvers.access import SEES, VIEWER
from schema.connections import After, Connection, First, connected
from schema.projects import Project, ProjectRole, Viewer


@strawberry.type
class ProjectQueries:
    @strawberry.field(description="Who asks, and what they may do. Any known viewer.", metadata=SEES)
    async def viewer(self, info: Info) -> Viewer:
        viewer = info.context.viewer
        projects = await info.context.services.projects.all_of(viewer)
        roles = [(project, viewer.role_in(str(project.id))) for project in projects]
        return Viewer(
            name=viewer.name,
            roles=[ProjectRole(project=Project.from_document(project), role=role) for project, role in roles if role],
        )

    @strawberry.field(description="The projects in which the viewer has a role, by name.", metadata=SEES)
    async def projects(self, info: Info, first: First = 50, after: After = None) -> Connection[Project]:
        page = await info.context.services.projects.page(info.context.viewer, PageRequest.of(first, after))
        return connected(page, Project.from_document)

    @strawberry.field(
        description="A project by its name; null where there is none, or the viewer has no role in it.",
        metadata=VIEWER,
    )
    async def project(
        self, info: Info, name: Annotated[str, strawberry.argument(description="Exactly.")]
    ) -> Project | None:
        try:
            found = await info.context.services.projects.get(info.context.viewer, name, Role.VIEWER)
        except ProjectNotFound:
            return None
        return Project.from_document(found)

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import PageRequest
from graphql_api.errors import ProjectNotFound
from resolvers.access import SEES, SERVER_ADMIN, VIEWER
from schema.connections import After, Connection, First, connected
from schema.projects import Project, ProjectPayload, ProjectResult, ProjectRole, Viewer


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


ProjectName = Annotated[str, strawberry.argument(description="The project's name.")]


@strawberry.type
class ProjectMutations:
    @strawberry.mutation(
        description="Make a project, with an empty registry. Admin of the server.", metadata=SERVER_ADMIN
    )
    async def create_project(
        self,
        info: Info,
        name: Annotated[
            str,
            strawberry.argument(
                description="Small letters, digits and _, beginning with a letter, at most 63; it stays for ever."
            ),
        ],
        description: Annotated[str, strawberry.argument(description="For people; at most 2,000 characters.")] = "",
    ) -> ProjectResult:
        project = await info.context.services.projects.create(info.context.viewer, name, description=description)
        return ProjectPayload(project=Project.from_document(project))

    @strawberry.mutation(description="Describe a project anew. Admin of the server.", metadata=SERVER_ADMIN)
    async def update_project(
        self,
        info: Info,
        project: ProjectName,
        description: Annotated[str, strawberry.argument(description="In place of what there was.")],
    ) -> ProjectResult:
        found = await info.context.services.projects.describe(info.context.viewer, project, description)
        return ProjectPayload(project=Project.from_document(found))

    @strawberry.mutation(
        description="From now on the project is only read: nothing in it changes (Conflict), and no run begins; runs "
        "in progress go on to their end. Admin of the server.",
        metadata=SERVER_ADMIN,
    )
    async def archive_project(self, info: Info, project: ProjectName) -> ProjectResult:
        found = await info.context.services.projects.archive(info.context.viewer, project)
        return ProjectPayload(project=Project.from_document(found))

    @strawberry.mutation(
        description="Take a project that was archived back into use, as it was. Admin of the server.",
        metadata=SERVER_ADMIN,
    )
    async def unarchive_project(self, info: Info, project: ProjectName) -> ProjectResult:
        found = await info.context.services.projects.unarchive(info.context.viewer, project)
        return ProjectPayload(project=Project.from_document(found))

from datetime import datetime
from typing import Annotated, Self

import strawberry

from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import Role
from schema.errors import Conflict, InvalidInput
from schema.nodes import Node, node_id


@strawberry.type(description="A registry of its own: names are unique by kind within it, and roles are given in it.")
class Project(Node):
    name: str = strawberry.field(description="As requests name it.")
    description: str = strawberry.field(description="For people; may be empty.")
    created_at: datetime = strawberry.field(description="When it was made.")
    archived_at: datetime | None = strawberry.field(
        description="Since when it is only read: nothing in it changes and no run begins. Null where it is in use."
    )

    @classmethod
    def from_document(cls, project: ProjectDocument) -> Self:
        return cls(
            id=node_id("Project", project.id),
            name=project.name,
            description=project.description,
            created_at=project.created_at,
            archived_at=project.archived_at,
        )


@strawberry.type(description="The project as it is now.")
class ProjectPayload:
    project: Project = strawberry.field(description="With what was changed.")


ProjectResult = Annotated[
    ProjectPayload | InvalidInput | Conflict,
    strawberry.union("ProjectResult", description="A project, or why nothing was done."),
]


@strawberry.type(description="A role in a project.")
class ProjectRole:
    project: Project = strawberry.field(description="Where.")
    role: Role = strawberry.field(description="What may be done there.")


@strawberry.type(description="Who asks.")
class Viewer:
    name: str = strawberry.field(description="The token's name; `anonymous` where the server lets everyone in.")
    roles: list[ProjectRole] = strawberry.field(description="The projects that this viewer sees, by name.")

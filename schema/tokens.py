from datetime import datetime
from typing import Annotated, Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.tokens import TokenDocument
from graphql_api.domain.enums import Role
from schema.errors import InvalidInput, NotFound
from schema.nodes import Node, node_id, there
from schema.projects import Project


@strawberry.type(description="A role that a token gives.")
class TokenGrant:
    project: Project | None = strawberry.field(description="Where it holds; null: in all projects.")
    role: Role = strawberry.field(description="What may be done there.")


@strawberry.type(
    description="An API token, sent as `Authorization: Bearer jfs_…`. Its secret is held nowhere and never shown again."
)
class Token(Node):
    name: str = strawberry.field(description="Who or what it is for; told as the actor of what is done with it.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself; null: never.")
    revoked_at: datetime | None = strawberry.field(description="When it was ended; null where it was not.")
    document: strawberry.Private[TokenDocument]

    @classmethod
    def from_document(cls, token: TokenDocument) -> Self:
        return cls(
            id=node_id("Token", token.id),
            name=token.name,
            created_at=token.created_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            document=token,
        )

    @strawberry.field(description="Its roles, each in one project or in all.")
    async def grants(self, info: Info) -> list[TokenGrant]:
        ids = [grant.project_id for grant in self.document.grants if grant.project_id]
        found = await info.context.loaders.project.load_many(ids)
        projects = dict(zip(ids, found, strict=True))
        return [
            TokenGrant(
                project=Project.from_document(there(projects[grant.project_id])) if grant.project_id else None,
                role=grant.role,
            )
            for grant in self.document.grants
        ]


@strawberry.input(description="A role in a project.")
class ProjectRoleInput:
    project: str = strawberry.field(description="The project's name.")
    role: Role = strawberry.field(description="What may be done there.")


@strawberry.input(description="A token to make. It needs a role: in projects, or in all.")
class CreateTokenInput:
    name: str = strawberry.field(description="Who or what it is for, 1 to 100 characters; need not be unique.")
    roles: list[ProjectRoleInput] | None = strawberry.field(
        default=None, description="One role a project; who gives one is an admin of the project."
    )
    everywhere: Role | None = strawberry.field(
        default=None, description="A role in all projects, those to come as well; only admins of the server give it."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When it shall end; null: never.")


@strawberry.type(description="The new token.")
class CreateTokenPayload:
    token: Token = strawberry.field(description="All that is kept of it.")
    secret: str = strawberry.field(description="What to send. It is shown this once.")


@strawberry.type(description="The token as it is now: over.")
class RevokeTokenPayload:
    token: Token = strawberry.field(description="With the moment at which it ended.")


CreateTokenResult = Annotated[
    CreateTokenPayload | InvalidInput,
    strawberry.union("CreateTokenResult", description="A token, or why there is none."),
]
RevokeTokenResult = Annotated[
    RevokeTokenPayload | NotFound,
    strawberry.union("RevokeTokenResult", description="The token, or why nothing was done."),
]

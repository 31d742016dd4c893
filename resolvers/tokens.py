from collections.abc import Sequence
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain import global_ids
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import PageRequest
from graphql_api.errors import InvalidInput, NotFound, Problem
from resolvers.access import ADMIN, SEES
from schema.connections import After, Connection, First, connected
from schema.tokens import (
    CreateTokenInput,
    CreateTokenPayload,
    CreateTokenResult,
    ProjectRoleInput,
    RevokeTokenPayload,
    RevokeTokenResult,
    Token,
)


@strawberry.type
class TokenQueries:
    @strawberry.field(
        description="API tokens, newest first, revoked ones too: those of which the viewer is an admin of all that "
        "they give. Empty for others.",
        metadata=SEES,
    )
    async def tokens(self, info: Info, first: First = 50, after: After = None) -> Connection[Token]:
        page = await info.context.services.tokens.page(info.context.viewer, PageRequest.of(first, after))
        return connected(page, Token.from_document)


@strawberry.type
class TokenMutations:
    @strawberry.mutation(
        description="Make an API token. Each role is given by an admin of where it holds. Admin.", metadata=ADMIN
    )
    async def create_token(
        self, info: Info, input: Annotated[CreateTokenInput, strawberry.argument(description="What it shall be.")]
    ) -> CreateTokenResult:
        issued = await info.context.services.tokens.create(
            info.context.viewer,
            input.name,
            roles=_by_project(input.roles or ()),
            everywhere=input.everywhere,
            expires_at=input.expires_at,
        )
        return CreateTokenPayload(token=Token.from_document(issued.token), secret=issued.secret)

    @strawberry.mutation(
        description="End a token, at once and for ever: connections that were opened with it are closed with the code "
        "4403. By an admin of all that it gives; for others there is no such token. Admin.",
        metadata=SEES,
    )
    async def revoke_token(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Of the token.")]
    ) -> RevokeTokenResult:
        info.context.viewer.must_be_known()
        within = global_ids.parse_as("Token", id)
        if within is None:
            raise NotFound("There is no such token.")
        token = await info.context.services.tokens.revoke(info.context.viewer, within)
        return RevokeTokenPayload(token=Token.from_document(token))


def _by_project(given: Sequence[ProjectRoleInput]) -> dict[str, Role]:
    """Raises InvalidInput where a project is named twice."""
    roles = {one.project: one.role for one in given}
    if len(roles) < len(given):
        message = "a project is named twice; a token has one role in each"
        raise InvalidInput("The token cannot be made.", [Problem("roles", message)])
    return roles

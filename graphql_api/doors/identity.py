"""Who comes through a door: by API token, never by a cookie or a URL."""

from dataclasses import dataclass

from graphql_api.auth.viewer import ANONYMOUS, EVERYONE_IS_ADMIN, Viewer
from graphql_api.errors import Unauthenticated
from graphql_api.services.tokens import Tokens
from graphql_api.settings import AuthMode


@dataclass(frozen=True, slots=True)
class Identity:
    tokens: Tokens
    mode: AuthMode

    async def viewer(self, authorization: str | None) -> Viewer:
        """`authorization` as the header of that name; without one, whoever the server takes strangers for.

        Raises Unauthenticated for a token that does not count."""
        if authorization is None:
            return EVERYONE_IS_ADMIN if self.mode is AuthMode.NONE else ANONYMOUS
        scheme, _, secret = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("Authorization must be an API token: Bearer jfs_…")
        return await self.tokens.viewer_of(secret.strip())

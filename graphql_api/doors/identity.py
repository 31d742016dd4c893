"""Who comes through a door: by API token, never by a cookie or a URL."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql_api.auth.viewer import ANONYMOUS, EVERYONE_IS_ADMIN, NOWHERE, Origin, Viewer
from graphql_api.errors import Unauthenticated
from graphql_api.services.tokens import Tokens
from graphql_api.settings import AuthMode

MOST_OF_USER_AGENT = 300


def origin_of(scope: Mapping[str, Any], user_agent: str | None) -> Origin:
    """Where an ASGI request comes from; `scope` names a trusted proxy's client, where the server has such proxies."""
    client = scope.get("client")
    return Origin(client[0] if client else None, user_agent[:MOST_OF_USER_AGENT] if user_agent else None)


@dataclass(frozen=True, slots=True)
class Identity:
    tokens: Tokens
    mode: AuthMode

    async def viewer(self, authorization: str | None, origin: Origin = NOWHERE) -> Viewer:
        """`authorization` as the header of that name; without one, whoever the server takes strangers for.

        Raises Unauthenticated for a token that does not count."""
        return replace(await self._viewer(authorization), origin=origin)

    async def _viewer(self, authorization: str | None) -> Viewer:
        if authorization is None:
            return EVERYONE_IS_ADMIN if self.mode is AuthMode.NONE else ANONYMOUS
        scheme, _, secret = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("Authorization must be an API token: Bearer jfs_…")
        return await self.tokens.viewer_of(secret.strip())

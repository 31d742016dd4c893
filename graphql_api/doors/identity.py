"""Who comes through a door: by API token, never by a cookie or a URL."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql_api.auth.viewer import ANONYMOUS, EVERYONE_IS_ADMIN, NOWHERE, Origin, Viewer
from graphql_api.errors import Unauthenticated
from graphql_api.services.tokens import Tokens
from graphql_api.settings import AuthMode

MOST_OF_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class Identity:
    """`public_url`: what clients call this server, where that is not what they send as Host."""

    tokens: Tokens
    mode: AuthMode
    public_url: str | None = None

    def origin_of(self, scope: Mapping[str, Any], user_agent: str | None) -> Origin:
        """Where an ASGI request comes from; `scope` names a trusted proxy's client, where there are such proxies."""
        client = scope.get("client")
        agent = user_agent[:MOST_OF_USER_AGENT] if user_agent else None
        return Origin(client[0] if client else None, agent, self.public_url or _called(scope))

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


def _called(scope: Mapping[str, Any]) -> str:
    """The border has let the host's name pass."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    secure = scope["scheme"] in ("https", "wss")
    return f"{'https' if secure else 'http'}://{host}"

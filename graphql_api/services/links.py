"""Links that clients are given: to this server as they call it, for who asked, for a while."""

import secrets
import time
from collections.abc import Mapping
from typing import Self

from pymongo.errors import DuplicateKeyError

from graphql_api.auth import links
from graphql_api.auth.viewer import Viewer
from graphql_api.documents.keys import SigningKeyDocument
from graphql_api.errors import Unauthenticated
from graphql_api.services.tokens import Tokens

_KEY = "links"
_SECRET_BYTES = 32


class Links:
    def __init__(self, *, tokens: Tokens, signing: links.Links, everyone_is_let_in: bool) -> None:
        self._tokens = tokens
        self._signing = signing
        self._everyone_is_let_in = everyone_is_let_in

    @classmethod
    async def open(cls, tokens: Tokens, *, everyone_is_let_in: bool) -> Self:
        """With the secret that all servers of the installation share; the first of them makes it."""
        key = await SigningKeyDocument.get(_KEY)
        if key is None:
            try:
                key = await SigningKeyDocument(id=_KEY, secret=secrets.token_bytes(_SECRET_BYTES)).insert()
            except DuplicateKeyError:
                return await cls.open(tokens, everyone_is_let_in=everyone_is_let_in)
        return cls(tokens=tokens, signing=links.Links(key.secret), everyone_is_let_in=everyone_is_let_in)

    def given(self, viewer: Viewer, path: str, *, method: str, seconds: float) -> str:
        """The address at which the viewer may do this for so long, as long as their token counts."""
        expires = int(time.time() + seconds)
        signed = self._signing.signed(path, method=method, expires=expires, token_id=viewer.token_id)
        return f"{(viewer.origin.server or '').rstrip('/')}{signed}"

    async def require(self, path: str, query: Mapping[str, str], *, method: str) -> None:
        """Raises Forbidden for what is no link of this installation, LinkExpired for what was one, Unauthenticated once
        the token that it was given to has expired or was revoked, and for one that was given without a token where one
        is asked for now."""
        token_id = self._signing.token_of(path, query, method=method, now=time.time())
        if token_id is None and not self._everyone_is_let_in:
            raise Unauthenticated(
                "The link was given while no token was asked for: ask for a new one with an API token."
            )
        await self._tokens.confirm(Viewer(name="who was given the link", token_id=token_id))

"""Links that stand for a right by themselves: to one thing, for a while, for who was given them."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from graphql_api.errors import Forbidden, LinkExpired

_EXPIRES, _TOKEN, _SIGNATURE = "expires", "token", "signature"


@dataclass(frozen=True, slots=True)
class Links:
    """`secret` is shared by the servers of an installation."""

    secret: bytes

    def signed(self, path: str, *, method: str, expires: int, token_id: str | None) -> str:
        """The path with what shows that it was given, by whose token, and until when (seconds since 1970)."""
        token = token_id or ""
        query = {_EXPIRES: str(expires), _TOKEN: token, _SIGNATURE: self._signature(method, path, str(expires), token)}
        return f"{quote(path)}?{urlencode(query)}"

    def token_of(self, path: str, query: Mapping[str, str], *, method: str, now: float) -> str | None:
        """Whose token the link was given to; None: to who came without one.

        Raises Forbidden for what this installation has not signed, LinkExpired for what counts no more."""
        expires, token, signature = (query.get(name, "") for name in (_EXPIRES, _TOKEN, _SIGNATURE))
        if not hmac.compare_digest(self._signature(method, path, expires, token).encode(), signature.encode()):
            raise Forbidden("The link is not one that this server gave: use it whole, as it was given.")
        if int(expires) < now:
            raise LinkExpired("The link has expired: ask for a new one.")
        return token or None

    def _signature(self, *parts: str) -> str:
        digest = hmac.digest(self.secret, "\n".join(parts).encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

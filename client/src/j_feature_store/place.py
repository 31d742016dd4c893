"""Where the server is, and as whom one speaks to it."""

import os
import re
from dataclasses import dataclass, field

import httpx

from j_feature_store.errors import InvalidInput, Unauthenticated

USUAL_URL = "http://127.0.0.1:8000"
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Place:
    url: str
    project: str
    token: str | None = field(default=None, repr=False)

    @property
    def graphql(self) -> str:
        return f"{self.url}/graphql"

    @property
    def socket(self) -> str:
        return self.graphql.replace("http", "ws", 1)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def headers_for(self, url: str) -> dict[str, str]:
        """The token is told to the server alone, never to an object store that a link leads to."""
        return self.headers if _origin(url) == _origin(self.url) else {}

    def absolute(self, url: str) -> str:
        """A link as the server gives it, which may be a path on the server itself."""
        return str(httpx.URL(f"{self.url}/").join(url))


def place_of(url: str | None, token: str | None, project: str | None) -> Place:
    """What is not given comes from JFS_URL, JFS_TOKEN and JFS_PROJECT, as for the `jfs` commands.

    Raises:
        InvalidInput: the URL is no place of a server.
        Unauthenticated: the token cannot be one.
    """
    given = url or os.environ.get("JFS_URL") or USUAL_URL
    secret = token or os.environ.get("JFS_TOKEN") or None
    if secret is not None and not _TOKEN.fullmatch(secret):
        raise Unauthenticated("That is no API token: one is ASCII text without spaces that begins with jfs_.")
    return Place(_checked(given), project or os.environ.get("JFS_PROJECT") or "default", secret)


def _checked(url: str) -> str:
    try:
        place = httpx.URL(url)
    except httpx.InvalidURL:
        place = httpx.URL()
    if place.scheme not in ("http", "https") or not place.host:
        raise InvalidInput(f"{url[:200]!r} is no place of a server: write http://host:port, as in {USUAL_URL}.")
    return str(place).rstrip("/")


def _origin(url: str) -> tuple[str, str, int | None]:
    place = httpx.URL(url)
    return place.scheme, place.host, place.port

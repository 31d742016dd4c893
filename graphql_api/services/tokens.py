"""API tokens: made once, told once, held as hashes; and the viewers that they stand for."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.raw import collection_of, in_transaction, passes
from graphql_api.documents.recording import Deed, record_deed
from graphql_api.documents.registry_events import ChangePart
from graphql_api.documents.tokens import GrantPart, TokenDocument
from graphql_api.domain.enums import ChangeKind, Role
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.domain.times import utc_now
from graphql_api.errors import InvalidInput, NotFound, Problem, Unauthenticated
from graphql_api.services.auditing import deed_of
from graphql_api.services.pages import Stage, find_page
from graphql_api.services.projects import Projects
from graphql_api.serving.feed import ChangeFeed, Lagged

PREFIX = "jfs_"
SECRET_BYTES = 32
MAX_SECRET = 200
MAX_CACHED = 10_000
LONGEST_SLEEP = 86_400.0
RETRY_SECONDS = 0.5
NEWEST_FIRST = Order("token", (SortKey("created_at", KeyKind.MOMENT, -1), SortKey("_id", KeyKind.ID, -1)))


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """`secret` is held nowhere: it is shown now or never."""

    token: TokenDocument
    secret: str


@dataclass(frozen=True, slots=True)
class Held:
    """A token that counts; `expires_at` None: until it is revoked, and for who came without one."""

    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Known:
    secret_hash: bytes
    viewer: Viewer
    expires_at: datetime | None

    def must_be_current(self) -> Viewer:
        if self.expires_at is not None and self.expires_at <= utc_now():
            raise Unauthenticated(f"The API token {self.viewer.name!r} has expired.")
        return self.viewer


class Tokens:
    """Who a secret stands for is asked of MongoDB once; then the change feed says what became of it."""

    def __init__(self, *, projects: Projects, feed: ChangeFeed) -> None:
        self._projects = projects
        self._feed = feed
        self._by_secret: dict[bytes, _Known] = {}
        self._by_id: dict[str, _Known] = {}
        self._bells: dict[str, set[asyncio.Event]] = {}
        self._changes = 0

    @asynccontextmanager
    async def following(self) -> AsyncGenerator[None]:
        """While it is entered, a token that is revoked, here or by another process, is forgotten at once."""
        async with self._feed.listen("tokens") as changes:

            async def follow() -> None:
                async for change in changes:
                    if not isinstance(change, Lagged) and change.operation == "insert":
                        continue  # a new token makes nothing wrong that is known of it since
                    self._changes += 1
                    if isinstance(change, Lagged):
                        self._forget_all()
                    else:
                        self._forget(change.id)

            task = asyncio.create_task(follow())
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def create(
        self,
        viewer: Viewer,
        name: str,
        *,
        roles: Mapping[str, Role] | None = None,
        everywhere: Role | None = None,
        expires_at: datetime | None = None,
    ) -> IssuedToken:
        """A token with roles by project name, or with one role in all projects.

        Raises Forbidden where the viewer is no admin of all that is given, ProjectNotFound, and InvalidInput for a
        token without a name or a role, or one that has expired already."""
        _check(name, roles or {}, everywhere, expires_at)
        grants: list[GrantPart] = []
        if everywhere is not None:
            viewer.must_administer_the_server()
            grants.append(GrantPart(project_id=None, role=everywhere))
        for project_name, role in (roles or {}).items():
            project = await self._projects.get(viewer, project_name, Role.ADMIN, even_archived=True)
            grants.append(GrantPart(project_id=project.id, role=role))
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        token = TokenDocument(name=name, secret_hash=_hash(secret), grants=tuple(grants), expires_at=expires_at)

        async def body(session: AsyncClientSession) -> None:
            await token.insert(session=session)
            await _record(session, token, deed_of(viewer, "createToken"), ChangeKind.ADDED)

        await in_transaction(TokenDocument, body)
        held = await TokenDocument.get(token.id) or token  # moments are cut to milliseconds
        return IssuedToken(held, secret)

    async def revoke(self, viewer: Viewer, token_id: str) -> TokenDocument:
        """The token counts for nothing from now on. Raises NotFound, also where the viewer may not administer it."""
        token = await TokenDocument.get(ObjectId(token_id)) if ObjectId.is_valid(token_id) else None
        if token is None or not _administers(viewer, token):
            raise NotFound(f"There is no token {token_id!r}, or you may not revoke it.")
        now = utc_now()

        async def body(session: AsyncClientSession) -> None:
            ended = await collection_of(TokenDocument).update_one(
                {"_id": token.id, "revoked_at": None}, {"$set": {"revoked_at": now}}, session=session
            )
            if ended.matched_count:
                await _record(session, token, deed_of(viewer, "revokeToken"), ChangeKind.REMOVED)

        await in_transaction(TokenDocument, body)
        self._changes += 1
        self._forget(token.id)
        return await TokenDocument.get(token.id) or token

    async def all_of(self, viewer: Viewer) -> list[TokenDocument]:
        """Tokens that the viewer may administer, newest first."""
        return await TokenDocument.find(_administered_by(viewer)).sort("-created_at", "-_id").to_list()

    async def page(self, viewer: Viewer, request: PageRequest) -> Page[TokenDocument]:
        """The same, a page of them; who administers nothing sees none."""
        stages: list[Stage] = [{"$match": _administered_by(viewer)}]
        return await find_page(TokenDocument, stages, NEWEST_FIRST, request, TokenDocument.model_validate)

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[TokenDocument]:
        """Those of them that the viewer may administer, in no order."""
        wanted = {"$and": [{"_id": {"$in": list(ids)}}, _administered_by(viewer)]}
        return await TokenDocument.find(wanted).to_list()

    async def viewer_of(self, secret: str) -> Viewer:
        """Who this is. Raises Unauthenticated for what is no token, has expired or was revoked."""
        if not secret.startswith(PREFIX) or len(secret) > MAX_SECRET:
            raise Unauthenticated("That is no API token: one begins with jfs_.")
        hashed = _hash(secret)
        known = self._by_secret.get(hashed) or await self._learn(hashed)
        return known.must_be_current()

    async def end_of(self, viewer: Viewer) -> str:
        """Return, once the viewer's token counts no more, why; for who came without one, never."""
        if viewer.token_id is None:
            await asyncio.Event().wait()
        token_id, bell = str(viewer.token_id), asyncio.Event()
        bells = self._bells.setdefault(token_id, set())
        bells.add(bell)
        try:
            while True:
                bell.clear()
                expires_at = await self._still_counts(viewer)
                left = None if expires_at is None else (expires_at - utc_now()).total_seconds()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if left is None else min(left, LONGEST_SLEEP)):
                        await bell.wait()
        except Unauthenticated as ended:
            return ended.message
        finally:
            bells.discard(bell)
            if not bells and self._bells.get(token_id) is bells:
                del self._bells[token_id]

    async def _still_counts(self, viewer: Viewer) -> datetime | None:
        """When it will expire; waits for MongoDB where that must be asked and does not answer."""
        while True:
            try:
                return (await self.confirm(viewer)).expires_at
            except PyMongoError as error:
                if not passes(error):
                    raise
                await asyncio.sleep(RETRY_SECONDS)

    async def confirm(self, viewer: Viewer) -> Held:
        """For who was let in a while ago. Raises Unauthenticated once the token has expired or was revoked."""
        if viewer.token_id is None:
            return Held(None)
        known = self._by_id.get(viewer.token_id)
        if known is None:
            token = await TokenDocument.get(viewer.token_id)
            if token is None:
                raise Unauthenticated(f"The API token {viewer.name!r} is gone.")
            known = await self._learn(token.secret_hash)
        known.must_be_current()
        return Held(known.expires_at)

    async def _learn(self, hashed: bytes) -> _Known:
        changes = self._changes
        token = await TokenDocument.find_one({"secret_hash": hashed})
        if token is None:
            raise Unauthenticated("The API token is unknown.")
        if token.revoked_at is not None:
            raise Unauthenticated(f"The API token {token.name!r} was revoked.")
        known = _Known(hashed, _viewer(token), token.expires_at)
        if changes == self._changes:  # otherwise what was read may be of before the change
            self._remember(str(token.id), known)
        return known

    def _remember(self, token_id: str, known: _Known) -> None:
        if len(self._by_id) >= MAX_CACHED:
            self._forget_all()
        self._by_secret[known.secret_hash] = known
        self._by_id[token_id] = known

    def _forget(self, token_id: ObjectId) -> None:
        known = self._by_id.pop(str(token_id), None)
        if known is not None:
            self._by_secret.pop(known.secret_hash, None)
        for bell in self._bells.get(str(token_id), ()):
            bell.set()

    def _forget_all(self) -> None:
        self._by_secret.clear()
        self._by_id.clear()
        for bell in chain.from_iterable(self._bells.values()):
            bell.set()


def _viewer(token: TokenDocument) -> Viewer:
    return Viewer(
        name=token.name,
        roles={str(grant.project_id): grant.role for grant in token.grants if grant.project_id is not None},
        everywhere=next((grant.role for grant in token.grants if grant.project_id is None), None),
        token_id=str(token.id),
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _check(name: str, roles: Mapping[str, Role], everywhere: Role | None, expires_at: datetime | None) -> None:
    problems: list[Problem] = []
    if not 1 <= len(name.strip()) <= 100:
        problems.append(Problem("name", "must have 1 to 100 characters"))
    if not roles and everywhere is None:
        problems.append(Problem("roles", "a token without a role may do nothing", "give it a role in a project"))
    if expires_at is not None and expires_at <= utc_now():
        problems.append(Problem("expiresAt", "is in the past"))
    if problems:
        raise InvalidInput("The token cannot be made.", problems)


async def _record(session: AsyncClientSession, token: TokenDocument, deed: Deed, kind: ChangeKind) -> None:
    """One entry of the audit for each project, and for the server, that the token has a role in: each tells of that
    role alone."""
    for grant in token.grants:
        role = str(grant.role)
        before, after = (None, role) if kind is ChangeKind.ADDED else (role, None)
        change = ChangePart(kind=kind, path="role", before=before, after=after)
        subjects = [token.name, global_id("Token", token.id)]
        await record_deed(session, grant.project_id, subjects, deed=deed, changes=[change])


def _administered_by(viewer: Viewer) -> dict[str, Any]:
    viewer.must_be_known()
    if viewer.everywhere is Role.ADMIN:
        return {}
    own = [ObjectId(project_id) for project_id in viewer.roles if viewer.may(Role.ADMIN, project_id)]
    return {"grants": {"$not": {"$elemMatch": {"project_id": {"$nin": own}}}}}


def _administers(viewer: Viewer, token: TokenDocument) -> bool:
    viewer.must_be_known()
    if viewer.everywhere is Role.ADMIN:
        return True
    return all(grant.project_id is not None and viewer.may(Role.ADMIN, str(grant.project_id)) for grant in token.grants)

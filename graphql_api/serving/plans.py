"""Compiled look-ups, kept in the process and followed by the change feed: a warm look-up asks MongoDB nothing."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Self

import pymongo
from bson import ObjectId
from pymongo.errors import ConnectionFailure, PyMongoError

from graphql_api.documents.projects import ProjectDocument
from graphql_api.errors import Unavailable
from graphql_api.serving.compile import compile_references, compile_service
from graphql_api.serving.feed import Change, ChangeFeed, Lagged
from graphql_api.serving.plan import LookupPlan

log = logging.getLogger(__name__)

MOST_PLANS = 512
MOST_PROJECTS = 10_000
SILENCE_SECONDS = 0.6
CHECK_SECONDS = 0.3
ATTEMPTS = 5

Wanted = str | tuple[str, ...]
"""A service as it is asked for, or a list of references."""
_Key = tuple[ObjectId, Wanted]


class Plans:
    """A plan is dropped as soon as the feed tells of a change in its project's registry.

    While the feed is silent, which it never is for long when MongoDB answers, the revisions of the projects are
    compared instead: so an answer is at most a second behind a change that another process made. Where MongoDB does
    not answer either, nothing can be newer than what is known here, and look-ups go on without waiting for it."""

    def __init__(self, feed: ChangeFeed) -> None:
        self._feed = feed
        self._plans: OrderedDict[_Key, LookupPlan] = OrderedDict()
        self._projects: dict[str, ObjectId] = {}
        self._changes = 0
        self._compiling: dict[tuple[_Key, int], asyncio.Task[LookupPlan]] = {}
        self._checked_at = -float("inf")
        self._check: asyncio.Task[None] | None = None
        self._mongodb_is_away = False
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        news = await self._stack.enter_async_context(self._feed.listen("registry_events"))
        following = asyncio.create_task(self._follow(news))
        self._stack.push_async_callback(_end, following)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*self._compiling.values(), return_exceptions=True)
        if self._check is not None:
            await asyncio.wait([self._check])
        await self._stack.aclose()

    def project_id(self, name: str) -> ObjectId | None:
        """None where the project has not been seen here yet."""
        return self._projects.get(name)

    def remember_project(self, name: str, project_id: ObjectId) -> None:
        if len(self._projects) >= MOST_PROJECTS:
            self._projects.clear()
        self._projects[name] = project_id

    async def get(self, project_id: ObjectId, project_name: str, wanted: Wanted) -> LookupPlan:
        """Raises NotFound or InvalidInput where there is no such plan, Unavailable where MongoDB is needed and away."""
        if self._feed.silent_for > SILENCE_SECONDS:
            await self._compare_now()
        key = (project_id, wanted)
        plan = self._plans.get(key)
        if plan is None:
            return await self._compile_once(key, project_name)
        self._plans.move_to_end(key)
        return plan

    async def _compile_once(self, key: _Key, project_name: str) -> LookupPlan:
        """Whoever waits for the same plan, since the same change, shares the work; none can end it for the others."""
        shared = (key, self._changes)
        if shared not in self._compiling:
            task = asyncio.create_task(self._compile(key, project_name))
            self._compiling[shared] = task
            task.add_done_callback(lambda done: (self._compiling.pop(shared), done.cancelled() or done.exception()))
        return await asyncio.shield(self._compiling[shared])

    async def _compile(self, key: _Key, project_name: str) -> LookupPlan:
        project_id, wanted = key
        changes = self._changes
        try:
            for _ in range(ATTEMPTS):
                revision = await _revision(project_id)
                plan = await (
                    compile_service(project_id, project_name, wanted, revision)
                    if isinstance(wanted, str)
                    else compile_references(project_id, wanted, revision)
                )
                if await _revision(project_id) == revision:
                    break
            else:
                raise Unavailable("The registry changes faster than it can be read.", retry_after_seconds=0.5)
        except PyMongoError as error:
            if isinstance(error, ConnectionFailure) or error.timeout:
                raise Unavailable("The registry does not answer.", retry_after_seconds=1.0) from error
            raise
        if changes == self._changes:
            self._plans[key] = plan
            if len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
        return plan

    async def _follow(self, news: AsyncIterator[Change | Lagged]) -> None:
        async for change in news:
            if isinstance(change, Lagged) or change.document is None:
                self._projects.clear()
                self._drop(set(self._known_projects()))
            else:
                self._drop({change.document["project_id"]})

    def _drop(self, projects: set[ObjectId]) -> None:
        self._changes += 1
        for key in [key for key in self._plans if key[0] in projects]:
            del self._plans[key]

    def _known_projects(self) -> list[ObjectId]:
        return list({project_id for project_id, _ in self._plans})

    async def _compare_now(self) -> None:
        if self._check is None:
            if time.monotonic() - self._checked_at < SILENCE_SECONDS:
                return
            self._check = asyncio.create_task(self._compare_revisions())
        if not self._mongodb_is_away:
            await asyncio.wait([self._check])

    async def _compare_revisions(self) -> None:
        self._checked_at = time.monotonic()
        try:
            with pymongo.timeout(CHECK_SECONDS):
                projects = await ProjectDocument.find({"_id": {"$in": self._known_projects()}}).to_list()
        except PyMongoError as error:
            if not self._mongodb_is_away:
                log.warning("MongoDB does not answer; look-ups go on with what is known: %s", error)
            self._mongodb_is_away = True
        else:
            self._mongodb_is_away = False
            revisions: dict[ObjectId, int] = {project.id: project.revision for project in projects}
            stale = {key[0] for key, plan in self._plans.items() if plan.revision != revisions.get(key[0])}
            if stale:
                self._drop(stale)
        finally:
            self._check = None


async def _revision(project_id: ObjectId) -> int:
    project = await ProjectDocument.find_one({"_id": project_id})
    return -1 if project is None else project.revision


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

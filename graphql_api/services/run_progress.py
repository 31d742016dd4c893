"""What runs say of themselves, from any event on and then as it happens."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.all_runs import RUN_MODELS, AnyRun, RunKey, RunModel
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.runs import RunEvent
from graphql_api.domain.enums import IN_PROGRESS, Role
from graphql_api.errors import InvalidInput, NotFound, Problem
from graphql_api.runs import log
from graphql_api.runs.log import Database, runs_in
from graphql_api.services.following import follow_log
from graphql_api.services.projects import Projects
from graphql_api.services.runs import visible_run
from graphql_api.serving.feed import Change, ChangeFeed, Lagged

MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class ToldOf:
    """An event, and whose it is."""

    run: RunKey
    event: RunEvent


class RunProgress:
    def __init__(self, *, projects: Projects, database: Database, feed: ChangeFeed) -> None:
        self._projects = projects
        self._database = database
        self._feed = feed

    async def events(self, viewer: Viewer, run: AnyRun, *, first: int = 100, after: int = 0) -> list[RunEvent]:
        """A run's log from `after` on, oldest first. Raises InvalidInput for a count out of bounds."""
        viewer.must_be(Role.VIEWER, str(run.project_id), "this project")
        if not 0 <= first <= MOST_EVENTS:
            raise _invalid("first", f"first must be from 0 to {MOST_EVENTS}; it is {first}.")
        _require_not_negative(after)
        return await log.read(self._database, run, after=after, limit=first) if first else []

    async def follow(self, viewer: Viewer, key: RunKey, *, after: int = 0) -> AsyncGenerator[RunEvent]:
        """Every event after a sequence, then what follows, to the terminal one.

        Raises Unauthenticated, Forbidden, NotFound; InvalidInput for an event that is yet to come."""
        run = await visible_run(viewer, key, Role.VIEWER)
        _require_not_negative(after)
        if after > run.sequence and not run.state.is_terminal:
            raise _invalid("after", f"The run's last event is {run.sequence}; {after} has not happened yet.")
        return self._follow(run, after)

    async def _follow(self, run: AnyRun, after: int) -> AsyncGenerator[RunEvent]:
        def heard(change: Change) -> Sequence[RunEvent]:
            if change.id != run.id:
                return ()
            if change.operation == "delete":
                raise NotFound("The run has been deleted.")
            return _tail(change)

        async with self._feed.listen(run.collection) as news:
            now = await log.load(self._database, run)
            if now.state.is_terminal and after >= now.sequence:
                return
            following = follow_log(
                news,
                after=after,
                read=lambda seen: log.read(self._database, run, after=seen),
                heard=heard,
                ends=lambda event: event.state.is_terminal,
            )
            async with aclosing(following) as events:
                async for event in events:
                    yield event

    async def follow_all(self, viewer: Viewer, project_name: str, *, view: str | None = None) -> AsyncGenerator[ToldOf]:
        """The latest event of each run in progress, then what follows in the project; it never ends. With `view`, of
        its runs alone.

        Raises Unauthenticated, ProjectNotFound; NotFound where there is no such view."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        wanted: dict[str, Any] = {"project_id": project.id}
        if view is not None:
            found = await self._database["feature_views"].find_one({**wanted, "name": view}, {"_id": 1})
            if found is None:
                raise NotFound(f"There is no feature view {view!r} in {project.name!r}.")
            return self._follow_all((MaterializationDocument,), {**wanted, "view_id": found["_id"]})
        return self._follow_all(RUN_MODELS, wanted)

    async def _follow_all(self, models: Sequence[RunModel], wanted: dict[str, Any]) -> AsyncGenerator[ToldOf]:
        """`seen`: the last sequence told, of each run in progress."""
        seen: dict[RunKey, int] = {}
        async with self._feed.listen(*(model.collection for model in models)) as news:
            told = await self._now(models, wanted, seen)
            while True:
                for one in told:
                    if one.event.sequence > seen.get(one.run, 0):
                        yield one
                        seen[one.run] = one.event.sequence
                    if one.event.state.is_terminal:
                        seen.pop(one.run, None)
                heard = await anext(news)
                if isinstance(heard, Lagged):
                    told = await self._now(models, wanted, seen)
                else:
                    told = await self._heard_of_all(heard, wanted, seen)

    async def _now(self, models: Sequence[RunModel], wanted: dict[str, Any], seen: dict[RunKey, int]) -> list[ToldOf]:
        """The latest event of each run in progress, and of those that have ended while nobody listened; those that
        were asked for first come first."""
        found: list[tuple[datetime, ToldOf]] = []
        for model in models:
            known = [key.id for key in seen if key.model is model]
            which = {**wanted, "$or": [{"state": {"$in": IN_PROGRESS}}, {"_id": {"$in": known}}]}
            async for run in runs_in(self._database, model).find(which, {"tail": 1, "requested_at": 1}):
                told = ToldOf(RunKey(model, run["_id"]), RunEvent.model_validate(run["tail"][-1]))
                found.append((run["requested_at"], told))
        return [told for _, told in sorted(found, key=lambda one: one[0])]

    async def _heard_of_all(self, news: Change, wanted: dict[str, Any], seen: dict[RunKey, int]) -> list[ToldOf]:
        tail = _tail(news)
        if not tail:
            return []
        key = RunKey.in_collection(news.collection, news.id)
        known = seen.get(key)
        if known is None and not await self._is_wanted(news, wanted):
            return []
        if known is not None and tail[0].sequence > known + 1:
            tail = await self._missed(key, known)
        return [ToldOf(key, event) for event in tail]

    async def _missed(self, key: RunKey, after: int) -> list[RunEvent]:
        with suppress(NotFound):  # it was deleted since
            return await log.read(self._database, await log.find(self._database, key.model, key.id), after=after)
        return []

    async def _is_wanted(self, news: Change, wanted: dict[str, Any]) -> bool:
        if news.document is not None:
            return all(news.document[name] == value for name, value in wanted.items())
        return await self._database[news.collection].find_one({"_id": news.id, **wanted}, {"_id": 1}) is not None


def _tail(change: Change) -> list[RunEvent]:
    source = change.document or change.updated or {}
    return [RunEvent.model_validate(event) for event in source.get("tail", ())]


def _require_not_negative(after: int) -> None:
    if after < 0:
        raise _invalid("after", "after must not be negative; 0 means from the first.")


def _invalid(path: str, message: str) -> InvalidInput:
    return InvalidInput(message, [Problem(path, message)])

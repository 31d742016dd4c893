"""The newest values for entities."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphql_api.auth.viewer import Viewer
from graphql_api.domain.enums import Role
from graphql_api.domain.times import now_micros
from graphql_api.errors import InvalidInput, LimitExceeded, Problem, UserError
from graphql_api.services.projects import Projects
from graphql_api.serving.answer import answer
from graphql_api.serving.lookup import Lookup, OnlineAnswer
from graphql_api.serving.plan import LookupPlan
from graphql_api.serving.plans import Plans, Wanted
from graphql_api.serving.request import keys_of, read_request
from graphql_api.stores.online import OnlineStore

MOST_REFERENCES = 1_000
MOST_VALUES = 2_000_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """`keys`: for each view of the plan the key of each entity; None where a part of it is null."""

    plan: LookupPlan
    keys: Sequence[Sequence[bytes | None]]

    def wanted(self) -> list[bytes]:
        return [key for view in self.keys for key in view if key is not None]

    def placed(self, rows: Sequence[bytes | None]) -> Sequence[Sequence[bytes | None]]:
        """What was read for `wanted`, back in the places of `keys`."""
        placed: list[Sequence[bytes | None]] = []
        start = 0
        for view in self.keys:
            end = start + len(view) - view.count(None)
            own = rows[start:end]
            if len(own) < len(view):
                following = iter(own)
                own = [None if key is None else next(following) for key in view]
            placed.append(own)
            start = end
        return placed


class OnlineFeatures:
    """Answers from Redis by compiled plans; MongoDB is asked only for what this process has not seen yet."""

    def __init__(
        self,
        *,
        projects: Projects,
        plans: Plans,
        store: OnlineStore,
        most_entities: int,
        clock: Callable[[], int] = now_micros,
    ) -> None:
        self._projects = projects
        self._plans = plans
        self._store = store
        self._most_entities = most_entities
        self._clock = clock

    async def look_up(self, viewer: Viewer, project_name: str, lookup: Lookup) -> OnlineAnswer:
        """One trip to Redis.

        Raises:
            Unauthenticated, ProjectNotFound, Forbidden: the viewer may not look here.
            NotFound: there is no such service.
            InvalidInput: the service is not ready, or references, columns or values are wrong; every problem.
            LimitExceeded: more is asked for than one answer holds.
            Unavailable: Redis does not answer, or MongoDB where it is needed.
        """
        prepared = await self._prepare(viewer, project_name, lookup)
        rows = await self._store.read(prepared.wanted())
        return answer(prepared.plan, prepared.placed(rows), self._clock())

    async def look_up_many(
        self, viewer: Viewer, lookups: Sequence[tuple[str, Lookup]]
    ) -> list[OnlineAnswer | UserError]:
        """One trip to Redis for all of them, each a project's name and a look-up; each is answered or refused alone."""
        outcomes = await asyncio.gather(*(self._attempt(viewer, name, lookup) for name, lookup in lookups))
        wanted = [outcome.wanted() if isinstance(outcome, Prepared) else [] for outcome in outcomes]
        rows = await self._store.read([key for keys in wanted for key in keys])
        moment = self._clock()
        answers: list[OnlineAnswer | UserError] = []
        start = 0
        for outcome, keys in zip(outcomes, wanted, strict=True):
            own = rows[start : start + len(keys)]
            start += len(keys)
            answers.append(
                outcome if isinstance(outcome, UserError) else answer(outcome.plan, outcome.placed(own), moment)
            )
        return answers

    async def _attempt(self, viewer: Viewer, project_name: str, lookup: Lookup) -> Prepared | UserError:
        try:
            return await self._prepare(viewer, project_name, lookup)
        except UserError as refusal:
            return refusal

    async def _prepare(self, viewer: Viewer, project_name: str, lookup: Lookup) -> Prepared:
        project_id = self._plans.project_id(project_name)
        if project_id is None:
            project_id = (await self._projects.get(viewer, project_name, Role.VIEWER)).id
            self._plans.remember_project(project_name, project_id)
        else:
            viewer.must_be(Role.VIEWER, str(project_id), project_name)
        plan = await self._plans.get(project_id, project_name, wanted_of(lookup))
        request = read_request(plan.request_columns, lookup.entities, most_rows=self._most_entities)
        if request.rows * len(plan.features) > MOST_VALUES:
            raise LimitExceeded(
                f"{request.rows} entities with {len(plan.features)} features are more than {MOST_VALUES} values."
            )
        return Prepared(plan, [keys_of(view, request) for view in plan.views])


def wanted_of(lookup: Lookup) -> Wanted:
    """Raises InvalidInput, LimitExceeded."""
    if (lookup.feature_service is None) == (lookup.features is None):
        message = "Name a featureService or a list of features, one of them."
        raise InvalidInput(message, [Problem("featureService", message)])
    if lookup.feature_service is not None:
        return lookup.feature_service
    references = tuple(lookup.features or ())
    if len(references) > MOST_REFERENCES:
        raise LimitExceeded(f"{len(references)} references are more than {MOST_REFERENCES}; name a feature service.")
    return references

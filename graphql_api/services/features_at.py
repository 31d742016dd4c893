"""Values as they were known at a moment: the join of training data, on a few rows."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from graphql_api.auth.viewer import Viewer
from graphql_api.domain.enums import Role
from graphql_api.engines.join_shapes import AnswerMoments
from graphql_api.errors import InvalidInput, LimitExceeded, NotFound, RunFault, Unavailable, UserError
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.services.online_features import wanted_of
from graphql_api.services.projects import Projects
from graphql_api.serving.join_plan import JoinPlan, compile_join
from graphql_api.serving.lookup import Lookup, OnlineAnswer
from graphql_api.serving.moments import as_answer
from graphql_api.serving.offline_rows import OfflineRows, available_by, paths_of
from graphql_api.serving.request import Request, read_request

MOST_ENTITIES = 1_000
MOST_VALUES = 200_000
MOST_BYTES = 2_000_000_000
"""Of the files that one answer reads."""
SECONDS = 20.0
_OF_THE_REQUEST = frozenset({"SQL_FAILED", "VALUE_OUT_OF_RANGE"})
AT_ONCE = 4
"""In a process: what plans and previews need of the sandbox is left to them."""


@dataclass(frozen=True, slots=True)
class LookupAt:
    lookup: Lookup
    at: int


class FeaturesAt:
    def __init__(self, *, projects: Projects, rows: OfflineRows, sandbox: SandboxPool) -> None:
        self._projects = projects
        self._rows = rows
        self._sandbox = sandbox
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def look_up(self, viewer: Viewer, project_name: str, asked: LookupAt) -> OnlineAnswer:
        """Of each entity the newest row that was available at the moment.

        Raises:
            Unauthenticated, ProjectNotFound, Forbidden: the viewer may not look here.
            NotFound: there is no such service.
            InvalidInput: the service is not ready, or references, columns or values are wrong; every problem.
            LimitExceeded: more is asked for than one answer holds, or more would have to be read.
            Unavailable: a store does not answer, or the computation did not end in time.
        """
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        plan = await compile_join(project.id, project_name, wanted_of(asked.lookup))
        request = read_request(
            plan.request_columns, asked.lookup.entities, asked.lookup.request_data, most_rows=MOST_ENTITIES
        )
        if request.rows * len(plan.names) > MOST_VALUES:
            raise LimitExceeded(
                f"{request.rows} entities with {len(plan.names)} features are more than {MOST_VALUES:,} values."
            )
        async with self._slots:
            return await self._answer(plan, request, asked.at)

    async def look_up_many(
        self, viewer: Viewer, asked: Sequence[tuple[str, LookupAt]]
    ) -> list[OnlineAnswer | UserError]:
        """Each is answered or refused alone."""
        return await asyncio.gather(*(self._attempt(viewer, name, one) for name, one in asked))

    async def _attempt(self, viewer: Viewer, name: str, asked: LookupAt) -> OnlineAnswer | UserError:
        try:
            return await self.look_up(viewer, name, asked)
        except UserError as refusal:
            return refusal

    async def _answer(self, plan: JoinPlan, request: Request, at: int) -> OnlineAnswer:
        names = [column.name for column in plan.request_columns]
        values = dict(zip(names, request.columns, strict=True))
        visible = [
            await self._rows.store.visible(
                planned.version.data_id,
                available_by(at, planned.version.delay),
                keys=planned.keys_among(values, request.rows),
            )
            for planned in plan.joined
        ]
        with self._rows.cache.folder() as folder:
            try:
                slices = await self._rows.bring(visible, folder, most_bytes=MOST_BYTES)
            except NotFound as error:
                raise Unavailable("What is visible has changed while it was read; ask again.", 0.5) from error
            views = [planned.of(held) for planned, held in zip(plan.joined, slices, strict=True)]
            call = AnswerMoments(plan.of(views), [at] * request.rows, values)
            with told_to_the_caller():
                async with self._sandbox.lease() as box:
                    moments = await box.call(call, readable=paths_of(slices), seconds=SECONDS)
        return as_answer(plan, moments, request.rows)


@contextmanager
def told_to_the_caller() -> Generator[None]:
    """A computation that fails for what was asked is the asker's matter; any other may succeed another time."""
    try:
        yield
    except RunFault as fault:
        if fault.code in _OF_THE_REQUEST:
            raise InvalidInput(" ".join(filter(None, [fault.message, fault.hint]))) from fault
        raise Unavailable(f"The values cannot be computed now: {fault.message}") from fault

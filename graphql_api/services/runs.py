"""Runs of every kind: which of them a viewer may see, and their end before their time."""

from collections.abc import Sequence

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.all_runs import RUN_MODELS, AnyRun, RunKey
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import Role
from graphql_api.errors import NotFound
from graphql_api.runs.queue import RunQueue
from graphql_api.services.auditing import deed_of
from graphql_api.services.lookups import find_visible


class Runs:
    def __init__(self, *, queue: RunQueue) -> None:
        self._queue = queue

    async def cancel(self, viewer: Viewer, key: RunKey) -> AnyRun:
        """End a run before its commit: nothing of it becomes visible.

        Raises:
            Forbidden: the viewer is no editor of the run's project.
            NotFound: there is no such run, or it is not the viewer's to see.
            Conflict: it has ended, or has committed.
        """
        run = await self.get(viewer, key, Role.EDITOR)
        return await self._queue.cancel(run, by=viewer.name, deed=deed_of(viewer, "cancelRun"))

    async def get(self, viewer: Viewer, key: RunKey, role: Role = Role.VIEWER) -> AnyRun:
        """The run, for who holds `role` in its project. Raises Unauthenticated, NotFound or Forbidden."""
        return await visible_run(viewer, key, role)

    async def find(self, viewer: Viewer, keys: Sequence[RunKey]) -> list[AnyRun]:
        """Those of them that lie in projects in which the viewer has a role, in no order."""
        found: list[AnyRun] = []
        for model in RUN_MODELS:
            if ids := [key.id for key in keys if key.model is model]:
                found += await find_visible(viewer, model, ids)
        return found


async def visible_run(viewer: Viewer, key: RunKey, role: Role) -> AnyRun:
    """A run that lies in a project without any role is as if it were not."""
    run: AnyRun | None = await key.model.find_one({"_id": key.id})
    project = await ProjectDocument.find_one({"_id": run.project_id}) if run else None
    if run is None or project is None or not (viewer.is_anonymous or viewer.role_in(str(project.id))):
        if viewer.is_anonymous:
            viewer.must_be(role, "", "")
        raise NotFound("There is no such run.")
    viewer.must_be(role, str(project.id), project.name)
    return run

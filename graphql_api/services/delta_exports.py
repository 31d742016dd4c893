"""Data of a view's version, for those who read without this server."""

import secrets
import socket

from graphql_api.auth.viewer import Viewer
from graphql_api.domain.enums import Role
from graphql_api.errors import InvalidInput
from graphql_api.runs.exporting import Exported, export
from graphql_api.runs.tools import Tools
from graphql_api.services.naming import version_named, version_reference
from graphql_api.services.projects import Projects
from graphql_api.settings import Settings
from graphql_api.stores.delta import delta_place


class DeltaExports:
    def __init__(self, *, projects: Projects, tools: Tools, settings: Settings) -> None:
        self._projects = projects
        self._tools = tools
        self._settings = settings
        self._name = f"{socket.gethostname()}-{secrets.token_hex(4)}"

    async def to_delta(self, viewer: Viewer, project_name: str, reference: str, to: str) -> Exported:
        """Make a Delta table at a folder, or at `s3://<bucket>/exports/…`, of all the version's rows as of its data's
        last commit, or bring the one that is there up to it.

        Raises Unauthenticated, ProjectNotFound or Forbidden for whoever is no admin; NotFound; InvalidInput where the
        place is not allowed, not safe, or holds something else; Conflict where there is nothing to export, or somebody
        else is exporting to it."""
        project = await self._projects.get(viewer, project_name, Role.ADMIN, even_archived=True)
        _, version = await version_named(project, version_reference(reference))
        if not version.data_id:
            raise InvalidInput(f"{version.reference} is an on-demand version: it holds no data.")
        place = delta_place(to, self._settings)
        return await export(self._tools, version, place, owner=self._name)

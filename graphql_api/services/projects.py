"""Projects, and the one question that every way in asks: may this viewer do this there?"""

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import Role
from graphql_api.errors import ProjectNotFound

DEFAULT_PROJECT = "default"


class Projects:
    async def get(self, viewer: Viewer, name: str, role: Role) -> ProjectDocument:
        """The project, for whoever holds at least `role` in it.

        Raises Unauthenticated, ProjectNotFound or Forbidden."""
        project = await ProjectDocument.find_one({"name": name})
        viewer.must_be(role, str(project.id) if project is not None else "", name)
        if project is None:
            raise ProjectNotFound(f"There is no project {name!r}, or you have no role in it.")
        return project

    async def ensure_default(self) -> ProjectDocument:
        """The project that is meant where none is named; made where it is absent."""
        found = await ProjectDocument.find_one({"name": DEFAULT_PROJECT})
        if found is not None:
            return found
        try:
            return await ProjectDocument(name=DEFAULT_PROJECT).insert()
        except DuplicateKeyError:
            return await self.ensure_default()

    async def all_of(self, viewer: Viewer) -> list[ProjectDocument]:
        """Every project in which the viewer has a role, by name."""
        if viewer.everywhere is not None:
            return await ProjectDocument.find_all().sort("name").to_list()
        ids = [ObjectId(project_id) for project_id in viewer.roles]
        return await ProjectDocument.find({"_id": {"$in": ids}}).sort("name").to_list()

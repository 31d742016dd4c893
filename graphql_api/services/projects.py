"""Projects, and the one question that every way in asks: may this viewer do this there?"""

from collections.abc import Sequence

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.errors import ProjectNotFound
from graphql_api.services.pages import Stage, find_page

DEFAULT_PROJECT = "default"
BY_NAME = Order("project", (SortKey("name", KeyKind.TEXT),))


class Projects:
    async def get(self, viewer: Viewer, name: str, role: Role) -> ProjectDocument:
        """The project, for whoever holds at least `role` in it.

        Raises Unauthenticated, ProjectNotFound or Forbidden."""
        viewer.must_be_known()
        project = await ProjectDocument.find_one({"name": name})
        if project is None:
            raise ProjectNotFound(f"There is no project {name!r}, or you have no role in it.")
        viewer.must_be(role, str(project.id), name)
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

    async def page(self, viewer: Viewer, request: PageRequest) -> Page[ProjectDocument]:
        """Projects in which the viewer has a role, by name."""
        stages: list[Stage] = [{"$match": _visible_to(viewer)}]
        return await find_page(ProjectDocument, stages, BY_NAME, request, ProjectDocument.model_validate)

    async def all_of(self, viewer: Viewer) -> list[ProjectDocument]:
        """Every project in which the viewer has a role, by name."""
        return await ProjectDocument.find(_visible_to(viewer)).sort("name").to_list()

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[ProjectDocument]:
        """Those of them in which the viewer has a role, in no order."""
        wanted = {"$and": [{"_id": {"$in": list(ids)}}, _visible_to(viewer)]}
        return await ProjectDocument.find(wanted).to_list()


def _visible_to(viewer: Viewer) -> dict[str, object]:
    viewer.must_be_known()
    if viewer.everywhere is not None:
        return {}
    return {"_id": {"$in": [ObjectId(project_id) for project_id in viewer.roles]}}

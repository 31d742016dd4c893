"""Reading objects of the registry that have one document a name: lists with filters, by name, by id."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.base import Described
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import Role, SearchKind
from graphql_api.domain.pages import Order, Page, PageRequest
from graphql_api.domain.references import NAME
from graphql_api.services.catalog import Filters, documents_of, find_entries, listed
from graphql_api.services.lookups import find_visible
from graphql_api.services.projects import Projects

NamedT = TypeVar("NamedT", bound=Described)


class Named(Generic[NamedT]):
    """`model` holds one document a name; `order` is the default order of its lists, `kind` that of its entries."""

    model: type[NamedT]
    kind: ClassVar[SearchKind]
    order: ClassVar[Order]

    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def page(self, viewer: Viewer, project_name: str, filters: Filters, request: PageRequest) -> Page[NamedT]:
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        match = listed(project.id, self.kind) | filters.match()
        return await documents_of(self.model, await find_entries(match, self.order, request))

    async def get(self, viewer: Viewer, project_name: str, name: str) -> NamedT | None:
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        return await self._named(project, name)

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[NamedT]:
        return await find_visible(viewer, self.model, ids)

    async def _named(self, project: ProjectDocument, name: str) -> NamedT | None:
        if not NAME.fullmatch(name):
            return None
        raw = await collection_of(self.model).find_one({"project_id": project.id, "name": name})
        return None if raw is None else self.model.model_validate(raw)

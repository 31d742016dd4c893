from graphql_api.auth.viewer import Viewer
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.services.pages import find_page
from graphql_api.services.projects import Projects

NEWEST_FIRST = Order("registry event", (SortKey("sequence", KeyKind.NUMBER, -1),))


class RegistryEvents:
    """What changed in a project's registry, and who changed it."""

    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def page(self, viewer: Viewer, project_name: str, request: PageRequest) -> Page[RegistryEventDocument]:
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        return await find_page(
            RegistryEventDocument,
            [{"$match": {"project_id": project.id}}],
            NEWEST_FIRST,
            request,
            RegistryEventDocument.model_validate,
        )

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.errors import InvalidInput, Problem
from graphql_api.services.following import follow_log
from graphql_api.services.pages import find_page
from graphql_api.services.projects import Projects
from graphql_api.serving.feed import Change, ChangeFeed

NEWEST_FIRST = Order("registry event", (SortKey("sequence", KeyKind.NUMBER, -1),))
EVENTS = "registry_events"
AT_ONCE = 500


class RegistryEvents:
    """What changed in a project's registry, and who changed it."""

    def __init__(self, *, projects: Projects, feed: ChangeFeed) -> None:
        self._projects = projects
        self._feed = feed

    async def page(self, viewer: Viewer, project_name: str, request: PageRequest) -> Page[RegistryEventDocument]:
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        return await find_page(
            RegistryEventDocument,
            [{"$match": {"project_id": project.id}}],
            NEWEST_FIRST,
            request,
            RegistryEventDocument.model_validate,
        )

    async def follow(
        self, viewer: Viewer, project_name: str, *, after: int | None = None
    ) -> AsyncGenerator[RegistryEventDocument]:
        """Every event after a sequence, then what follows, without end; without a sequence, only what follows.

        Raises Unauthenticated, ProjectNotFound; InvalidInput for a sequence that is yet to come."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        if after is not None and not 0 <= after <= project.revision:
            message = (
                "after must not be negative; 0 means from the first."
                if after < 0
                else f"The last change of {project.name!r} is {project.revision}; {after} has not happened yet."
            )
            raise InvalidInput(message, [Problem("after", message)])
        return self._follow(project.id, project.revision if after is None else after)

    async def _follow(self, project_id: ObjectId, after: int) -> AsyncGenerator[RegistryEventDocument]:
        def heard(change: Change) -> Sequence[RegistryEventDocument]:
            if change.document is None or change.document["project_id"] != project_id:
                return ()
            return [RegistryEventDocument.model_validate(change.document)]

        async with self._feed.listen(EVENTS) as news:
            following = follow_log(
                news, after=after, read=lambda seen: _read(project_id, seen), heard=heard, at_once=AT_ONCE
            )
            async with aclosing(following) as events:
                async for event in events:
                    yield event


async def _read(project_id: ObjectId, after: int) -> list[RegistryEventDocument]:
    events = RegistryEventDocument.find({"project_id": project_id, "sequence": {"$gt": after}})
    return await events.sort("sequence").limit(AT_ONCE).to_list()

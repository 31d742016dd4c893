"""What has changed in a registry, and what changes."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.pages import PageRequest
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import VIEWER
from resolvers.following import followed
from schema.connections import After, Connection, First, Project, connected
from schema.registry_events import RegistryEvent
from schema.scalars import BigInt


@strawberry.type
class RegistryEventQueries:
    @strawberry.field(description="What changed in a project's registry, newest first.", metadata=VIEWER)
    async def recent_changes(
        self, info: Info, project: Project = DEFAULT_PROJECT, first: First = 20, after: After = None
    ) -> Connection[RegistryEvent]:
        page = await info.context.services.registry_events.page(
            info.context.viewer, project, PageRequest.of(first, after, default=20)
        )
        return connected(page, RegistryEvent.from_document)


@strawberry.type
class RegistryEventSubscriptions:
    @strawberry.subscription(
        description="Every change of a project's registry with a sequence greater than `after`, oldest first, then "
        "what follows, without gap or repetition. A client that was cut off asks again with the last sequence that it "
        "saw; one beyond the last change is INVALID_INPUT. Never completes. Viewer.",
        metadata=VIEWER,
    )
    async def registry_changes(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        after: Annotated[
            BigInt | None,
            strawberry.argument(description="The last sequence seen; 0: none. Null: only what happens from now on."),
        ] = None,
    ) -> AsyncIterator[RegistryEvent]:
        events = await info.context.services.registry_events.follow(info.context.viewer, project, after=after)
        return followed(info, events, RegistryEvent.from_document)

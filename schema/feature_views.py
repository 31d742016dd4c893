from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.feature_views import FeatureViewDocument
from graphql_api.domain.pages import PageRequest
from graphql_api.services.feature_views import FeatureViewOrderField
from graphql_api.services.pages import Parent
from graphql_api.services.versions import VERSIONS_OF_VIEW, VersionNumber
from schema import entities, feature_view_versions
from schema.columns import Tag, moment, tags_of
from schema.connections import After, Connection, First, connected
from schema.enums import OrderDirection
from schema.lazy import EntityRef, FeatureViewVersionRef
from schema.nodes import Node, node_id, there
from schema.projects import Project
from schema.scalars import JSON
from schema.version_diffs import VersionDiff


@strawberry.type(
    description="Features that are computed together, under one name. What is computed is in its versions, which are "
    "immutable; what stands here may change in place."
)
class FeatureView(Node):
    name: str = strawberry.field(description="Unique among the project's feature views.")
    description: str = strawberry.field(description="For people; may be empty.")
    owner: str | None = strawberry.field(description="Who answers for it; null where nobody is named.")
    tags: list[Tag] = strawberry.field(description="Labels, in the order of the YAML.")
    definition: JSON = strawberry.field(description="As the YAML writes it.")
    schedule: str | None = strawberry.field(description="Cron expression in UTC, or null.")
    since: datetime | None = strawberry.field(description="Nothing earlier is computed. Null: from the oldest row on.")
    created_at: datetime = strawberry.field(description="When the first apply made it.")
    updated_at: datetime = strawberry.field(description="When an apply last changed it, a new version included.")
    document: strawberry.Private[FeatureViewDocument]

    @classmethod
    def from_document(cls, view: FeatureViewDocument) -> Self:
        return cls(
            id=node_id("FeatureView", view.id),
            name=view.name,
            description=view.description,
            owner=view.owner,
            tags=tags_of(view.tags),
            definition=JSON(view.spec),
            schedule=view.schedule,
            since=moment(view.since),
            created_at=view.created_at,
            updated_at=view.updated_at,
            document=view,
        )

    @strawberry.field(description="Where it is defined.")
    async def project(self, info: Info) -> Project:
        return Project.from_document(there(await info.context.loaders.project.load(self.document.project_id)))

    @strawberry.field(description="What it is about, in the order of its keys; empty: one row for everything.")
    async def entities(self, info: Info) -> Sequence[EntityRef]:
        found = await info.context.loaders.entity.load_many(self.document.entity_ids)
        return [entities.Entity.from_document(there(entity)) for entity in found]

    @strawberry.field(description="What a reference without a version means. Null until a version is published.")
    async def current_version(self, info: Info) -> FeatureViewVersionRef | None:
        number = self.document.current_version
        return None if number is None else await self._version(info, number)

    @strawberry.field(description="The one with the highest number, draft or not.")
    async def latest_version(self, info: Info) -> FeatureViewVersionRef:
        return there(await self._version(info, self.document.latest_version))

    @strawberry.field(description="By its number; null where there is none.")
    async def version(
        self, info: Info, number: Annotated[int, strawberry.argument(description="From 1 on.")]
    ) -> FeatureViewVersionRef | None:
        return await self._version(info, number)

    @strawberry.field(description="All versions, newest first.")
    async def versions(self, info: Info, first: First = 20, after: After = None) -> Connection[FeatureViewVersionRef]:
        parent = Parent.of(self.document.project_id, view_id=self.document.id)
        page = await info.context.loaders.pages.load(VERSIONS_OF_VIEW, parent, PageRequest.of(first, after, default=20))
        return connected(page, feature_view_versions.FeatureViewVersion.from_document)

    @strawberry.field(
        description="What differs between two versions, whichever is the older. Null where one of the two does not "
        "exist."
    )
    async def diff(
        self,
        info: Info,
        from_: Annotated[int, strawberry.argument(name="from", description="The number of the version before.")],
        to: Annotated[int, strawberry.argument(description="The number of the version after.")],
    ) -> VersionDiff | None:
        wanted = [VersionNumber(self.document.id, number) for number in (from_, to)]
        before, after = await info.context.loaders.numbered_version.load_many(wanted)
        return VersionDiff.of(before, after) if before and after else None

    async def _version(self, info: Info, number: int) -> "feature_view_versions.FeatureViewVersion | None":
        wanted = VersionNumber(self.document.id, number)
        found = await info.context.loaders.numbered_head.load(wanted)
        return None if found is None else feature_view_versions.FeatureViewVersion.from_head(found)


@strawberry.input(description="How to order feature views.")
class FeatureViewOrder:
    field: FeatureViewOrderField = strawberry.field(description="NAME is unique; equal times are ordered by id.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Ascending unless said otherwise."
    )

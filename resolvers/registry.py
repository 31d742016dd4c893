"""Reading entities, data sources, feature views, their versions and features, and feature services."""

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.pages import PageRequest
from graphql_api.domain.types import ValueType
from graphql_api.services.catalog import Filters
from graphql_api.services.feature_views import FeatureViewOrderField, ViewFilters, view_order
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import VIEWER
from resolvers.arguments import Name, Owner, Search, TagFilter
from schema.connections import After, Connection, First, Project, connected
from schema.data_sources import DataSource
from schema.entities import Entity
from schema.enums import OrderDirection
from schema.feature_services import FeatureService
from schema.feature_view_versions import FeatureViewVersion
from schema.feature_views import FeatureView, FeatureViewOrder
from schema.features import Feature


@strawberry.type
class EntityQueries:
    @strawberry.field(description="Entities, by name.", metadata=VIEWER)
    async def entities(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        search: Search = None,
        tag: TagFilter = None,
        owner: Owner = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Entity]:
        page = await info.context.services.entities.page(
            info.context.viewer, project, Filters(search, tag, owner), PageRequest.of(first, after)
        )
        return connected(page, Entity.from_document)

    @strawberry.field(description="An entity by its name; null where there is none.", metadata=VIEWER)
    async def entity(self, info: Info, name: Name, project: Project = DEFAULT_PROJECT) -> Entity | None:
        found = await info.context.services.entities.get(info.context.viewer, project, name)
        return found and Entity.from_document(found)


@strawberry.type
class DataSourceQueries:
    @strawberry.field(description="Data sources, by name.", metadata=VIEWER)
    async def data_sources(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        search: Search = None,
        tag: TagFilter = None,
        owner: Owner = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[DataSource]:
        page = await info.context.services.data_sources.page(
            info.context.viewer, project, Filters(search, tag, owner), PageRequest.of(first, after)
        )
        return connected(page, DataSource.from_document)

    @strawberry.field(description="A data source by its name; null where there is none.", metadata=VIEWER)
    async def data_source(self, info: Info, name: Name, project: Project = DEFAULT_PROJECT) -> DataSource | None:
        found = await info.context.services.data_sources.get(info.context.viewer, project, name)
        return found and DataSource.from_document(found)


@strawberry.type
class FeatureViewQueries:
    @strawberry.field(description="Feature views, by name unless `orderBy` says otherwise.", metadata=VIEWER)
    async def feature_views(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        search: Search = None,
        tag: TagFilter = None,
        owner: Owner = None,
        entity: Annotated[str | None, strawberry.argument(description="Only views about this entity, by name.")] = None,
        stale: Annotated[
            bool | None,
            strawberry.argument(
                description="True: only views whose current version breaches its freshness: the newest event is older "
                "than the view's `freshness` allows. False: only the others; a view without `freshness`, without a "
                "current version or without rows is one of them."
            ),
        ] = None,
        failing: Annotated[
            bool | None,
            strawberry.argument(
                description="True: only views of which the newest run that ended, cancelled ones aside, of the data of "
                "the current or of the latest version FAILED, as it does where a BLOCK check fails. A run in progress "
                "changes nothing until it ends. False: only the others."
            ),
        ] = None,
        order_by: Annotated[
            FeatureViewOrder | None,
            strawberry.argument(
                description="Null: by name, ascending. A walk by NAME shows each view that is there all the while "
                "once. A walk by UPDATED_AT shows each view that is not changed meanwhile once; one that is changed "
                "comes again at the end of an ascending walk, and is at the beginning of the next descending one."
            ),
        ] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[FeatureView]:
        field = order_by.field if order_by else FeatureViewOrderField.NAME
        descending = order_by is not None and order_by.direction is OrderDirection.DESC
        page = await info.context.services.feature_views.list(
            info.context.viewer,
            project,
            ViewFilters(Filters(search, tag, owner), entity=entity, stale=stale, failing=failing),
            view_order(field, -1 if descending else 1),
            PageRequest.of(first, after),
        )
        return connected(page, FeatureView.from_document)

    @strawberry.field(description="A feature view by its name; null where there is none.", metadata=VIEWER)
    async def feature_view(self, info: Info, name: Name, project: Project = DEFAULT_PROJECT) -> FeatureView | None:
        found = await info.context.services.feature_views.get(info.context.viewer, project, name)
        return found and FeatureView.from_document(found)

    @strawberry.field(
        description="A version by its reference: aircraft_delays@3, or aircraft_delays for the current one. Null where "
        "there is none.",
        metadata=VIEWER,
    )
    async def feature_view_version(
        self,
        info: Info,
        reference: Annotated[str, strawberry.argument(description="view, or view@3.")],
        project: Project = DEFAULT_PROJECT,
    ) -> FeatureViewVersion | None:
        found = await info.context.services.versions.get(info.context.viewer, project, reference)
        return found and FeatureViewVersion.from_document(found)


@strawberry.type
class FeatureQueries:
    @strawberry.field(description="Features of current versions, by view, then by name.", metadata=VIEWER)
    async def features(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        search: Search = None,
        tag: TagFilter = None,
        owner: Owner = None,
        value_type: Annotated[ValueType | None, strawberry.argument(description="Only features of this type.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Feature]:
        page = await info.context.services.features.page(
            info.context.viewer, project, Filters(search, tag, owner), value_type, PageRequest.of(first, after)
        )
        return connected(page, Feature.of)

    @strawberry.field(
        description="A feature by its reference: aircraft_delays@3:flights_7d, or aircraft_delays:flights_7d for the "
        "current version's. Null where there is none.",
        metadata=VIEWER,
    )
    async def feature(
        self,
        info: Info,
        reference: Annotated[str, strawberry.argument(description="view:feature, or view@3:feature.")],
        project: Project = DEFAULT_PROJECT,
    ) -> Feature | None:
        found = await info.context.services.features.get(info.context.viewer, project, reference)
        return found and Feature.of(found)


@strawberry.type
class FeatureServiceQueries:
    @strawberry.field(
        description="Current versions, by name: of each service the newest that is ready, the newest where none is.",
        metadata=VIEWER,
    )
    async def feature_services(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        search: Search = None,
        tag: TagFilter = None,
        owner: Owner = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[FeatureService]:
        page = await info.context.services.feature_services.page(
            info.context.viewer, project, Filters(search, tag, owner), PageRequest.of(first, after)
        )
        return connected(page, FeatureService.from_document)

    @strawberry.field(
        description="By name (the current version), or by name and number: delay_model@2. Null where there is none.",
        metadata=VIEWER,
    )
    async def feature_service(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="service, or service@2.")],
        project: Project = DEFAULT_PROJECT,
    ) -> FeatureService | None:
        found = await info.context.services.feature_services.get(info.context.viewer, project, name)
        return found and FeatureService.from_document(found)

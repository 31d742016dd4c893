from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.feature_views import FeatureViewVersionDocument, VersionHead
from graphql_api.domain.enums import RunState, Store, VersionState
from graphql_api.domain.pages import PageRequest
from graphql_api.domain.times import SECOND, utc_now
from graphql_api.services.feature_services import SERVICES_OF_VERSION
from graphql_api.services.features import FeatureOfVersion
from graphql_api.services.pages import Narrowing, Parent
from graphql_api.services.run_history import RUNS_OF_COPY, freshness_of
from graphql_api.services.versions import DERIVED_VERSIONS
from schema import feature_services, feature_views, features, materializations, validations
from schema.columns import TimeRange, moment
from schema.connections import After, Connection, First, connected
from schema.lazy import (
    FeatureRef,
    FeatureServiceRef,
    FeatureViewRef,
    FeatureViewVersionRef,
    MaterializationRef,
    ValidationRef,
)
from schema.nodes import Node, node_id, there
from schema.scalars import BigInt
from schema.transformations import Transformation, inputs_of, transformation_of

States = Annotated[
    list[RunState] | None, strawberry.argument(description="Only runs in one of these states; null: in any.")
]


@strawberry.type(description="How old the newest event of the data is.")
class Freshness:
    latest_event_timestamp: datetime | None = strawberry.field(
        description="Of all rows that are committed; for a static view, when its last run froze its inputs. Null: no "
        "row yet."
    )
    age_seconds: float | None = strawberry.field(description="From then to now; null where there is no row yet.")
    max_age_seconds: BigInt | None = strawberry.field(description="The view's `freshness`; null where it has none.")
    breached: bool = strawberry.field(description="True where the newest event is older than the view allows.")


@strawberry.type(description="What a feature view was at one time. Immutable, but for its state.")
class FeatureViewVersion(Node):
    reference: str = strawberry.field(description="This very version: aircraft_delays@3")
    number: int = strawberry.field(description="From 1 on; never used twice.")
    state: VersionState = strawberry.field(description="How far it is in its life.")
    ttl_seconds: BigInt | None = strawberry.field(
        description="How long after its event timestamp a value may still be served. Null: for ever."
    )
    delay_seconds: BigInt = strawberry.field(description="How long after its event timestamp a row becomes available.")
    change_note: str = strawberry.field(description="What its author says of the change; may be empty.")
    created_by: str = strawberry.field(description="Who applied it.")
    created_at: datetime = strawberry.field(description="When it was applied.")
    published_at: datetime | None = strawberry.field(
        description="When it was first published; null for one that never was."
    )
    deprecated_at: datetime | None = strawberry.field(description="Null for one that is not deprecated.")
    deprecation_reason: str | None = strawberry.field(description="Null for one that is not deprecated.")
    data_fingerprint: str = strawberry.field(
        description="Versions of one view with the same data fingerprint share their data: coverage, runs and "
        "freshness are those of the copy."
    )
    head: strawberry.Private[VersionHead | FeatureViewVersionDocument]

    @classmethod
    def from_document(cls, version: FeatureViewVersionDocument) -> Self:
        return cls.from_head(version)

    @classmethod
    def from_head(cls, version: VersionHead | FeatureViewVersionDocument) -> Self:
        """The rest is read where a field asks for it."""
        return cls(
            id=node_id("FeatureViewVersion", version.id),
            reference=version.reference,
            number=version.number,
            state=version.state,
            ttl_seconds=None if version.ttl is None else BigInt(version.ttl // SECOND),
            delay_seconds=BigInt(version.delay // SECOND),
            change_note=version.change_note,
            created_by=version.created_by,
            created_at=version.created_at,
            published_at=version.published_at,
            deprecated_at=version.deprecated_at,
            deprecation_reason=version.deprecation_reason,
            data_fingerprint=version.data_fingerprint,
            head=version,
        )

    @strawberry.field(description="What it is a version of.")
    async def feature_view(self, info: Info) -> FeatureViewRef:
        found = await info.context.loaders.feature_view.load(self.head.view_id)
        return feature_views.FeatureView.from_document(there(found))

    @strawberry.field(description="What it computes, in the order of the YAML.")
    async def features(self, info: Info) -> Sequence[FeatureRef]:
        version = await self._whole(info)
        return [features.Feature.of(FeatureOfVersion(version, part)) for part in version.features]

    @strawberry.field(
        description="What it is computed from: data sources as the registry has them now, then the very versions of "
        "other views that are pinned."
    )
    async def inputs(self, info: Info) -> list[Node]:
        return await inputs_of(info, await self._whole(info))

    @strawberry.field(description="How its rows are made.")
    async def transformation(self, info: Info) -> Transformation:
        return transformation_of(await self._whole(info))

    @strawberry.field(description="What is checked in each run, in the order of the YAML.")
    async def validations(self, info: Info) -> Sequence[ValidationRef]:
        version = await self._whole(info)
        return [validations.Validation.of(version, check) for check in version.validations]

    @strawberry.field(description="What to use in its place; null where nothing is named.")
    async def replacement(self, info: Info) -> FeatureViewVersionRef | None:
        if self.head.replacement_id is None:
            return None
        found = await info.context.loaders.version_head.load(self.head.replacement_id)
        return None if found is None else FeatureViewVersion.from_head(found)

    @strawberry.field(description="Ranges of event timestamps that runs have made, oldest first; they do not touch.")
    async def coverage(
        self,
        info: Info,
        store: Annotated[
            Store, strawberry.argument(description="OFFLINE: committed. ONLINE: written to the online store as well.")
        ] = Store.OFFLINE,
    ) -> list[TimeRange]:
        copy = await info.context.loaders.data_copy.load(self.head.data_id)
        if copy is None:
            return []
        return [TimeRange.of(part) for part in (copy.covered if store is Store.OFFLINE else copy.covered_online)]

    @strawberry.field(description="How old its data is.")
    async def freshness(self, info: Info) -> Freshness:
        view = there(await info.context.loaders.feature_view.load(self.head.view_id))
        copy = await info.context.loaders.data_copy.load(self.head.data_id)
        found = freshness_of(self.head, view, copy, utc_now())
        return Freshness(
            latest_event_timestamp=moment(found.latest),
            age_seconds=None if found.age is None else found.age / SECOND,
            max_age_seconds=None if found.max_age is None else BigInt(found.max_age // SECOND),
            breached=found.breached,
        )

    @strawberry.field(description="The run of its data that was requested last, whatever became of it; null: none yet.")
    async def latest_materialization(self, info: Info) -> MaterializationRef | None:
        page = await info.context.loaders.pages.load(RUNS_OF_COPY, self._data(), PageRequest(1))
        return materializations.Materialization.from_document(page.items[0]) if page.items else None

    @strawberry.field(description="Runs of its data, newest first; another version that shares it may have asked.")
    async def materializations(
        self, info: Info, first: First = 20, after: After = None, states: States = None
    ) -> Connection[MaterializationRef]:
        narrowing = None if states is None else Narrowing("state", tuple(states))
        request = PageRequest.of(first, after, default=20)
        page = await info.context.loaders.pages.load(RUNS_OF_COPY, self._data(), request, narrowing)
        return connected(page, materializations.Materialization.from_document)

    @strawberry.field(description="Service versions that pin this very version, by name, then newest first.")
    async def used_by(self, info: Info, first: First = 50, after: After = None) -> Connection[FeatureServiceRef]:
        parent = Parent.of(self.head.project_id, version_id=self.head.id)
        page = await info.context.loaders.pages.load(SERVICES_OF_VERSION, parent, PageRequest.of(first, after))
        return connected(page, feature_services.FeatureService.from_document)

    @strawberry.field(
        description="Versions of other views that are made from it, in whatever state, by view, then newest first."
    )
    async def derived_versions(
        self, info: Info, first: First = 50, after: After = None
    ) -> Connection[FeatureViewVersionRef]:
        parent = Parent.of(self.head.project_id, version_id=self.head.id)
        page = await info.context.loaders.pages.load(DERIVED_VERSIONS, parent, PageRequest.of(first, after))
        return connected(page, FeatureViewVersion.from_document)

    async def _whole(self, info: Info) -> FeatureViewVersionDocument:
        if isinstance(self.head, FeatureViewVersionDocument):
            return self.head
        return there(await info.context.loaders.version.load(self.head.id))

    def _data(self) -> Parent:
        return Parent.of(self.head.project_id, data_id=self.head.data_id)

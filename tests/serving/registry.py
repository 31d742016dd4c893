"""A project's registry and online rows, written directly, as apply and runs would leave them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beanie import Document
from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument, ServiceEntryPart
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import ChangeKind, DefinitionKind, VersionState
from graphql_api.domain.packing import KeyValue, packed_key
from graphql_api.domain.types import ValueType
from graphql_api.stores.online import OnlineStore
from tests.factories import a_copy, a_service, a_version, a_view, an_entity

Types = Mapping[str, ValueType]
TAILNUM = {"tailnum": ValueType.STRING}


@dataclass(frozen=True)
class Registry:
    database: AsyncDatabase[dict[str, Any]]
    project: ProjectDocument
    store: OnlineStore

    async def change(self, kind: DefinitionKind, name: str, change: ChangeKind, *documents: Document) -> None:
        """Writes the documents and tells of it, in one transaction, as whoever changes the registry does."""
        async with self.database.client.start_session() as session, await session.start_transaction():
            project = await ProjectDocument.get(self.project.id, session=session)
            assert project is not None
            project.revision += 1
            await project.save(session=session)
            for document in documents:
                await document.save(session=session)
            await RegistryEventDocument(
                project_id=project.id, sequence=project.revision, kind=kind, name=name, change=change, actor="tests"
            ).insert(session=session)

    async def entity(self, name: str = "aircraft", keys: Types = TAILNUM) -> EntityDocument:
        entity = an_entity(self.project, name, keys)
        await self.change(DefinitionKind.ENTITY, name, ChangeKind.ADDED, entity)
        return entity

    async def version(
        self,
        name: str,
        features: Types,
        *,
        entities: Sequence[EntityDocument],
        keys: Mapping[str, str] | None = None,
        ttl: int | None = None,
        state: VersionState = VersionState.PUBLISHED,
        shares: FeatureViewVersionDocument | None = None,
        layout: Sequence[str] | None = None,
    ) -> FeatureViewVersionDocument:
        """The view's next version, its first if there is no such view; current if it is published."""
        view = await FeatureViewDocument.find_one({"project_id": self.project.id, "name": name})
        if view is None:
            view = a_view(self.project, name, entities=entities, current=None, latest=0)
        number = view.latest_version + 1
        data_id = shares.data_id if shares else None
        version = a_version(
            view, number, entities=entities, features=features, keys=keys, ttl=ttl, state=state, data_id=data_id
        )
        view.latest_version = number
        if state is VersionState.PUBLISHED:
            view.current_version = number
        copies = [] if shares else [a_copy(version, layout)]
        await self.change(DefinitionKind.FEATURE_VIEW, name, ChangeKind.CHANGED, view, version, *copies)
        return version

    async def publish(self, version: FeatureViewVersionDocument) -> None:
        view = await FeatureViewDocument.get(version.view_id)
        assert view is not None
        view.current_version = version.number
        version.state = VersionState.PUBLISHED
        await self.change(DefinitionKind.FEATURE_VIEW, view.name, ChangeKind.CHANGED, view, version)

    async def service(self, name: str, entries: Sequence[ServiceEntryPart], number: int = 1) -> FeatureServiceDocument:
        service = a_service(self.project, entries, name, number)
        await self.change(DefinitionKind.FEATURE_SERVICE, name, ChangeKind.ADDED, service)
        return service

    async def rows(self, version: FeatureViewVersionDocument, rows: Mapping[tuple[KeyValue, ...], bytes]) -> None:
        items = [(packed_key(version.data_id, keys), row) for keys, row in rows.items()]
        assert await self.store.write(version.data_id, 1, 1, items) == len(items)

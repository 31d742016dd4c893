"""A registry on a real MongoDB, to plan, apply and change: runs are queued, and nobody works at them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from graphql_api.auth.viewer import Viewer
from graphql_api.definitions.plan import Plan
from graphql_api.definitions.questions import Answers
from graphql_api.documents.base import ID
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import Role
from graphql_api.runs.queue import RunQueue
from graphql_api.services.deleting import Deleting
from graphql_api.services.impacts import Impacts
from graphql_api.services.materializations import Materializations
from graphql_api.services.plans import Plans
from graphql_api.services.projects import Projects
from graphql_api.services.versions import Versions
from tests.definitions.world import FILES, DuckAnswers, definitions_of

ANN = Viewer(name="ann", everywhere=Role.ADMIN)
REGISTRY = (
    EntityDocument,
    DataSourceDocument,
    FeatureViewDocument,
    FeatureViewVersionDocument,
    FeatureServiceDocument,
    DataCopyDocument,
    RegistryEventDocument,
)


@dataclass
class Registry:
    """Plans on a database of its own. Runs are queued, and nobody works at them."""

    project: ProjectDocument
    queue: RunQueue
    name: str = "default"
    answers: DuckAnswers = field(default_factory=lambda: DuckAnswers(FILES))

    @property
    def runs(self) -> Materializations:
        return Materializations(projects=Projects(), queue=self.queue)

    @property
    def plans(self) -> Plans:
        runs = self.runs
        return Plans(
            projects=Projects(), answers=self._answers, start_run=runs.start_version, cancel_run=runs.cancel_in
        )

    @asynccontextmanager
    async def _answers(self, project_id: ID) -> AsyncGenerator[Answers]:
        assert project_id == self.project.id
        yield self.answers

    async def plan(self, text: str) -> Plan:
        return await self.plans.plan(ANN, self.name, definitions_of(text))

    async def apply(self, text: str, **options: bool | str) -> list[str]:
        """References of the versions that were made."""
        applied = await self.plans.apply(ANN, self.name, definitions_of(text), **options)  # pyright: ignore[reportArgumentType]
        return [version.reference for version in applied.versions]

    @property
    def versions(self) -> Versions:
        return Versions(projects=Projects(), cancel_run=self.runs.cancel_if_possible)

    @property
    def impacts(self) -> Impacts:
        return Impacts(projects=Projects())

    @property
    def deleting(self) -> Deleting:
        return Deleting(projects=Projects())

    async def counts(self) -> list[int]:
        return [await kind.count() for kind in REGISTRY]

    async def events(self) -> list[tuple[int, str]]:
        events = await RegistryEventDocument.find_all().sort("sequence").to_list()
        return [(event.sequence, event.name) for event in events]

    async def revision(self) -> int:
        project = await ProjectDocument.get(self.project.id)
        assert project is not None
        return project.revision

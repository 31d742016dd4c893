"""Runs and what their checks found, for reading; who starts and ends them is another service's matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewDocument, VersionFacts
from graphql_api.documents.materializations import MaterializationDocument, ValidationResultDocument
from graphql_api.domain.enums import Role, RunState, RunTrigger
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.domain.times import to_micros
from graphql_api.services.lookups import find_visible
from graphql_api.services.pages import Edge, Stage, find_page
from graphql_api.services.projects import Projects

NEWEST_FIRST = (SortKey("requested_at", KeyKind.MOMENT, -1), SortKey("_id", KeyKind.ID, -1))


@dataclass(frozen=True, slots=True)
class RunFilters:
    """`view` by name. None: whatever it is."""

    view: str | None = None
    states: Sequence[RunState] | None = None
    trigger: RunTrigger | None = None

    def stages(self) -> list[Stage]:
        wanted: dict[str, object] = {}
        if self.view is not None:
            wanted["view_name"] = self.view
        if self.states is not None:
            wanted["state"] = {"$in": list(self.states)}
        if self.trigger is not None:
            wanted["trigger"] = self.trigger
        return [{"$match": wanted}]


class RunHistory:
    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def page(
        self, viewer: Viewer, project_name: str, filters: RunFilters, request: PageRequest
    ) -> Page[MaterializationDocument]:
        """Newest first."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        return await find_page(
            MaterializationDocument,
            [{"$match": {"project_id": project.id}}, *filters.stages()],
            Order("run", NEWEST_FIRST),
            request,
            MaterializationDocument.model_validate,
        )

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[MaterializationDocument]:
        return await find_visible(viewer, MaterializationDocument, ids)

    async def results_of(
        self, viewer: Viewer, run_ids: Sequence[ObjectId]
    ) -> dict[ObjectId, list[ValidationResultDocument]]:
        """What the checks of each run found, in the order in which they were evaluated."""
        found: dict[ObjectId, list[ValidationResultDocument]] = {run_id: [] for run_id in run_ids}
        results = await find_visible(viewer, ValidationResultDocument, run_ids, "run_id")
        for result in sorted(results, key=lambda result: result.id):
            found[result.run_id].append(result)
        return found

    async def copies(self, viewer: Viewer, ids: Sequence[int]) -> list[DataCopyDocument]:
        """What is held of the data of versions: coverage and the newest event."""
        viewer.must_be_known()
        copies = await DataCopyDocument.find({"_id": {"$in": list(ids)}}).to_list()
        return [copy for copy in copies if viewer.may(Role.VIEWER, str(copy.project_id))]


RUNS_OF_COPY = Edge(
    model=MaterializationDocument,
    local="data_id",
    foreign="data_id",
    order=Order("run of version", NEWEST_FIRST),
    parse=MaterializationDocument.model_validate,
)

RESULTS_OF_VALIDATION = Edge(
    model=ValidationResultDocument,
    local="validation_id",
    foreign="validation_id",
    order=Order("result of validation", (SortKey("evaluated_at", KeyKind.MOMENT, -1), SortKey("_id", KeyKind.ID, -1))),
    parse=ValidationResultDocument.model_validate,
    stages=({"$match": {"$expr": {"$eq": ["$version_id", "$$version_id"]}}},),
)


@dataclass(frozen=True, slots=True)
class FreshnessOfData:
    """In microseconds. `latest` None: no row yet, which breaches nothing."""

    latest: int | None
    age: int | None
    max_age: int | None

    @property
    def breached(self) -> bool:
        return self.max_age is not None and self.age is not None and self.age > self.max_age


def freshness_of(
    version: VersionFacts, view: FeatureViewDocument, copy: DataCopyDocument | None, now: datetime
) -> FreshnessOfData:
    """From the newest event; of a static view, from the moment at which its last run froze its inputs."""
    latest = copy.latest_event if copy else None
    if version.is_static:
        latest = max((part.end for part in copy.covered), default=None) if copy else None
    return FreshnessOfData(latest, None if latest is None else to_micros(now) - latest, view.freshness)

"""The registry of a project as a plan needs it: names whole, versions as far as the plan can touch them."""

from collections.abc import Sequence

from graphql_api.definitions.documents import Definition
from graphql_api.definitions.parse import Parsed, parse
from graphql_api.definitions.problems import Problems
from graphql_api.definitions.registry import Registry, RunInProgress
from graphql_api.documents.base import ID
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of, parsed
from graphql_api.documents.tombstones import TombstoneDocument
from graphql_api.domain.enums import IN_PROGRESS
from graphql_api.errors import ProjectNotFound


async def read_registry(project_id: ID, definitions: Sequence[Definition]) -> Registry:
    """Whoever writes by it must find the project still at its `revision`."""
    project = await ProjectDocument.get(project_id)
    if project is None:
        raise ProjectNotFound("The project is gone.")
    own = {"project_id": project_id}
    entities = await EntityDocument.find(own).to_list()
    sources = {source.name: source for source in await DataSourceDocument.find(own).to_list()}
    views = {view.name: view for view in await FeatureViewDocument.find(own).to_list()}
    services = await _latest_services(project_id)
    specs = parse(definitions, Problems())
    names = _named(specs) | await _readers([sources[name].id for name in specs.sources if name in sources])
    pins = {entry.version_id for service in services for entry in service.entries}
    versions = await FeatureViewVersionDocument.find(
        own, {"$or": [{"view_name": {"$in": sorted(names)}}, {"_id": {"$in": sorted(pins)}}]}
    ).to_list()
    missing = {one.replacement_id for one in versions if one.replacement_id} - {one.id for one in versions}
    if missing:
        versions += await FeatureViewVersionDocument.find({"_id": {"$in": sorted(missing)}}).to_list()
    view_ids = sorted({version.view_id for version in versions})
    return Registry(
        project_id=project_id,
        revision=project.revision,
        entities={entity.name: entity for entity in entities},
        sources=sources,
        views=views,
        services={service.name: service for service in services},
        versions={version.id: version for version in versions},
        copies=await DataCopyDocument.find({"view_id": {"$in": view_ids}}).to_list(),
        runs=await _runs_in_progress(view_ids),
        used_numbers={(one.kind, one.name): one.last_number for one in await TombstoneDocument.find(own).to_list()},
    )


def _named(specs: Parsed) -> set[str]:
    """The views that are defined, and those that services refer to."""
    entries = (entry for service in specs.services.values() for entry in service.entries)
    return {*specs.views, *(entry.reference.name for entry in entries)}


async def _readers(source_ids: Sequence[ID]) -> set[str]:
    reading = {"transformation.sources.source_id": {"$in": list(source_ids)}}
    return set(await collection_of(FeatureViewVersionDocument).distinct("view_name", reading))


async def _latest_services(project_id: ID) -> list[FeatureServiceDocument]:
    found = await collection_of(FeatureServiceDocument).aggregate(
        [
            {"$match": {"project_id": project_id}},
            {"$sort": {"name": 1, "number": -1}},
            {"$group": {"_id": "$name", "latest": {"$first": "$$ROOT"}}},
            {"$replaceRoot": {"newRoot": "$latest"}},
        ]
    )
    return [parsed(FeatureServiceDocument, raw) for raw in await found.to_list()]


async def _runs_in_progress(view_ids: Sequence[ID]) -> list[RunInProgress]:
    query = {"view_id": {"$in": list(view_ids)}, "state": {"$in": list(IN_PROGRESS)}}
    found = collection_of(MaterializationDocument).find(query, {"version_id": 1, "data_id": 1})
    return [RunInProgress(run["_id"], run["version_id"], run["data_id"]) for run in await found.to_list()]

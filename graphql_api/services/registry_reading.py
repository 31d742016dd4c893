"""The registry of a project as a plan needs it: names whole, versions as far as the plan can touch them."""

from collections.abc import Sequence

from graphql_api.definitions.documents import Definition
from graphql_api.definitions.parse import Parsed, parse
from graphql_api.definitions.problems import Problems
from graphql_api.definitions.registry import Registry, RunInProgress
from graphql_api.definitions.specs import ServiceSpec, ViewSpec
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


async def revision_of(project_id: ID) -> int:
    """What every change of the registry moves on, in its transaction."""
    project = await ProjectDocument.get(project_id)
    if project is None:
        raise ProjectNotFound("The project is gone.")
    return project.revision


async def read_registry(project_id: ID, definitions: Sequence[Definition]) -> Registry:
    """Read piece by piece: it was so at one moment where the project is still at its `revision` afterwards, and whoever
    writes by it must find it there."""
    revision = await revision_of(project_id)
    own = {"project_id": project_id}
    entities = await EntityDocument.find(own).to_list()
    sources = {source.name: source for source in await DataSourceDocument.find(own).to_list()}
    views = {view.name: view for view in await FeatureViewDocument.find(own).to_list()}
    services = await _latest_services(project_id)
    specs = parse(definitions, Problems())
    names = _named(specs) | await _readers([sources[name].id for name in specs.sources if name in sources])
    names |= await _having([entity.id for entity in entities if entity.name in specs.entities])
    pins = {entry.version_id for service in services for entry in service.entries}
    versions = await _versions(project_id, names, pins)
    missing = {one.replacement_id for one in versions if one.replacement_id} - {one.id for one in versions}
    if missing:
        versions += await FeatureViewVersionDocument.find({"_id": {"$in": sorted(missing)}}).to_list()
    view_ids = sorted({version.view_id for version in versions})
    return Registry(
        project_id=project_id,
        revision=revision,
        entities={entity.name: entity for entity in entities},
        sources=sources,
        views=views,
        services={service.name: service for service in services},
        versions={version.id: version for version in versions},
        copies=await DataCopyDocument.find({"view_id": {"$in": view_ids}}).to_list(),
        runs=await _runs_in_progress(view_ids),
        pinned=await _pinned([version.id for version in versions]),
        used_numbers={(one.kind, one.name): one.last_number for one in await TombstoneDocument.find(own).to_list()},
    )


async def _versions(project_id: ID, names: set[str], pins: set[ID]) -> list[FeatureViewVersionDocument]:
    """Those of the named views and of all that is built on them, through chains; those that are pinned by services or
    by one of these."""
    found: dict[ID, FeatureViewVersionDocument] = {}
    known: set[str] = set()
    while names - known:
        wanted = {"project_id": project_id, "view_name": {"$in": sorted(names - known)}}
        known |= names
        more = {version.id: version for version in await FeatureViewVersionDocument.find(wanted).to_list()}
        found |= more
        names = await _built_on(list(more))
    pins = (pins | {pin.version_id for one in found.values() for pin in one.transformation.views}) - found.keys()
    pinned = await FeatureViewVersionDocument.find({"project_id": project_id, "_id": {"$in": sorted(pins)}}).to_list()
    return [*found.values(), *pinned]


async def _built_on(version_ids: Sequence[ID]) -> set[str]:
    reading = {"transformation.views.version_id": {"$in": list(version_ids)}}
    return set(await collection_of(FeatureViewVersionDocument).distinct("view_name", reading))


def _named(specs: Parsed) -> set[str]:
    """The views that are defined, those that services refer to, and those that these are made from."""
    services = [*specs.services.values(), *(one for one in specs.nameless if isinstance(one, ServiceSpec))]
    views = [*specs.views.values(), *(one for one in specs.nameless if isinstance(one, ViewSpec))]
    entries = (entry.reference for service in services for entry in service.entries)
    made = (view.transformation for view in views)
    inputs = (one.reference for spec in made if spec is not None for one in spec.inputs)
    return {*specs.views, *(reference.name for reference in (*entries, *inputs))}


async def _readers(source_ids: Sequence[ID]) -> set[str]:
    reading = {"transformation.sources.source_id": {"$in": list(source_ids)}}
    return set(await collection_of(FeatureViewVersionDocument).distinct("view_name", reading))


async def _having(entity_ids: Sequence[ID]) -> set[str]:
    having = {"entities.entity_id": {"$in": list(entity_ids)}}
    return set(await collection_of(FeatureViewVersionDocument).distinct("view_name", having)) if entity_ids else set()


async def _pinned(version_ids: Sequence[ID]) -> dict[ID, list[str]]:
    pinning = {"entries.version_id": {"$in": list(version_ids)}}
    shown = {"name": 1, "number": 1, "entries.version_id": 1}
    found: dict[ID, list[str]] = {version_id: [] for version_id in version_ids}
    async for raw in collection_of(FeatureServiceDocument).find(pinning, shown, sort=[("name", 1), ("number", 1)]):
        for version_id in {entry["version_id"] for entry in raw["entries"]} & found.keys():
            found[version_id].append(f"{raw['name']}@{raw['number']}")
    return {version_id: references for version_id, references in found.items() if references}


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

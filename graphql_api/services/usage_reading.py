"""Who uses what, read from the versions themselves."""

from graphql_api.definitions.usage import RunUnderWay, Usage, user_of_dataset, user_of_service, user_of_version
from graphql_api.documents.base import ID
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.domain.enums import IN_PROGRESS

_WITHOUT = {
    "features": 0,
    "validations": 0,
    "transformation.sql": 0,
    "transformation.outputs": 0,
    "transformation.sources.columns": 0,
}

_OF_DATASETS = {
    "name": 1,
    "version": 1,
    "state": 1,
    "service_id": 1,
    "entries.version_id": 1,
    "spine.source.source_id": 1,
}


async def read_usage(project_id: ID) -> Usage:
    """Of the whole project; whoever acts on it must find the project at the revision that it had before."""
    own: dict[str, object] = {"project_id": project_id}
    views = collection_of(FeatureViewDocument).find(own, {"latest_version": 1})
    latest = {raw["_id"]: raw["latest_version"] async for raw in views}
    versions = collection_of(FeatureViewVersionDocument).find(own, _WITHOUT)
    services = collection_of(FeatureServiceDocument).find(own, {"name": 1, "number": 1, "entries.version_id": 1})
    runs = collection_of(MaterializationDocument).find({**own, "state": {"$in": list(IN_PROGRESS)}}, {"view_id": 1})
    datasets = collection_of(TrainingDatasetDocument).find(own, _OF_DATASETS)
    users = [
        user_of_version(raw, raw["_id"], newest=raw["number"] == latest.get(raw["view_id"])) async for raw in versions
    ]
    users += [user_of_service(raw, raw["_id"]) async for raw in services]
    users += [user_of_dataset(raw) async for raw in datasets]
    return Usage({user.id: user for user in users}, [RunUnderWay(raw["_id"], raw["view_id"]) async for raw in runs])

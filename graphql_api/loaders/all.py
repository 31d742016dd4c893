"""Every loader of one request. Each is made when it is first asked, and forgets all with the request."""

from functools import cached_property

from bson import ObjectId
from strawberry.dataloader import DataLoader

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.all_runs import AnyRun, RunKey
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument, VersionHead
from graphql_api.documents.materializations import MaterializationDocument, ValidationResultDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.tokens import TokenDocument
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.loaders.batching import loader, mapped
from graphql_api.loaders.features_at import AskedAt, features_at_loader
from graphql_api.loaders.online_features import Asked, online_features_loader
from graphql_api.loaders.pages import PageLoaders
from graphql_api.runtime import Services
from graphql_api.services.features import FeatureOfVersion
from graphql_api.services.versions import VersionNumber
from graphql_api.serving.lookup import OnlineAnswer


class Loaders:
    """By id, all answer None for what is not there, or lies in a project in which the viewer has no role."""

    def __init__(self, viewer: Viewer, services: Services) -> None:
        self._viewer = viewer
        self._services = services

    @cached_property
    def pages(self) -> PageLoaders:
        return PageLoaders(self._viewer)

    @cached_property
    def project(self) -> DataLoader[ObjectId, ProjectDocument | None]:
        return loader(lambda ids: self._services.projects.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def token(self) -> DataLoader[ObjectId, TokenDocument | None]:
        """None also where the viewer is no admin of all that it gives."""
        return loader(lambda ids: self._services.tokens.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def entity(self) -> DataLoader[ObjectId, EntityDocument | None]:
        return loader(lambda ids: self._services.entities.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def data_source(self) -> DataLoader[ObjectId, DataSourceDocument | None]:
        return loader(lambda ids: self._services.data_sources.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def feature_view(self) -> DataLoader[ObjectId, FeatureViewDocument | None]:
        return loader(lambda ids: self._services.feature_views.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def version(self) -> DataLoader[ObjectId, FeatureViewVersionDocument | None]:
        return loader(lambda ids: self._services.versions.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def version_head(self) -> DataLoader[ObjectId, VersionHead | None]:
        return loader(lambda ids: self._services.versions.heads(self._viewer, ids), lambda found: found.id)

    @cached_property
    def numbered_head(self) -> DataLoader[VersionNumber, VersionHead | None]:
        return loader(
            lambda wanted: self._services.versions.numbered_heads(self._viewer, wanted),
            lambda found: VersionNumber(found.view_id, found.number),
        )

    @cached_property
    def numbered_version(self) -> DataLoader[VersionNumber, FeatureViewVersionDocument | None]:
        return loader(
            lambda wanted: self._services.versions.numbered(self._viewer, wanted),
            lambda found: VersionNumber(found.view_id, found.number),
        )

    @cached_property
    def feature(self) -> DataLoader[ObjectId, FeatureOfVersion | None]:
        return mapped(lambda ids: self._services.features.find(self._viewer, ids))

    @cached_property
    def version_of_validation(self) -> DataLoader[ObjectId, FeatureViewVersionDocument | None]:
        return mapped(lambda ids: self._services.versions.by_validation(self._viewer, ids))

    @cached_property
    def version_of_transformation(self) -> DataLoader[ObjectId, FeatureViewVersionDocument | None]:
        return mapped(lambda ids: self._services.versions.by_transformation(self._viewer, ids))

    @cached_property
    def feature_service(self) -> DataLoader[ObjectId, FeatureServiceDocument | None]:
        return loader(lambda ids: self._services.feature_services.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def data_copy(self) -> DataLoader[int, DataCopyDocument | None]:
        return loader(lambda ids: self._services.run_history.copies(self._viewer, ids), lambda found: found.id)

    @cached_property
    def materialization(self) -> DataLoader[ObjectId, MaterializationDocument | None]:
        return loader(lambda ids: self._services.run_history.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def training_dataset(self) -> DataLoader[ObjectId, TrainingDatasetDocument | None]:
        return loader(lambda ids: self._services.training_datasets.find(self._viewer, ids), lambda found: found.id)

    @cached_property
    def run(self) -> DataLoader[RunKey, AnyRun | None]:
        return loader(lambda keys: self._services.runs.find(self._viewer, keys), RunKey.of)

    @cached_property
    def online_features(self) -> DataLoader[Asked, OnlineAnswer]:
        return online_features_loader(self._services.online_features, self._viewer)

    @cached_property
    def features_at(self) -> DataLoader[AskedAt, OnlineAnswer]:
        return features_at_loader(self._services.features_at, self._viewer)

    @cached_property
    def results_of_run(self) -> DataLoader[ObjectId, list[ValidationResultDocument] | None]:
        return mapped(lambda ids: self._services.run_history.results_of(self._viewer, ids))

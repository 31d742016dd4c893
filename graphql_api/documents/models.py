"""Every document, for Beanie to know."""

from typing import Any

from beanie import Document, init_beanie  # pyright: ignore[reportUnknownVariableType]
from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.documents.audit import AuditEntryDocument
from graphql_api.documents.catalog import CatalogEntryDocument
from graphql_api.documents.commits import CommitDocument, StagedFileDocument
from graphql_api.documents.copies import CounterDocument, DataCopyDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.idempotency import IdempotencyDocument
from graphql_api.documents.keys import SigningKeyDocument
from graphql_api.documents.leases import LeaseDocument
from graphql_api.documents.materializations import (
    CheckpointDocument,
    FrozenInputsDocument,
    MaterializationDocument,
    ValidationResultDocument,
)
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.documents.removals import DataRemovalDocument
from graphql_api.documents.runs import RunEventsDocument
from graphql_api.documents.tokens import TokenDocument
from graphql_api.documents.tombstones import TombstoneDocument
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.documents.uploads import UploadDocument

MODELS: tuple[type[Document], ...] = (
    ProjectDocument,
    TokenDocument,
    EntityDocument,
    DataSourceDocument,
    FeatureViewDocument,
    FeatureViewVersionDocument,
    FeatureServiceDocument,
    TombstoneDocument,
    CatalogEntryDocument,
    RegistryEventDocument,
    AuditEntryDocument,
    IdempotencyDocument,
    SigningKeyDocument,
    UploadDocument,
    CounterDocument,
    DataCopyDocument,
    DataRemovalDocument,
    LeaseDocument,
    MaterializationDocument,
    TrainingDatasetDocument,
    RunEventsDocument,
    FrozenInputsDocument,
    CheckpointDocument,
    ValidationResultDocument,
    StagedFileDocument,
    CommitDocument,
)


async def bind(database: AsyncDatabase[dict[str, Any]]) -> None:
    """Documents are read from here and written to it, by this process. Nothing is created: that is for migrations."""
    await init_beanie(database=database, document_models=list(MODELS), skip_indexes=True)

"""A small registry with a run in it, written directly, as apply and a worker would leave them."""

from dataclasses import dataclass

from graphql_api.documents.cataloguing import rebuild_catalog
from graphql_api.documents.data_sources import DataSourceDocument, SourceColumnPart
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument, RequestColumnPart
from graphql_api.documents.feature_views import (
    AggregationTransformationPart,
    FeatureViewDocument,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    PushTransformationPart,
    ValidationPart,
)
from graphql_api.documents.materializations import MaterializationDocument, ValidationResultDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.recording import RegistryChange
from graphql_api.documents.training_datasets import (
    DatasetColumnPart,
    DatasetFilePart,
    PinnedDataPart,
    SpinePart,
    TrainingDatasetDocument,
)
from graphql_api.domain.enums import (
    ChangeKind,
    DataSourceKind,
    DefinitionKind,
    RunState,
    RunTrigger,
    ValidationCheck,
    ValidationSeverity,
)
from graphql_api.domain.times import utc_now
from graphql_api.domain.types import ValueType
from graphql_api.runs.queue import first_event
from tests.factories import HOUR, NOON, a_copy, a_service, a_version, a_view, an_entity, an_entry, recorded

FEATURES = {"mean_dep_delay_7d": ValueType.FLOAT64, "flights_7d": ValueType.INT64}


@dataclass(frozen=True)
class Registry:
    entity: EntityDocument
    source: DataSourceDocument
    view: FeatureViewDocument
    version: FeatureViewVersionDocument
    service: FeatureServiceDocument
    run: MaterializationDocument
    result: ValidationResultDocument


def a_source(project: ProjectDocument, name: str = "flights") -> DataSourceDocument:
    return DataSourceDocument(
        project_id=project.id,
        name=name,
        spec={"name": name},
        kind=DataSourceKind.FILES,
        uris=("s3://demo/flights/*.parquet",),
        columns=(
            SourceColumnPart(name="tailnum", data_type="VARCHAR", value_type=ValueType.STRING),
            SourceColumnPart(name="position", data_type="STRUCT(a INTEGER)", value_type=None),
        ),
        event_timestamp="departed_at",
    )


def a_run(
    version: FeatureViewVersionDocument, *, state: RunState = RunState.QUEUED, start: int = NOON - HOUR, end: int = NOON
) -> MaterializationDocument:
    return MaterializationDocument(
        project_id=version.project_id,
        view_id=version.view_id,
        view_name=version.view_name,
        version_id=version.id,
        version_number=version.number,
        data_id=version.data_id,
        is_static=False,
        trigger=RunTrigger.MANUAL,
        start=start,
        end=end,
        requested_by="tests",
        state=state,
        tail=(first_event().model_copy(update={"state": state}),),
    )


def a_result(run: MaterializationDocument, check: ValidationPart | None) -> ValidationResultDocument:
    return ValidationResultDocument(
        project_id=run.project_id,
        view_id=run.view_id,
        version_id=run.version_id,
        run_id=run.id,
        validation_id=check.id if check else None,
        name=check.name if check else "one_row_per_key",
        check=check.check if check else None,
        severity=check.severity if check else ValidationSeverity.BLOCK,
        passed=False,
        checked_rows=10,
        failed_rows=2,
        sample=({"tailnum": "N14228", "flights_7d": 9007199254740993},),
    )


async def a_registry(project: ProjectDocument, prefix: str = "") -> Registry:
    """`prefix` of the names of its objects."""
    entity = an_entity(project, f"{prefix}aircraft")
    source = a_source(project, f"{prefix}flights")
    view = a_view(project, f"{prefix}aircraft_delays", entities=[entity])
    check = ValidationPart(
        name=f"{prefix}delay_plausible",
        feature="mean_dep_delay_7d",
        check=ValidationCheck.IN_RANGE,
        parameters={"min": -120},
        severity=ValidationSeverity.QUARANTINE,
    )
    made = a_version(view, entities=[entity], features=FEATURES, ttl=30 * 24 * HOUR)
    transformation = made.transformation.model_copy(update={"sources": (source.frozen(),)})
    version = made.model_copy(update={"validations": (check,), "transformation": transformation})
    column = RequestColumnPart(name="tailnum", value_type=ValueType.STRING, entity_id=entity.id)
    service = a_service(
        project,
        [an_entry(version, keys={"tailnum": "tailnum"})],
        f"{prefix}delay_model",
        request_columns=[column],
    )
    run = a_run(version)
    result = a_result(run, check)
    for document in (entity, source, view, version, a_copy(version), service, run, result):
        await document.insert()
    await recorded(
        project,
        RegistryChange(DefinitionKind.ENTITY, entity.name, ChangeKind.ADDED),
        RegistryChange(DefinitionKind.DATA_SOURCE, source.name, ChangeKind.ADDED),
        RegistryChange(DefinitionKind.FEATURE_VIEW, view.name, ChangeKind.ADDED, version=version.reference),
        RegistryChange(DefinitionKind.FEATURE_SERVICE, service.name, ChangeKind.ADDED, version=f"{service.name}@1"),
    )
    await rebuild_catalog(project.id)
    return Registry(entity, source, view, version, service, run, result)


async def a_dataset(held: Registry) -> TrainingDatasetDocument:
    """Built from the service, for the rows of the source."""
    spine = SpinePart(source=held.source.frozen(), uris=held.source.uris, event_timestamp="departed_at")
    name = held.source.name.replace("flights", "late_flights")
    file = DatasetFilePart(
        name="part-0.parquet", key="datasets/x/part-0.parquet", split=None, rows=3, bytes=9, sha256="0"
    )
    return await TrainingDatasetDocument(
        project_id=held.entity.project_id,
        name=name,
        version=1,
        service_id=held.service.id,
        service_reference=held.service.reference,
        entries=held.service.entries,
        spine=spine,
        pins=(PinnedDataPart(data_id=held.version.data_id or 0, commit=1),),
        fingerprint=f"{name}: fingerprint",
        files=(file,),
        manifest="datasets/x/manifest.json",
        rows=3,
        columns=(DatasetColumnPart(name=name, data_type="BIGINT"),),
        warnings=(f"{name}: warning",),
        requested_by=name,
        state=RunState.SUCCEEDED,
        finished_at=utc_now(),
        tail=(first_event().model_copy(update={"state": RunState.SUCCEEDED}),),
    ).insert()


async def other_transformations(held: Registry) -> dict[str, object]:
    """Their ids by type: of further versions of the view, one of each kind that is not SQL."""
    parts = {
        "AggregationTransformation": AggregationTransformationPart(
            every=HOUR, aggregations=(), outputs=(), fingerprint=""
        ),
        "OnDemandTransformation": OnDemandTransformationPart(request=(), expressions=(), outputs=(), fingerprint=""),
        "PushTransformation": PushTransformationPart(outputs=(), fingerprint=""),
    }
    for number, part in enumerate(parts.values(), start=2):
        version = a_version(held.view, number, entities=[held.entity], features=FEATURES)
        await version.model_copy(update={"transformation": part}).insert()
    return {name: part.id for name, part in parts.items()}

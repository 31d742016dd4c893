"""Documents of runs as the services write them."""

import secrets

from beanie import PydanticObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.base import new_id
from graphql_api.documents.commits import FileRole, StagedFileDocument
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import (
    FeaturePart,
    FeatureViewDocument,
    FeatureViewVersionDocument,
    SqlTransformationPart,
)
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.training_datasets import SpinePart, TrainingDatasetDocument
from graphql_api.domain.enums import PublishMode, RunTrigger, VersionState
from graphql_api.domain.types import ValueType
from graphql_api.runs.hold import Hold, is_hold_of
from graphql_api.runs.queue import RunQueue, first_event


async def data_copy(data_id: int = 1) -> DataCopyDocument:
    copy = DataCopyDocument(
        id=data_id, project_id=new_id(), view_id=new_id(), fingerprint=secrets.token_hex(8), layout=("amount",)
    )
    return await copy.insert()


def new_run(
    copy: DataCopyDocument, start: int | None = 0, end: int = 10, *, is_static: bool = False
) -> MaterializationDocument:
    return MaterializationDocument(
        project_id=copy.project_id,
        view_id=copy.view_id,
        view_name="sales",
        version_id=new_id(),
        version_number=1,
        data_id=copy.id,
        is_static=is_static,
        trigger=RunTrigger.MANUAL,
        start=start,
        end=end,
        requested_by="tester",
        tail=(first_event(),),
    )


async def claimed(queue: RunQueue, run: MaterializationDocument, owner: str = "one") -> Hold[MaterializationDocument]:
    """The hold of this very run, which is queued next."""
    hold = await queue.claim(owner, 30.0)
    assert hold is not None
    assert is_hold_of(hold, MaterializationDocument)
    assert hold.id == run.id
    return hold


async def staged(
    hold: Hold[MaterializationDocument], *moments: tuple[int, int], role: FileRole = FileRole.ROWS
) -> None:
    """One checkpoint, and a file for each range of event timestamps that is given."""
    checkpoint = new_id()
    for first, last in moments:
        await StagedFileDocument(
            run_id=hold.id,
            checkpoint_id=checkpoint,
            role=role,
            key=f"{hold.id}/{first}-{last}",
            sha256="",
            bytes=100,
            rows=1,
            min_event=first,
            max_event=last,
        ).insert()
    await hold.write(push={"checkpoints": checkpoint})


async def sales_view(
    copy: DataCopyDocument, *, current: int | None = None, publish: PublishMode = PublishMode.AUTO
) -> FeatureViewDocument:
    project = await ProjectDocument(id=copy.project_id, name=secrets.token_hex(4)).insert()
    view = FeatureViewDocument(
        id=copy.view_id,
        project_id=project.id,
        name="sales",
        spec={},
        entity_ids=(),
        current_version=current,
        latest_version=1,
        publish=publish,
    )
    return await view.insert()


async def sales_version(
    copy: DataCopyDocument, number: int = 1, state: VersionState = VersionState.DRAFT
) -> FeatureViewVersionDocument:
    version = FeatureViewVersionDocument(
        project_id=copy.project_id,
        view_id=copy.view_id,
        view_name="sales",
        number=number,
        state=state,
        entities=(),
        features=(FeaturePart(name="amount", value_type=ValueType.INT64),),
        transformation=SqlTransformationPart(
            sql="", sources=(), outputs=(), has_created=False, fingerprint=copy.fingerprint
        ),
        is_static=False,
        data_fingerprint=copy.fingerprint,
        data_id=copy.id,
        created_by="tester",
    )
    return await version.insert()


def new_dataset(project_id: PydanticObjectId, name: str = "delays", version: int = 1) -> TrainingDatasetDocument:
    return TrainingDatasetDocument(
        project_id=project_id,
        name=name,
        version=version,
        entries=(),
        spine=SpinePart(upload_id=new_id(), uris=(), event_timestamp="at"),
        requested_by="tester",
        tail=(first_event(),),
    )


async def nothing_else(session: AsyncClientSession) -> None:
    """Beside a run that nothing is against."""

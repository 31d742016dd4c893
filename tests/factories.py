"""Documents and rows as the platform itself would write them; a test names only what matters to it."""

import itertools
import secrets
from collections.abc import Mapping, Sequence

import msgspec
from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.audit import ActorPart
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import (
    FeatureServiceDocument,
    KeyMappingPart,
    RequestColumnPart,
    ServiceEntryPart,
)
from graphql_api.documents.feature_views import (
    FeaturePart,
    FeatureViewDocument,
    FeatureViewVersionDocument,
    SqlTransformationPart,
    ViewEntityPart,
    ViewKeyPart,
)
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import in_transaction
from graphql_api.documents.recording import Deed, RegistryChange, record_changes
from graphql_api.domain.enums import VersionState
from graphql_api.domain.packing import packed_order, packed_row
from graphql_api.domain.types import ValueType

Types = Mapping[str, ValueType]
NOON = 1_764_072_000_000_000
"""2025-11-25T12:00:00Z."""
SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
_data_ids = itertools.count(secrets.randbits(40))


def a_project(name: str = "default") -> ProjectDocument:
    return ProjectDocument(name=name)


def an_entity(project: ProjectDocument, name: str = "aircraft", keys: Types | None = None) -> EntityDocument:
    held = {"tailnum": ValueType.STRING} if keys is None else keys
    join_keys = tuple(ColumnPart(name=key, value_type=value_type) for key, value_type in held.items())
    return EntityDocument(project_id=project.id, name=name, join_keys=join_keys, spec={})


def a_view(
    project: ProjectDocument,
    name: str = "aircraft_delays",
    *,
    entities: Sequence[EntityDocument] = (),
    current: int | None = 1,
    latest: int = 1,
) -> FeatureViewDocument:
    return FeatureViewDocument(
        project_id=project.id,
        name=name,
        entity_ids=tuple(entity.id for entity in entities),
        current_version=current,
        latest_version=latest,
        spec={},
    )


def a_version(
    view: FeatureViewDocument,
    number: int = 1,
    *,
    entities: Sequence[EntityDocument],
    features: Types,
    keys: Mapping[str, str] | None = None,
    ttl: int | None = None,
    state: VersionState = VersionState.PUBLISHED,
    data_id: int | None = None,
) -> FeatureViewVersionDocument:
    """`keys`: the view's own names of join keys. `data_id`: of a copy that another version has made."""
    own = keys or {}
    return FeatureViewVersionDocument(
        project_id=view.project_id,
        view_id=view.id,
        view_name=view.name,
        number=number,
        state=state,
        entities=tuple(
            ViewEntityPart(
                entity_id=entity.id,
                entity_name=entity.name,
                keys=tuple(
                    ViewKeyPart(name=own.get(key.name, key.name), join_key=key.name, value_type=key.value_type)
                    for key in entity.join_keys
                ),
            )
            for entity in entities
        ),
        features=tuple(FeaturePart(name=name, value_type=value_type) for name, value_type in features.items()),
        transformation=SqlTransformationPart(sql="SELECT 1", sources=(), outputs=(), has_created=False, fingerprint=""),
        ttl=ttl,
        is_static=False,
        data_fingerprint=secrets.token_hex(8),
        data_id=next(_data_ids) if data_id is None else data_id,
        created_by="tests",
    )


def a_copy(version: FeatureViewVersionDocument, layout: Sequence[str] | None = None) -> DataCopyDocument:
    names = tuple(feature.name for feature in version.features)
    return DataCopyDocument(
        id=version.data_id,
        project_id=version.project_id,
        view_id=version.view_id,
        fingerprint=version.data_fingerprint,
        layout=names if layout is None else tuple(layout),
    )


def an_entry(
    version: FeatureViewVersionDocument,
    *,
    features: Sequence[str] | None = None,
    alias: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> ServiceEntryPart:
    names = [feature.name for feature in version.features] if features is None else features
    return ServiceEntryPart(
        written=version.reference,
        version_id=version.id,
        reference=version.reference,
        alias=alias,
        features=tuple(names),
        columns=tuple(f"{alias}_{name}" if alias else name for name in names),
        keys=tuple(KeyMappingPart(join_key=key, request_column=column) for key, column in (keys or {}).items()),
    )


def a_service(
    project: ProjectDocument,
    entries: Sequence[ServiceEntryPart],
    name: str = "delay_model",
    number: int = 1,
    request_columns: Sequence[RequestColumnPart] = (),
) -> FeatureServiceDocument:
    return FeatureServiceDocument(
        project_id=project.id,
        name=name,
        number=number,
        entries=tuple(entries),
        request_columns=tuple(request_columns),
        spec={},
    )


async def recorded(
    project: ProjectDocument, *changes: RegistryChange, operation: str = "apply", by: str = "ann"
) -> int:
    """What whoever changes the registry tells of it; the sequence of the last."""

    async def body(session: AsyncClientSession) -> int:
        return await record_changes(session, project.id, changes, deed=Deed(ActorPart(name=by), operation))

    return await in_transaction(ProjectDocument, body)


def a_row(
    *values: object, event: int = NOON, created: int | None = None, commit: int = 1, run: ObjectId | None = None
) -> bytes:
    """A packed online row, its values in the order of the data's layout."""
    order = packed_order(event, event if created is None else created, commit)
    run_id = (run or ObjectId("65a1b2c3d4e5f60718293a4b")).binary
    return packed_row(order, run_id, [msgspec.json.encode(value) for value in values])

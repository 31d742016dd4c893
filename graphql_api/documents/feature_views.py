"""A feature view is a name and what may change in place; all else is in its versions, which never change."""

from datetime import datetime
from typing import Literal

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from graphql_api.documents.base import ColumnPart, Described, Part, TagPart, new_id
from graphql_api.documents.data_sources import SourcePart
from graphql_api.domain.enums import PublishMode, ValidationCheck, ValidationSeverity, VersionState
from graphql_api.domain.times import utc_now
from graphql_api.domain.types import ValueType


class ViewEntityPart(Part):
    """`keys`: the view's own name of each join key, in the entity's order (`name`) beside the entity's (`join_key`)."""

    entity_id: PydanticObjectId
    entity_name: str
    keys: tuple["ViewKeyPart", ...]


class ViewKeyPart(Part):
    name: str
    join_key: str
    value_type: ValueType


class FeaturePart(Part):
    id: PydanticObjectId = Field(default_factory=new_id)
    name: str
    value_type: ValueType
    description: str = ""
    owner: str | None = None
    tags: tuple[TagPart, ...] = ()


class ValidationPart(Part):
    """`feature` None: a check of the whole view. `parameters` as the YAML writes them, checked when it was planned."""

    id: PydanticObjectId = Field(default_factory=new_id)
    name: str
    description: str = ""
    feature: str | None
    check: ValidationCheck
    parameters: dict[str, object] = Field(default_factory=dict)
    severity: ValidationSeverity


class SqlTransformationPart(Part):
    id: PydanticObjectId = Field(default_factory=new_id)
    kind: Literal["SQL"] = "SQL"
    description: str = ""
    sql: str
    sources: tuple[SourcePart, ...]
    lookback: int = 0
    outputs: tuple[ColumnPart, ...]
    has_created: bool
    """The SQL gives a `created_timestamp`."""
    fingerprint: str


class FeatureViewDocument(Described):
    """`current_version` None until one is published. `since`, microseconds: nothing earlier is computed."""

    entity_ids: tuple[PydanticObjectId, ...]
    schedule: str | None = None
    since: int | None = None
    reprocess: int | None = None
    freshness: int | None = None
    publish: PublishMode = PublishMode.AUTO
    current_version: int | None = None
    latest_version: int

    class Settings:
        name = "feature_views"
        indexes = [
            IndexModel([("project_id", ASCENDING), ("name", ASCENDING)], name="name", unique=True),
            IndexModel([("entity_ids", ASCENDING), ("name", ASCENDING)], name="entity"),
        ]


class FeatureViewVersionDocument(Document):
    """Durations in microseconds. `data_id` names the copy of data, which versions of one view with the same
    `data_fingerprint` share."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    view_id: PydanticObjectId
    view_name: str
    number: int
    state: VersionState = VersionState.DRAFT
    entities: tuple[ViewEntityPart, ...]
    features: tuple[FeaturePart, ...]
    transformation: SqlTransformationPart
    validations: tuple[ValidationPart, ...] = ()
    ttl: int | None = None
    delay: int = 0
    is_static: bool
    data_fingerprint: str
    data_id: int
    change_note: str = ""
    created_by: str
    created_at: datetime = Field(default_factory=utc_now)
    published_at: datetime | None = None
    deprecated_at: datetime | None = None
    deprecation_reason: str | None = None
    replacement_id: PydanticObjectId | None = None

    @property
    def reference(self) -> str:
        return f"{self.view_name}@{self.number}"

    @property
    def keys(self) -> tuple[ColumnPart, ...]:
        """The join keys under the view's own names: as `entities`, then as `joinKeys`."""
        return tuple(
            ColumnPart(name=key.name, value_type=key.value_type) for entity in self.entities for key in entity.keys
        )

    class Settings:
        name = "feature_view_versions"
        indexes = [
            IndexModel([("view_id", ASCENDING), ("number", DESCENDING)], name="number", unique=True),
            IndexModel([("project_id", ASCENDING), ("view_name", ASCENDING), ("number", DESCENDING)], name="reference"),
            IndexModel([("data_id", ASCENDING)], name="data"),
            IndexModel([("features.id", ASCENDING)], name="feature"),
            IndexModel([("validations.id", ASCENDING)], name="validation"),
            IndexModel([("transformation.id", ASCENDING)], name="transformation"),
            IndexModel([("transformation.sources.source_id", ASCENDING)], name="source"),
        ]

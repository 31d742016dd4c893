"""A feature view is a name and what may change in place; all else is in its versions, which never change."""

from datetime import datetime
from typing import Annotated, Literal

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from graphql_api.documents.base import ColumnPart, Described, Part, TagPart, new_id
from graphql_api.documents.data_sources import SourcePart
from graphql_api.domain.enums import (
    AggregateFunction,
    PublishMode,
    TransformationKind,
    ValidationCheck,
    ValidationSeverity,
    VersionState,
)
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


class ViewPinPart(Part):
    """A version of another view as it is built on: pinned once, and frozen with all that can be seen of it.

    `written` is the entry as the YAML writes it: one that stands as before keeps its pin. `has_created`: its rows may
    have become known later than their events. `data_fingerprint`: of the rows that are read."""

    written: str
    version_id: PydanticObjectId
    view_id: PydanticObjectId
    name: str
    reference: str
    keys: tuple[ColumnPart, ...]
    features: tuple[ColumnPart, ...]
    is_static: bool
    has_created: bool
    data_fingerprint: str


class TransformationPart(Part):
    """What all kinds share. `sources` are read as they were frozen, `views` as they are pinned."""

    id: PydanticObjectId = Field(default_factory=new_id)
    description: str = ""
    sources: tuple[SourcePart, ...] = ()
    views: tuple[ViewPinPart, ...] = ()
    outputs: tuple[ColumnPart, ...]
    fingerprint: str


class SqlTransformationPart(TransformationPart):
    """Each of `sources` and `views` is a relation of its name. `has_created`: the SQL gives a `created_timestamp`."""

    kind: Literal[TransformationKind.SQL] = TransformationKind.SQL
    sql: str
    lookback: int = 0
    has_created: bool


class AggregationPart(Part):
    """`column` None: events are counted. `filter`: a condition over the source's columns."""

    feature: str
    function: AggregateFunction
    column: str | None = None
    window: int
    filter: str | None = None


class AggregationTransformationPart(TransformationPart):
    """Over one source, whose rows have a time, at the multiples of `every` from the Unix epoch plus `offset`."""

    kind: Literal[TransformationKind.AGGREGATION] = TransformationKind.AGGREGATION
    every: int
    offset: int = 0
    aggregations: tuple[AggregationPart, ...]


class FeatureUsePart(Part):
    """A feature of one of the `views`, by the view's name."""

    view: str
    feature: str


class ExpressionPart(Part):
    """`rendered`: the expression as its checked tree says it, every column with its relation: `view.feature`, and
    `_request.column` for a value of the request and for `moment`."""

    feature: str
    expression: str
    rendered: str
    uses: tuple[FeatureUsePart, ...]
    request: tuple[str, ...]
    uses_moment: bool


class OnDemandTransformationPart(TransformationPart):
    """`request`: the values that a caller sends."""

    kind: Literal[TransformationKind.ON_DEMAND] = TransformationKind.ON_DEMAND
    request: tuple[ColumnPart, ...]
    expressions: tuple[ExpressionPart, ...]


class PushTransformationPart(TransformationPart):
    """Rows are pushed; those of the source, where there is one, are loaded by runs."""

    kind: Literal[TransformationKind.PUSH] = TransformationKind.PUSH


AnyTransformationPart = Annotated[
    SqlTransformationPart | AggregationTransformationPart | OnDemandTransformationPart | PushTransformationPart,
    Field(discriminator="kind"),
]


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


class VersionFacts(BaseModel):
    """What is said of a version, without what it computes. Durations in microseconds. `data_id` names the copy of
    data, which versions of one view with the same `data_fingerprint` share; 0 for on-demand views, which hold none."""

    project_id: PydanticObjectId
    view_id: PydanticObjectId
    view_name: str
    number: int
    state: VersionState = VersionState.DRAFT
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


class VersionHead(VersionFacts):
    """Of a version document, read without the rest: most of a version's bytes are its features and its SQL."""

    id: PydanticObjectId = Field(alias="_id")

    @classmethod
    def projection(cls) -> dict[str, int]:
        """For a find: its own fields only."""
        return {field.alias or name: 1 for name, field in cls.model_fields.items()}


class FeatureViewVersionDocument(VersionFacts, Document):
    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    entities: tuple[ViewEntityPart, ...]
    features: tuple[FeaturePart, ...]
    transformation: AnyTransformationPart
    validations: tuple[ValidationPart, ...] = ()

    @property
    def keys(self) -> tuple[ColumnPart, ...]:
        """The join keys under the view's own names: as `entities`, then as `joinKeys`."""
        return tuple(
            ColumnPart(name=key.name, value_type=key.value_type) for entity in self.entities for key in entity.keys
        )

    @property
    def has_runs(self) -> bool:
        """Is there anything for a run to compute or to load?"""
        match self.transformation:
            case OnDemandTransformationPart() | PushTransformationPart(sources=()):
                return False
            case _:
                return True

    @property
    def has_created(self) -> bool:
        """May a row have become known later than its event?"""
        match self.transformation:
            case SqlTransformationPart() as made:
                return made.has_created
            case PushTransformationPart():
                return True
            case _:
                return False

    class Settings:
        name = "feature_view_versions"
        indexes = [
            IndexModel([("view_id", ASCENDING), ("number", DESCENDING)], name="number", unique=True),
            IndexModel([("project_id", ASCENDING), ("view_name", ASCENDING), ("number", DESCENDING)], name="reference"),
            IndexModel([("data_id", ASCENDING)], name="data"),
            IndexModel([("features.id", ASCENDING)], name="feature"),
            IndexModel([("validations.id", ASCENDING)], name="validation"),
            IndexModel([("transformation.id", ASCENDING)], name="transformation"),
            IndexModel([("entities.entity_id", ASCENDING)], name="entity"),
            IndexModel([("transformation.sources.source_id", ASCENDING)], name="source"),
            IndexModel([("transformation.sources.uris", ASCENDING)], name="place"),
            IndexModel([("transformation.views.version_id", ASCENDING)], name="derived"),
        ]

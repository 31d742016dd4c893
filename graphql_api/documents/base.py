"""What all documents share."""

from datetime import datetime

from beanie import Document, PydanticObjectId
from bson import ObjectId
from pydantic import BaseModel, ConfigDict, Field

from graphql_api.domain.times import utc_now
from graphql_api.domain.types import ValueType

ID = PydanticObjectId


def new_id() -> PydanticObjectId:
    return PydanticObjectId(ObjectId())


class Part(BaseModel):
    """A part of a document; frozen, since a change is always a new document or an explicit update."""

    model_config = ConfigDict(frozen=True)


class ColumnPart(Part):
    name: str
    value_type: ValueType


class TagPart(Part):
    key: str
    value: str


class Described(Document):
    """What a person says of an object of the registry. `spec` is the object as the YAML writes it; `label` what it was
    last applied under, None: under none."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    name: str
    description: str = ""
    owner: str | None = None
    tags: tuple[TagPart, ...] = ()
    spec: dict[str, object]
    label: str | None = None
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)

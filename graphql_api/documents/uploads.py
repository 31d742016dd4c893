from datetime import datetime

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import new_id
from graphql_api.domain.times import utc_now


class UploadDocument(Document):
    """A file that somebody sends: asked for, then received once, whole. `uri` is where its object lies.

    `receiver` names the request that is sending it, until `receiving_until` by the server's clock; `size` and `sha256`
    are known, and the file is there, once `stored_at` is set."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    file_name: str
    content_type: str
    key: str
    uri: str
    created_by: str
    created_at: datetime = Field(default_factory=utc_now)
    receiver: str | None = None
    receiving_until: datetime | None = None
    stored_at: datetime | None = None
    size: int | None = None
    sha256: str | None = None

    class Settings:
        name = "uploads"
        indexes = [
            IndexModel([("uri", ASCENDING)], name="uri", unique=True),
            IndexModel([("created_at", ASCENDING), ("_id", ASCENDING)], name="age"),
        ]

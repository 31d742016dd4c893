from datetime import datetime

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import new_id
from graphql_api.domain.times import utc_now


class IdempotencyDocument(Document):
    """What a mutation with an idempotency key made; kept for 30 days."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    mutation: str
    key: str
    input_hash: str
    result_id: PydanticObjectId
    at: datetime = Field(default_factory=utc_now)

    class Settings:
        name = "idempotency_keys"
        indexes = [
            IndexModel(
                [("project_id", ASCENDING), ("mutation", ASCENDING), ("key", ASCENDING)], name="key", unique=True
            ),
            IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=30 * 86_400),
        ]

from datetime import datetime

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from graphql_api.documents.base import Part, new_id
from graphql_api.domain.enums import Role
from graphql_api.domain.times import utc_now


class GrantPart(Part):
    """`project_id` None: in all projects."""

    project_id: PydanticObjectId | None
    role: Role


class TokenDocument(Document):
    """An API token. Only the SHA-256 of its secret is held: a secret has 256 random bits, so no salt or stretching."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    name: str
    secret_hash: bytes
    grants: tuple[GrantPart, ...]
    created_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    class Settings:
        name = "tokens"
        indexes = [
            IndexModel([("secret_hash", ASCENDING)], name="secret_hash", unique=True),
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        ]

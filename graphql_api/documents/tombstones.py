from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import new_id
from graphql_api.domain.enums import DefinitionKind


class TombstoneDocument(Document):
    """The last number that deleted versions of a view or a service had: whatever is defined under the name goes on
    from there, since numbers are never used twice."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    kind: DefinitionKind
    name: str
    last_number: int

    class Settings:
        name = "tombstones"
        indexes = [
            IndexModel([("project_id", ASCENDING), ("kind", ASCENDING), ("name", ASCENDING)], name="name", unique=True)
        ]

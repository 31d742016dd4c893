from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from graphql_api.documents.base import Described, Part
from graphql_api.domain.types import ValueType


class KeyMappingPart(Part):
    join_key: str
    request_column: str


class ServiceEntryPart(Part):
    """One entry of the list: a pinned version, the features taken from it, and what the service calls them.

    `alias` is the entry's `as`; `columns` are the names in the service, in the order of `features`.
    `written` is the entry as the YAML writes it: one that stands as before keeps its pin."""

    written: object
    version_id: PydanticObjectId
    reference: str
    alias: str | None
    features: tuple[str, ...]
    columns: tuple[str, ...]
    keys: tuple[KeyMappingPart, ...]


class RequestColumnPart(Part):
    name: str
    value_type: ValueType
    entity_id: PydanticObjectId | None


class FeatureServiceDocument(Described):
    """One version of a service, immutable but for its description, owner and tags."""

    number: int
    entries: tuple[ServiceEntryPart, ...]
    request_columns: tuple[RequestColumnPart, ...]
    created_by: str = Field(default="")

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.number}"

    class Settings:
        name = "feature_services"
        indexes = [
            IndexModel(
                [("project_id", ASCENDING), ("name", ASCENDING), ("number", DESCENDING)], name="number", unique=True
            ),
            IndexModel([("entries.version_id", ASCENDING)], name="version"),
        ]

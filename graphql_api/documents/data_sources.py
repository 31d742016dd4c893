from beanie import PydanticObjectId
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import Described, Part
from graphql_api.domain.enums import DataSourceKind
from graphql_api.domain.types import ValueType


class SourceColumnPart(Part):
    """`data_type` in the words of DuckDB; `value_type` None where no feature can hold it."""

    name: str
    data_type: str
    value_type: ValueType | None


class SourcePart(Part):
    """A source as a version freezes it: all that can change what SQL sees, and where to find the source today."""

    source_id: PydanticObjectId
    name: str
    kind: DataSourceKind
    uris: tuple[str, ...]
    columns: tuple[SourceColumnPart, ...]
    event_timestamp: str | None
    created_timestamp: str | None
    timezone: str = "UTC"


class DataSourceDocument(Described):
    """`declared`: the document gave `columns` itself, so that they hold and nothing is learnt."""

    kind: DataSourceKind
    uris: tuple[str, ...]
    columns: tuple[SourceColumnPart, ...]
    declared: bool = False
    event_timestamp: str | None = None
    created_timestamp: str | None = None
    timezone: str = "UTC"

    def frozen(self) -> SourcePart:
        return SourcePart(
            source_id=self.id,
            name=self.name,
            kind=self.kind,
            uris=self.uris,
            columns=self.columns,
            event_timestamp=self.event_timestamp,
            created_timestamp=self.created_timestamp,
            timezone=self.timezone,
        )

    class Settings:
        name = "data_sources"
        indexes = [
            IndexModel([("project_id", ASCENDING), ("name", ASCENDING)], name="name", unique=True),
            IndexModel([("uris", ASCENDING)], name="place"),
        ]

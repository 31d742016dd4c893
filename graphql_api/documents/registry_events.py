from datetime import datetime

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import Part, new_id
from graphql_api.domain.enums import ChangeKind, DefinitionKind
from graphql_api.domain.times import utc_now


class ChangePart(Part):
    """One difference within an object, at `path`; `before` is None for what was added, `after` for what was removed."""

    kind: ChangeKind
    path: str
    before: object = None
    after: object = None
    breaking: bool = False


class RegistryEventDocument(Document):
    """One change of a project's registry, written in the transaction that makes it. Sequences have no gaps.

    `version`: the reference of the version that was made, published, deprecated, archived or deleted."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId
    sequence: int
    kind: DefinitionKind
    name: str
    change: ChangeKind
    changes: tuple[ChangePart, ...] = ()
    version: str | None = None
    actor: str
    at: datetime = Field(default_factory=utc_now)

    class Settings:
        name = "registry_events"
        indexes = [IndexModel([("project_id", ASCENDING), ("sequence", ASCENDING)], name="sequence", unique=True)]

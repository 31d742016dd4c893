from datetime import datetime

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from graphql_api.documents.base import Part, new_id
from graphql_api.documents.registry_events import ChangePart
from graphql_api.domain.enums import AuditOutcome
from graphql_api.domain.times import utc_now


class ActorPart(Part):
    """Who did something, by which token and from where.

    `token_id` is None for whom a server without tokens lets in, for the command line, and for runs; `address` and
    `user_agent` are None for what came through no door of the network."""

    name: str
    token_id: PydanticObjectId | None = None
    address: str | None = None
    user_agent: str | None = None


class AuditEntryDocument(Document):
    """Something that was done, written in the transaction that did it, or refused; nothing ever changes or removes it.

    `project_id` None: it concerns the whole server. `subjects` name what it was done to; `changes` tell of what has
    no events of its own in the registry, whose sequences are otherwise `first_sequence` to `last_sequence`. `code` and
    `message` say why it was refused."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    project_id: PydanticObjectId | None
    at: datetime = Field(default_factory=utc_now)
    actor: ActorPart
    operation: str
    outcome: AuditOutcome = AuditOutcome.DONE
    subjects: tuple[str, ...] = ()
    changes: tuple[ChangePart, ...] = ()
    first_sequence: int | None = None
    last_sequence: int | None = None
    code: str | None = None
    message: str | None = None

    class Settings:
        name = "audit"
        indexes = [
            IndexModel([("project_id", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
            IndexModel(
                [("project_id", ASCENDING), ("actor.name", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)],
                name="newest_of_actor",
            ),
            IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest_everywhere"),
        ]

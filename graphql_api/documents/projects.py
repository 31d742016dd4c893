from datetime import datetime

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import new_id
from graphql_api.domain.times import utc_now


class ProjectDocument(Document):
    """`revision` is the sequence number of the project's last registry event. Whoever changes the registry moves it
    on in the same transaction, from the value that was read, so two changes never pass each other unseen.

    One that is archived is read, and nothing in it changes."""

    id: PydanticObjectId = Field(default_factory=new_id)  # pyright: ignore[reportIncompatibleVariableOverride]
    name: str
    description: str = ""
    created_at: datetime = Field(default_factory=utc_now)
    archived_at: datetime | None = None
    revision: int = 0
    datasets: int = 0
    """How many training data sets were asked for; asking for one writes here, so that of it and of a change of the
    registry at once one sees the other."""

    class Settings:
        name = "projects"
        indexes = [IndexModel([("name", ASCENDING)], name="name", unique=True)]

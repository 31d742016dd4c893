from datetime import datetime
from typing import Annotated

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.domain.times import utc_now


class DataRemovalDocument(Document):
    """A copy of data that no version holds any more, from the transaction that deleted its view until a worker has
    removed all of it; `id` is the copy's. `runs` are those that wrote it, whose own documents went with the view."""

    id: Annotated[int, Field()]  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]
    runs: tuple[PydanticObjectId, ...]
    marked_at: datetime = Field(default_factory=utc_now)

    class Settings:
        name = "data_removals"
        indexes = [IndexModel([("marked_at", ASCENDING)], name="oldest")]

from typing import Annotated

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import Part
from graphql_api.domain.times import Intervals, TimeRange


class RangePart(Part):
    start: int
    end: int

    def to_range(self) -> TimeRange:
        return TimeRange(self.start, self.end)


def as_parts(intervals: Intervals) -> list[dict[str, object]]:
    """As they are stored."""
    return [{"start": piece.start, "end": piece.end} for piece in intervals]


def as_intervals(parts: tuple[RangePart, ...]) -> Intervals:
    return Intervals.of(part.to_range() for part in parts)


class DataCopyDocument(Document):
    """The data of the versions of one view that share a data fingerprint, online and offline.

    `id` is short because every online key begins with it. `layout`: the features in the order in which a packed
    online row holds them. `last_commit` numbers commits and pushes, from 1. `writing`: the run that has committed and
    is not yet online; the next commit waits for it, so that online writes of one copy follow the order of commits.
    `latest_event`: the newest event timestamp of what is committed. `offline_only`: committed by runs that could not go
    online and let later ones go first. `online_commit`: the last commit at which there was nothing of that kind.
    `merged_to`: the last commit as of which there was nothing more to merge among its files. `history_from`: the first
    commit as of which it can still be read; of earlier ones only those that data sets name."""

    id: Annotated[int, Field()]  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]
    project_id: PydanticObjectId
    view_id: PydanticObjectId
    fingerprint: str
    layout: tuple[str, ...]
    asked: int = 0
    """How many runs were asked for; asking for one writes here, so that of two at once one sees the other."""
    last_commit: int = 0
    writing: PydanticObjectId | None = None
    covered: tuple[RangePart, ...] = ()
    covered_online: tuple[RangePart, ...] = ()
    offline_only: tuple[RangePart, ...] = ()
    online_commit: int = 0
    merged_to: int = 0
    history_from: int = 0
    latest_event: int | None = None
    failing: bool = False
    """Did the newest run that ended, cancelled ones aside, fail?"""

    class Settings:
        name = "data_copies"
        indexes = [
            IndexModel([("view_id", ASCENDING), ("fingerprint", ASCENDING)], name="fingerprint", unique=True),
            IndexModel([("project_id", ASCENDING), ("latest_event", ASCENDING), ("_id", ASCENDING)], name="latest"),
            IndexModel([("project_id", ASCENDING)], name="failing", partialFilterExpression={"failing": True}),
        ]


class CounterDocument(Document):
    """Numbers that are never given twice, such as the ids of data copies."""

    id: str  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]
    value: int = 0

    class Settings:
        name = "counters"

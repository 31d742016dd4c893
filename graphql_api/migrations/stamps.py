"""The stamp of a database: the format of what it holds, and which release brought it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from graphql_api.domain.release import RELEASE
from graphql_api.domain.times import EPOCH
from graphql_api.errors import CannotStart

Raw = dict[str, Any]
Database = AsyncDatabase[Raw]

NAME = "stamps"
ID = "data"
_UNSTAMPED = 0
"""The format of what releases left that knew no stamps."""
_FIRST_COLLECTION = "projects"


@dataclass(frozen=True, slots=True)
class Stamp:
    """`format` None: there is nothing yet. `becoming`: the format that the data is on its way to, also where whoever
    brought it there has died; None: it is whole. `holder`: who holds the lock, or did when it died."""

    format: int | None
    becoming: int | None
    release: str
    at: datetime
    holder: str | None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        holder: Mapping[str, str] | None = raw["holder"]
        name = None if holder is None else holder["name"]
        return cls(raw["format"], raw["becoming"], raw["release"], raw["at"], name)

    def is_whole(self, newest: int) -> bool:
        return (self.format, self.becoming) == (newest, None)

    def refuse_newer(self, newest: int, place: str) -> None:
        """Raises CannotStart where a newer release has written the data, or has begun to."""
        found = max(self.format or 0, self.becoming or 0)
        if found > newest:
            raise CannotStart(
                f"The data in {place} is newer than this program: it has format {found}, written by release "
                f"{self.release}; this is release {RELEASE}, which knows formats up to {newest}. Nothing was changed.\n"
                "Start the newer release again, or go back to a copy of the data from before the upgrade."
            )


def collection(database: Database) -> AsyncCollection[Raw]:
    return database[NAME]


async def read(database: Database) -> Stamp | None:
    """None where no release that knows stamps has been here."""
    raw = await collection(database).find_one({"_id": ID})
    return None if raw is None else Stamp.of(raw)


async def holds_unstamped(database: Database) -> bool:
    """Where there is no stamp: has a release been here that knew none?"""
    return _FIRST_COLLECTION in await database.list_collection_names()


async def read_or_begin(database: Database) -> Stamp:
    """The stamp; where there was none, one that says whether anything is here at all."""
    while (stamp := await read(database)) is None:
        first = {
            "_id": ID,
            "format": _UNSTAMPED if await holds_unstamped(database) else None,
            "becoming": None,
            "release": "",
            "at": EPOCH,
            "holder": None,
            "fence": 0,
            "writes": 0,
        }
        try:
            await collection(database).insert_one(first)
        except DuplicateKeyError:  # another process did
            continue
    return stamp

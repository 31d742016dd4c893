"""What a migration writes with: each step may be repeated, and has no effect once the lock is lost."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import CollectionInvalid

from graphql_api.migrations.lock import Lock

DOCUMENTS_AT_ONCE = 500

Query = Mapping[str, Any]
Change = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def index(name: str, fields: str, **options: Any) -> IndexModel:
    """`fields`: separated by spaces; a minus before a field puts the greatest first."""
    keys = [(field.lstrip("-"), DESCENDING if field[0] == "-" else ASCENDING) for field in fields.split()]
    return IndexModel(keys, name=name, **options)


class Migration(Protocol):
    """A module of this room."""

    __name__: str

    @property
    def migrate(self) -> "Callable[[Work], Awaitable[None]]": ...


class Work:
    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self.database = lock.database

    async def create(self, collection: str, indexes: Sequence[IndexModel] = ()) -> None:
        """The collection, and those of its indexes that are not there.

        No transaction makes an index beside other writes, so the lock is looked at before; an index that comes too
        late stands beside the others and does no harm."""
        self._lock.require()
        if indexes:
            await self.database[collection].create_indexes(list(indexes))
            return
        with suppress(CollectionInvalid):  # it is there
            await self.database.create_collection(collection)

    async def drop_indexes(self, collection: str) -> None:
        self._lock.require()
        await self.database[collection].drop_indexes()

    async def update(self, collection: str, where: Query, change: Change) -> None:
        """Change each document that matches, in short transactions, in the order of ids. `where` shall not match what
        was changed."""
        documents = self.database[collection]
        some: Query = where
        while found := await documents.find(some, {"_id": 1}).sort("_id", 1).limit(DOCUMENTS_AT_ONCE).to_list():
            chosen = {"$and": [where, {"_id": {"$in": [each["_id"] for each in found]}}]}

            async def body(session: AsyncClientSession, chosen: Query = chosen) -> None:
                await documents.update_many(chosen, change, session=session)

            await self.transaction(body)
            some = {"$and": [where, {"_id": {"$gt": found[-1]["_id"]}}]}

    async def fill(self, collection: str, field: str, value: object) -> None:
        """Give a field to each document that lacks it."""
        await self.update(collection, {field: {"$exists": False}}, {"$set": {field: value}})

    async def delete(self, collection: str, document_id: object) -> None:
        """A document that may be gone."""

        async def body(session: AsyncClientSession) -> None:
            await self.database[collection].delete_one({"_id": document_id}, session=session)

        await self.transaction(body)

    async def transaction(self, body: Callable[[AsyncClientSession], Awaitable[None]]) -> None:
        """All of it or nothing; the body is run again where another write was in the way. Keep it short: a process
        that is killed within one keeps others from the lock until the database gives up on it."""

        async def fenced(session: AsyncClientSession) -> None:
            await self._lock.require_in(session)
            await body(session)

        async with self.database.client.start_session() as session:
            await session.with_transaction(fenced)

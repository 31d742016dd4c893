"""Below Beanie: collections for fenced updates and pipelines, which no document method can say."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from beanie import Document
from beanie.odm.utils.parsing import parse_obj
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ConnectionFailure, PyMongoError

Raw = dict[str, Any]
Found = TypeVar("Found", bound=Document)
Answer = TypeVar("Answer")


def collection_of(model: type[Document]) -> AsyncCollection[Raw]:
    return cast("AsyncCollection[Raw]", model.get_pymongo_collection())  # pyright: ignore[reportUnknownMemberType]


def collection_in(session: AsyncClientSession, model: type[Document]) -> AsyncCollection[Raw]:
    """The same, of the client that the session is of: who holds a client of their own works in its transactions."""
    bound = collection_of(model)
    return cast("AsyncCollection[Raw]", session.client[bound.database.name][bound.name])


def parsed(model: type[Found], raw: Mapping[str, Any]) -> Found:
    return cast("Found", parse_obj(model, raw))


async def in_transaction(model: type[Document], body: Callable[[AsyncClientSession], Awaitable[Answer]]) -> Answer:
    """Run `body` whole or not at all; it runs again where another transaction came in between."""
    async with collection_of(model).database.client.start_session() as session:
        return await session.with_transaction(body)


@asynccontextmanager
async def at_one_moment(model: type[Document]) -> AsyncGenerator[AsyncClientSession]:
    """Whatever is read in the session is as it was at its first reading."""
    async with collection_of(model).database.client.start_session(snapshot=True) as session:
        yield session


def passes(error: PyMongoError) -> bool:
    """MongoDB did not answer, or not now; whether a write took effect is unknown."""
    labels = ("TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError")
    return error.timeout or isinstance(error, ConnectionFailure) or any(map(error.has_error_label, labels))

"""Short transactions at a run's commit and end, and nowhere else in a worker: one that is killed inside of one blocks
what it has written until the database gives up on it."""

from collections.abc import Awaitable, Callable

from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.runs.log import Database


class Overtaken(Exception):
    """What was decided on has changed since it was read; nothing is written."""


async def in_transaction(database: Database, body: Callable[[AsyncClientSession], Awaitable[None]]) -> None:
    """All of it or nothing; the body is run again where another transaction was in the way."""
    async with database.client.start_session() as session:
        await session.with_transaction(body)

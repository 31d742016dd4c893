"""Migrations of a release that is still to come."""

from collections.abc import Awaitable, Callable

from graphql_api.migrations.every import MIGRATIONS
from graphql_api.migrations.stamps import Database
from graphql_api.migrations.work import Work


class Step:
    def __init__(self, migrate: Callable[[Work], Awaitable[None]]) -> None:
        self.migrate = migrate
        self.__name__ = "migrations.m9999_to_come"


async def nothing(_: Work) -> None: ...


COMING = (*MIGRATIONS, Step(nothing))
"""Of a release that is newer than this program."""


async def leave_old_data(database: Database) -> None:
    """As a release without stamps would have."""
    await database["projects"].insert_one({"name": "default"})

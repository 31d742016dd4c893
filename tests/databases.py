from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.documents.models import bind
from graphql_api.migrations.upgrade import upgrade


async def make(database: AsyncDatabase[dict[str, Any]]) -> None:
    """As a server makes a database in which nothing is; documents are read from here and written to it."""
    await upgrade(database)
    await bind(database)

"""What a server does before it serves."""

import logging

from graphql_api.migrations.layout import declare_layout, refuse_other_layout
from graphql_api.migrations.looking import is_prepared, patient_client
from graphql_api.migrations.upgrade import Say, upgrade
from graphql_api.settings import Settings, required
from graphql_api.stores.online import OnlineStore

log = logging.getLogger(__name__)


async def prepare(settings: Settings, *, say: Say = log.info) -> None:
    """Return when the data of MongoDB and of Redis is as this program reads it.

    Raises CannotStart where any of it is newer, and then nothing was touched."""
    prepared = await is_prepared(settings)
    url = required(settings.redis_url, "REDIS_URL")
    async with OnlineStore(url, timeout_seconds=settings.redis_timeout_seconds) as online:
        await refuse_other_layout(online)
        if not prepared:
            async with patient_client(settings) as database:
                await upgrade(database, lease_seconds=settings.lease_seconds, say=say)
        await declare_layout(online)

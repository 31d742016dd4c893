"""The online part of the platform on real servers, as a test asks it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from graphql_api.auth.viewer import EVERYONE_IS_ADMIN
from graphql_api.documents.models import bind
from graphql_api.services.online_features import OnlineFeatures
from graphql_api.services.projects import Projects
from graphql_api.serving.feed import ChangeFeed
from graphql_api.serving.lookup import Lookup, OnlineAnswer
from graphql_api.serving.plans import Plans
from graphql_api.settings import Settings
from graphql_api.stores.online import OnlineStore
from tests.factories import NOON, a_project
from tests.serving.registry import Registry

P, N, M, E = "PRESENT", "NULL_VALUE", "MISSING", "EXPIRED"


class Commands(CommandListener):
    """What MongoDB was asked, but for the change stream, which is asked all the time."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name != "getMore":
            self.names.append(event.command_name)

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


@dataclass
class Online:
    registry: Registry
    store: OnlineStore
    feed: ChangeFeed
    plans: Plans
    features: OnlineFeatures
    commands: Commands
    clock: list[int] = field(default_factory=lambda: [NOON])

    async def ask(self, asked: str | Sequence[str], **entities: object) -> dict[str, Any]:
        return told(await self.features.look_up(EVERYONE_IS_ADMIN, "default", a_lookup(asked, entities)))

    async def redis_trips(self) -> int:
        stats = cast(
            Mapping[str, Mapping[str, int]],
            await self.store._redis.ask("INFO", "commandstats"),  # pyright: ignore[reportPrivateUsage]
        )
        return stats.get("cmdstat_mget", {}).get("calls", 0)


def a_lookup(asked: str | Sequence[str], entities: Mapping[str, object]) -> Lookup:
    if isinstance(asked, str):
        return Lookup(entities, feature_service=asked)
    return Lookup(entities, features=asked)


def told(answer: OnlineAnswer) -> dict[str, Any]:
    """An answer as a client gets it, under the names of the contract."""
    return {
        "features": list(answer.features),
        "rows": msgspec.json.decode(answer.rows),
        "statuses": msgspec.json.decode(answer.statuses),
        "views": list(answer.views),
        "viewOfFeature": list(answer.view_of_feature),
        "eventTimestamps": msgspec.json.decode(answer.event_timestamps),
        "materializationIds": msgspec.json.decode(answer.materialization_ids),
    }


@asynccontextmanager
async def started(settings: Settings) -> AsyncGenerator[Online]:
    assert settings.mongodb_url is not None
    assert settings.redis_url is not None
    commands = Commands()
    async with AsyncMongoClient[dict[str, Any]](
        settings.mongodb_url, tz_aware=True, event_listeners=[commands], serverSelectionTimeoutMS=1_000
    ) as client:
        database = client[settings.mongodb_database]
        await bind(database)
        project = await a_project().insert()
        async with (
            OnlineStore(settings.redis_url, timeout_seconds=settings.redis_timeout_seconds) as store,
            ChangeFeed(database) as feed,
            Plans(feed) as plans,
        ):
            clock = [NOON]
            features = OnlineFeatures(
                projects=Projects(), plans=plans, store=store, most_entities=1_000, clock=lambda: clock[0]
            )
            yield Online(Registry(database, project, store), store, feed, plans, features, commands, clock)
        await client.drop_database(settings.mongodb_database)

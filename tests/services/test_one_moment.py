"""A registry that changes between two questions of who reads it: what is planned is of one moment all the same."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.errors import InvalidInput, NotFound
from graphql_api.runs.queue import RunQueue
from graphql_api.services.projects import Projects
from graphql_api.settings import Settings
from tests.databases import make
from tests.definitions.example import DELAYS, GROUND
from tests.services.registering import ANN, Registry

SERVICE = "kind: FeatureService\nname: small\nfeatures: [aircraft_delays]\n---\n"


class Meanwhile(CommandListener):
    """Removes the view `aircraft_delays` and its versions as a deletion does, just before its versions are read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.is_due = False

    def started(self, event: CommandStartedEvent) -> None:
        if self.is_due and event.command.get("find") == "feature_view_versions":
            self.is_due = False
            with MongoClient[dict[str, Any]](self._settings.mongodb_url) as client, client.start_session() as session:
                database = client[self._settings.mongodb_database]
                with session.start_transaction():
                    database["projects"].update_one({}, {"$inc": {"revision": 1}}, session=session)
                    database["feature_views"].delete_one({"name": "aircraft_delays"}, session=session)
                    database["feature_view_versions"].delete_many({"view_name": "aircraft_delays"}, session=session)

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


@pytest.fixture
def meanwhile(settings: Settings) -> Meanwhile:
    return Meanwhile(settings)


@pytest.fixture
async def registry(settings: Settings, meanwhile: Meanwhile) -> AsyncIterator[Registry]:
    async with AsyncMongoClient[dict[str, Any]](
        settings.mongodb_url, tz_aware=True, event_listeners=[meanwhile]
    ) as client:
        database = client[settings.mongodb_database]
        await make(database)
        registry = Registry(await Projects().ensure_default(), RunQueue(database))
        await registry.apply(GROUND + DELAYS)
        yield registry


async def test_a_service_of_what_is_deleted_meanwhile_is_refused(registry: Registry, meanwhile: Meanwhile) -> None:
    meanwhile.is_due = True

    with pytest.raises(InvalidInput) as refused:
        await registry.apply(SERVICE)

    assert [problem.message for problem in refused.value.problems] == ["There is no feature view 'aircraft_delays'."]
    assert (meanwhile.is_due, await FeatureServiceDocument.count()) == (False, 0)


async def test_a_change_of_what_is_deleted_meanwhile_makes_it_anew(registry: Registry, meanwhile: Meanwhile) -> None:
    meanwhile.is_due = True

    made = await registry.apply(DELAYS.replace("ttl: 30d", "ttl: 31d"))

    versions = await FeatureViewVersionDocument.find_all().to_list()
    assert (meanwhile.is_due, [version.reference for version in versions]) == (False, made)


async def test_a_refusal_is_of_one_moment_too(registry: Registry, meanwhile: Meanwhile) -> None:
    await registry.apply(DELAYS.replace("ttl: 30d", "ttl: 31d"))
    meanwhile.is_due = True

    with pytest.raises(NotFound):
        await registry.versions.archive(ANN, "default", "aircraft_delays@2")

    assert not meanwhile.is_due

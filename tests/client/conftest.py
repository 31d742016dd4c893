"""One world for all tests of the client: the demo's registry, its data of a month, computed once."""

from collections.abc import Generator

import pytest

from j_feature_store import FeatureStore
from tests.client.world import World, bring_demo, started
from tests.conftest import clean_place
from tests.servers import RunningServers


@pytest.fixture(scope="package")
def world(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    with clean_place(servers, tmp_path_factory.mktemp("client")) as settings, started(settings) as world:
        bring_demo(world)
        yield world


@pytest.fixture
def store(world: World) -> Generator[FeatureStore]:
    with world.store() as store:
        yield store

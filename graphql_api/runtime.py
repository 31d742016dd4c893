"""The one place that builds things: settings -> clients -> stores -> services."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.documents.models import bind
from graphql_api.migrations.layout import require_layout
from graphql_api.migrations.looking import require_format
from graphql_api.migrations.prepare import prepare
from graphql_api.runs.queue import RunQueue
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.services.audit import Audit
from graphql_api.services.data_sources import DataSources
from graphql_api.services.dataset_files import DatasetFiles
from graphql_api.services.deleting import Deleting
from graphql_api.services.entities import Entities
from graphql_api.services.exports import Exports
from graphql_api.services.feature_services import FeatureServices
from graphql_api.services.feature_views import FeatureViews
from graphql_api.services.features import Features
from graphql_api.services.features_at import FeaturesAt
from graphql_api.services.impacts import Impacts
from graphql_api.services.learning import Learning
from graphql_api.services.links import Links
from graphql_api.services.materializations import Materializations
from graphql_api.services.online_features import OnlineFeatures
from graphql_api.services.parity import Parity
from graphql_api.services.plans import Plans
from graphql_api.services.previews import Previews
from graphql_api.services.projects import Projects
from graphql_api.services.registry_events import RegistryEvents
from graphql_api.services.run_history import RunHistory
from graphql_api.services.run_progress import RunProgress
from graphql_api.services.runs import Runs
from graphql_api.services.search import Search
from graphql_api.services.spines import Spines
from graphql_api.services.timelines import Timelines
from graphql_api.services.tokens import Tokens
from graphql_api.services.training_datasets import TrainingDatasets
from graphql_api.services.uploads import Uploads
from graphql_api.services.versions import Versions
from graphql_api.serving.feed import ChangeFeed
from graphql_api.serving.offline_rows import OfflineRows
from graphql_api.serving.plans import Plans as LookupPlans
from graphql_api.settings import AuthMode, Settings, required
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectStore
from graphql_api.stores.offline import OfflineStore
from graphql_api.stores.online import OnlineStore

SLOWEST_QUERY_MS = 30_000


@dataclass(frozen=True)
class Services:
    """What the platform decides, by noun."""

    projects: Projects
    tokens: Tokens
    entities: Entities
    data_sources: DataSources
    feature_views: FeatureViews
    versions: Versions
    features: Features
    feature_services: FeatureServices
    search: Search
    registry_events: RegistryEvents
    audit: Audit
    run_history: RunHistory
    plans: Plans
    exports: Exports
    deleting: Deleting
    impacts: Impacts
    links: Links
    uploads: Uploads
    training_datasets: TrainingDatasets
    dataset_files: DatasetFiles
    runs: Runs
    materializations: Materializations
    run_progress: RunProgress
    online_features: OnlineFeatures
    features_at: FeaturesAt
    timelines: Timelines
    parity: Parity
    previews: Previews


class Runtime:
    """While it is entered, everything stands that a process needs: the API, a command or a test.

    Entering it brings the data to the format of this program; CannotStart where it is newer."""

    services: Services
    database: AsyncDatabase[dict[str, Any]]
    feed: ChangeFeed
    objects: ObjectStore
    cache: FileCache
    online: OnlineStore
    sandbox: SandboxPool

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await prepare(self.settings)
        async with AsyncExitStack() as stack:
            self.database = await stack.enter_async_context(_mongodb(self.settings))
            self.feed = await stack.enter_async_context(ChangeFeed(self.database))
            self.objects = await stack.enter_async_context(ObjectStore.of(self.settings))
            await self.objects.ensure_bucket()
            self.cache = FileCache(self.objects, self.settings.data_dir / "cache", self.settings.cache_bytes)
            self.online = await stack.enter_async_context(_redis(self.settings))
            self.sandbox = await stack.enter_async_context(SandboxPool.from_settings(self.settings))
            self.services = await self._services(stack)
            await self.services.projects.ensure_default()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def probes(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """How to ask each server whether it is there, and holds what this program reads."""
        return {
            "mongodb": lambda: require_format(self.database),
            "redis": lambda: require_layout(self.online),
            "s3": self.objects.readable,
        }

    async def _services(self, stack: AsyncExitStack) -> Services:
        projects = Projects()
        queue = RunQueue(self.database)
        previews = Previews(objects=self.objects, cache=self.cache, sandbox=self.sandbox)
        tokens = Tokens(projects=projects, feed=self.feed)
        await stack.enter_async_context(tokens.following())
        links = await Links.open(tokens, everyone_is_let_in=self.settings.auth is AuthMode.NONE)
        uploads = Uploads(
            projects=projects,
            database=self.database,
            objects=self.objects,
            links=links,
            most_bytes=self.settings.max_upload_bytes,
        )
        materializations = Materializations(projects=projects, queue=queue)
        learning = Learning(objects=self.objects, files=self.cache, sandboxes=self.sandbox, own_place=uploads.place)
        lookups = await stack.enter_async_context(LookupPlans(self.feed))
        versions = Versions(projects=projects, cancel_run=materializations.cancel_if_possible)
        features = Features(projects=projects, versions=versions)
        rows = OfflineRows(store=OfflineStore(self.database), objects=self.objects, cache=self.cache)
        return Services(
            projects=projects,
            tokens=tokens,
            entities=Entities(projects=projects),
            data_sources=DataSources(projects=projects),
            feature_views=FeatureViews(projects=projects),
            versions=versions,
            features=features,
            feature_services=FeatureServices(projects=projects),
            search=Search(projects=projects),
            registry_events=RegistryEvents(projects=projects, feed=self.feed),
            audit=Audit(projects=projects),
            run_history=RunHistory(projects=projects),
            plans=Plans(
                projects=projects,
                answers=learning.answers,
                start_run=materializations.start_version,
                cancel_run=materializations.cancel_in,
            ),
            exports=Exports(projects=projects),
            deleting=Deleting(projects=projects),
            impacts=Impacts(projects=projects),
            links=links,
            uploads=uploads,
            training_datasets=TrainingDatasets(
                projects=projects,
                queue=queue,
                spines=Spines(uploads=uploads, objects=self.objects, cache=self.cache, sandbox=self.sandbox),
                objects=self.objects,
            ),
            dataset_files=DatasetFiles(links=links, objects=self.objects, previews=previews),
            runs=Runs(queue=queue),
            materializations=materializations,
            run_progress=RunProgress(projects=projects, database=self.database, feed=self.feed),
            online_features=OnlineFeatures(
                projects=projects, plans=lookups, store=self.online, most_entities=self.settings.max_lookup_entities
            ),
            features_at=FeaturesAt(projects=projects, rows=rows, sandbox=self.sandbox),
            timelines=Timelines(features=features, rows=rows, sandbox=self.sandbox),
            parity=Parity(projects=projects, rows=rows, online=self.online, sandbox=self.sandbox),
            previews=previews,
        )


@asynccontextmanager
async def _mongodb(settings: Settings) -> AsyncGenerator[AsyncDatabase[dict[str, Any]]]:
    milliseconds = int(settings.mongodb_timeout_seconds * 1000)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        required(settings.mongodb_url, "MONGODB_URL"),
        tz_aware=True,
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=SLOWEST_QUERY_MS,
        appname="j-feature-store",
    )
    async with client:
        database = client[settings.mongodb_database]
        await bind(database)
        yield database


def _redis(settings: Settings) -> OnlineStore:
    return OnlineStore(required(settings.redis_url, "REDIS_URL"), timeout_seconds=settings.redis_timeout_seconds)

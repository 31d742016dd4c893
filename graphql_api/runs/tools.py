"""What the steps of an attempt work with."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.times import TimeRange
from graphql_api.runs.hold import Hold
from graphql_api.runs.log import Database
from graphql_api.runs.reporter import Reporter
from graphql_api.sandbox.pool import Sandbox, SandboxPool
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectStore
from graphql_api.stores.offline import ALL_TIME
from graphql_api.stores.online import OnlineStore


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker has for all its runs. `chunk_rows`: source rows that a chunk aims at. `history`: how long what
    later commits hide is kept for those who read as of an earlier one."""

    database: Database
    objects: ObjectStore
    cache: FileCache
    boxes: SandboxPool
    online: OnlineStore
    chunk_rows: int
    history: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt at a view's run has. `folder` is for inputs; `made` says where its files still lie locally."""

    tools: Tools
    hold: Hold[MaterializationDocument]
    reporter: Reporter
    version: FeatureViewVersionDocument
    copy: DataCopyDocument
    box: Sandbox
    folder: Path
    made: dict[str, Path] = field(default_factory=dict[str, Path])

    @property
    def run(self) -> MaterializationDocument:
        return self.hold.run

    @property
    def range(self) -> TimeRange:
        """What the run replaces; known once it is planned."""
        run = self.run
        return ALL_TIME if run.start is None else TimeRange(run.start, run.end)

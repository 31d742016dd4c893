"""What one attempt of a run of a view does, from its inputs to its rows online.

Whatever an earlier attempt has finished is taken over: frozen inputs, chunks, checkpoints, the commit.
"""

from collections.abc import Sequence

from graphql_api.documents.commits import FileRole
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import CheckpointDocument, MaterializationDocument
from graphql_api.domain.enums import RunPhase
from graphql_api.errors import RunFault
from graphql_api.runs import finish
from graphql_api.runs.commit import commit, copy_of
from graphql_api.runs.computing import compute, judge
from graphql_api.runs.hold import Hold
from graphql_api.runs.log import Database
from graphql_api.runs.online import WRITTEN_OFFLINE, WRITTEN_ONLINE, go_online
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.staging import own_files
from graphql_api.runs.tools import Attempt, Tools
from graphql_api.runs.turns import when_free


async def carry_out(tools: Tools, hold: Hold[MaterializationDocument], reporter: Reporter) -> None:
    """All that is left of a run. Raises RunFault, SqlRefused, UserError of a store, Fenced, CancelAsked, HandBack."""
    reporter.tell(message="Begins.")
    version = await _version_of(tools.database, hold.run)
    copy = await copy_of(tools.database, hold.run.data_id)
    with tools.cache.folder() as folder:
        async with tools.boxes.lease() as box:
            attempt = Attempt(tools, hold, reporter, version, copy, box, folder)
            if hold.run.commit is None:
                done = await compute(attempt)
                await judge(attempt, done)
                await _write_offline(attempt, done)
            await go_online(attempt)
    reporter.tell(phase=RunPhase.PUBLISH, fraction=WRITTEN_ONLINE)
    reporter.close()
    await finish.succeed(hold, reporter)


async def _version_of(database: Database, run: MaterializationDocument) -> FeatureViewVersionDocument:
    raw = await database["feature_view_versions"].find_one({"_id": run.version_id})
    if raw is None:
        raise RunFault("DATA_GONE", f"{run.view_name}@{run.version_number} has been deleted.")
    return FeatureViewVersionDocument.model_validate(raw)


async def _write_offline(attempt: Attempt, done: Sequence[CheckpointDocument]) -> None:
    """Commit when it is this run's turn."""
    attempt.reporter.tell(phase=RunPhase.WRITE_OFFLINE, fraction=WRITTEN_OFFLINE, message="Commits.")
    files = await own_files(attempt, FileRole.ROWS, FileRole.KEPT)
    latest = max((file.latest for file in files), default=None)
    rows = sum(checkpoint.rows_written for checkpoint in done)
    await when_free(attempt, lambda: commit(attempt.hold, rows=rows, latest_event=latest))

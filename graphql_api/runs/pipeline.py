"""One attempt of a run, from wherever the attempts before it came, to its end."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphql_api.documents.base import new_id
from graphql_api.documents.commits import FileRole, StagedFileDocument
from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import CheckCountPart, CheckpointDocument
from graphql_api.domain.enums import RunPhase
from graphql_api.domain.gathering import gathered
from graphql_api.domain.times import TimeRange, now_micros
from graphql_api.engines.shapes import CheckCausality, ChunkResult, ComputeChunk, JudgeRun, PlanChunks, View
from graphql_api.errors import RunFault
from graphql_api.runs import checks, inputs
from graphql_api.runs.commit import OtherFirst, commit
from graphql_api.runs.log import RunLog
from graphql_api.runs.online import write_online
from graphql_api.runs.progress import COMMITTED, COMPUTED, PLANNED, Progress
from graphql_api.runs.publishing import publish
from graphql_api.runs.view import view_of
from graphql_api.sandbox.pool import Sandbox, SandboxPool
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectStore
from graphql_api.stores.offline import ALWAYS, OfflineStore
from graphql_api.stores.online import OnlineStore

_TURN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Tools:
    """What an attempt works with."""

    objects: ObjectStore
    cache: FileCache
    offline: OfflineStore
    online: OnlineStore
    sandboxes: SandboxPool
    chunk_rows: int


class Attempt:
    """Leaves nothing visible before its commit, and nothing undone after its end."""

    def __init__(self, log: RunLog, tools: Tools) -> None:
        self._log = log
        self._tools = tools
        self._progress = Progress(log)
        self._box: Sandbox | None = None

    async def stop(self) -> None:
        """Ask the computation to stop, softly and then hard; `go` then raises."""
        if self._box is not None:
            await self._box.cancel()

    async def go(self) -> None:
        """Raises RunFault, SqlRefused, a UserError or PyMongoError where the attempt ends without success;
        OtherFirst where it is another run's turn; CancelRequested; Fenced."""
        with self._tools.cache.folder() as folder:
            async with self._tools.sandboxes.lease() as box:
                self._box = box
                await self._go(box, folder)

    async def _go(self, box: Sandbox, folder: Path) -> None:
        version = await FeatureViewVersionDocument.get(self._log.run.version_id)
        copy = await DataCopyDocument.get(self._log.run.data_id)
        if version is None or copy is None:
            raise RunFault("VERSION_GONE", "The version that this run computes no longer exists.")
        work = _Work(self._log, self._tools, self._progress, box, folder, version, copy)
        if self._log.run.commit is None:
            await work.freeze()
            await work.compute()
            await work.judge()
            await work.commit()
        await write_online(self._log, self._tools.offline, self._tools.online, self._progress, box, work.view, folder)
        self._progress.phase(RunPhase.PUBLISH)
        await publish(self._log)


class _Work:
    """What comes before the commit."""

    def __init__(
        self,
        log: RunLog,
        tools: Tools,
        progress: Progress,
        box: Sandbox,
        folder: Path,
        version: FeatureViewVersionDocument,
        copy: DataCopyDocument,
    ) -> None:
        self._log, self._tools, self._progress, self._box, self._folder = log, tools, progress, box, folder
        self._version, self._copy = version, copy
        self._inputs = inputs.LocalInputs({}, {})
        self._checkpoints: dict[int, CheckpointDocument] = {}
        self._local: dict[str, Path] = {}

    @property
    def view(self) -> View:
        return view_of(self._version, self._copy, self._inputs)

    async def freeze(self) -> None:
        """Fix the inputs, once for all attempts."""
        if self._log.run.frozen_at is not None:
            return
        self._progress.phase(RunPhase.PLAN, "Freezing the inputs.")
        frozen = await inputs.freeze(self._log.run.id, self._version.transformation.sources, self._tools.objects)
        frozen_at = now_micros()
        end = {"end": frozen_at} if self._log.run.is_static else {}
        await self._log.write({"frozen_at": frozen_at, "inputs": [part.id for part in frozen], **end})

    async def compute(self) -> None:
        """Every chunk that no attempt before has finished."""
        done = await CheckpointDocument.find({"_id": {"$in": list(self._log.run.checkpoints)}}).to_list()
        self._checkpoints = {checkpoint.chunk: checkpoint for checkpoint in done}
        if self._log.run.chunks is not None and len(done) == len(self._log.run.chunks):
            self._tell()
            return
        self._progress.phase(RunPhase.PLAN, "Fetching the inputs.")
        self._inputs = await inputs.fetch(await inputs.frozen_by(self._log.run.inputs), self._tools.cache, self._folder)
        try:
            await self._plan()
            await self._compute_chunks()
        except RunFault as fault:
            words = self._inputs.in_words
            raise RunFault(
                fault.code,
                words(fault.message),
                hint=words(fault.hint) if fault.hint else None,
                retryable=fault.retryable,
            ) from fault

    async def _plan(self) -> None:
        run = self._log.run
        if run.chunks is None:
            self._progress.phase(RunPhase.PLAN, "Cutting the range into chunks.")
            plan = await self._box.call(
                PlanChunks(self.view, run.start, run.end, self._tools.chunk_rows), readable=self._inputs.readable
            )
            if not run.is_static and (plan.start is None or plan.start >= run.end):
                raise RunFault(
                    "NO_ROWS",
                    "The sources hold no row with an event timestamp before the end of the run.",
                    hint="Check the event timestamps of the sources, or run again when there are rows.",
                )
            await self._log.write(
                {
                    "start": None if run.is_static else plan.start,
                    "chunks": [RangePart(start=start, end=end).model_dump() for start, end in plan.chunks],
                    "rows_total": plan.rows_total,
                    "rejected_sources": plan.rejected_sources,
                }
            )
        if self._copy.last_commit == 0 and not run.is_static and not self._checkpoints:
            await self._check_causality()

    async def _check_causality(self) -> None:
        run = self._log.run
        self._progress.phase(RunPhase.PLAN, "Checking that rows depend on the past alone.", fraction=PLANNED / 2)
        request = CheckCausality(self.view, run.start or 0, run.end)
        differing = await self._box.call(request, readable=self._inputs.readable)
        if differing is not None:
            raise RunFault(
                "NOT_CAUSAL",
                f"A range run in two pieces gives other rows than run whole. {differing}",
                hint="A row at t may depend on source rows in [t - lookback, t] alone: mend it or raise lookback.",
            )

    async def _compute_chunks(self) -> None:
        self._progress.computing(adopted_rows=sum(done.rows_read for done in self._checkpoints.values()))
        self._tell()
        view = self.view
        for index, part in enumerate(self._log.run.chunks or ()):
            if index not in self._checkpoints:
                await self._compute_chunk(view, index, part)
                self._tell()

    async def _compute_chunk(self, view: View, index: int, part: RangePart) -> None:
        run = self._log.run
        window = ALWAYS if run.is_static else part.to_range()
        visible = await self._tools.offline.visible(run.data_id, as_of=self._copy.last_commit, window=window)
        old = await self._tools.offline.slices(visible, self._folder)
        request = ComputeChunk(
            view=view,
            start=part.start,
            end=part.end,
            frozen_at=run.frozen_at or 0,
            old=old,
            folder=str(self._out(f"chunk-{index}")),
        )
        readable = [*self._inputs.readable, *(one.path for one in old)]
        await self._checkpoint(index, await self._box.call(request, readable=readable))

    async def _checkpoint(self, index: int, result: ChunkResult) -> None:
        """Store the files of a chunk; they count once the run's document names the checkpoint."""
        run = self._log.run
        identity = new_id()
        staged = await gathered(
            [
                self._tools.offline.stage(
                    file, data_id=run.data_id, run_id=run.id, checkpoint_id=identity, name=f"{run.attempt}-{index}"
                )
                for file in result.files
                if file.rows
            ]
        )
        local = [Path(file.path) for file in result.files if file.rows]
        self._local |= {document.key: path for document, path in zip(staged, local, strict=True)}
        if staged:
            await StagedFileDocument.insert_many(staged)
        checkpoint = CheckpointDocument(
            id=identity,
            run_id=run.id,
            attempt=run.attempt,
            chunk=index,
            rows_read=result.rows_read,
            rows_written=result.rows_written,
            rows_rejected=result.rows_rejected,
            rows_quarantined=result.rows_quarantined,
            bytes_written=sum(document.bytes for document in staged),
            checks=tuple(checks.as_count(found) for found in result.checks),
        )
        await checkpoint.insert()
        self._checkpoints[index] = checkpoint
        await self._log.write({"checkpoints": [done.id for _, done in sorted(self._checkpoints.items())]})

    def _tell(self) -> None:
        run = self._log.run
        total = self._total
        self._progress.chunk_done(
            len(self._checkpoints),
            len(run.chunks or ()),
            {
                "rows_read": total(lambda done: done.rows_read),
                "rows_rejected": run.rejected_sources + total(lambda done: done.rows_rejected),
                "rows_quarantined": total(lambda done: done.rows_quarantined),
                "bytes_written": total(lambda done: done.bytes_written),
                "rows_total": run.rows_total,
            },
        )

    def _total(self, of: Callable[[CheckpointDocument], int]) -> int:
        return sum(of(done) for done in self._checkpoints.values())

    async def judge(self) -> None:
        """Sum up the checks of the chunks and ask those of the whole run. Raises RunFault where BLOCK fails."""
        self._progress.phase(RunPhase.COMPUTE, "Checking the run as a whole.", fraction=COMPUTED)
        counts = checks.totals(count for _, done in sorted(self._checkpoints.items()) for count in done.checks)
        if any(validation.check in checks.OF_THE_WHOLE_RUN for validation in self._version.validations):
            counts += await self._judge_whole()
        results = checks.results_of(self._log.run, self._version, counts)
        await checks.record(results)
        checks.stop_where_blocked(results)

    async def _judge_whole(self) -> list[CheckCountPart]:
        rows = await self._staged_here([FileRole.ROWS])
        quarantined = await self._staged_here([FileRole.QUARANTINE])
        found = await self._box.call(JudgeRun(self.view, rows, quarantined), readable=[*rows, *quarantined])
        return [checks.as_count(result) for result in found]

    async def _staged_here(self, roles: Sequence[FileRole]) -> list[str]:
        """The run's own files as local ones: made by this attempt, or fetched where another one made them."""
        files = await self._tools.offline.files(self._log.run.checkpoints, roles)
        away = [file for file in files if file.key not in self._local]
        paths = dict(zip((file.key for file in away), await self._tools.offline.fetch(away, self._folder), strict=True))
        return [str(self._local.get(file.key) or paths[file.key]) for file in files]

    async def commit(self) -> None:
        """Raises OtherFirst where another run of this data has to go online first and nobody works on it."""
        self._progress.phase(RunPhase.WRITE_OFFLINE, "Committing.", fraction=COMMITTED)
        rows = self._total(lambda done: done.rows_written)
        while True:
            try:
                await commit(self._log, rows=rows, latest_event=self._latest_event)
            except OtherFirst as first:
                if not first.goes_on:
                    raise
                self._progress.phase(RunPhase.WRITE_OFFLINE, f"Waits until run {first.run_id} is online.")
                await asyncio.sleep(_TURN_SECONDS)
            else:
                return

    async def _latest_event(self, last_commit: int) -> int | None:
        """Of the data once this run's files are visible: theirs, and what lies outside their range."""
        run = self._log.run
        own = [
            file.max_event for file in await self._tools.offline.files(run.checkpoints, [FileRole.ROWS, FileRole.KEPT])
        ]
        if run.is_static or run.start is None:
            others: list[int | None] = []
        else:
            sides = (TimeRange(ALWAYS.start, run.start), TimeRange(run.end, ALWAYS.end))
            visible = [
                one
                for side in sides
                for one in await self._tools.offline.visible(run.data_id, as_of=last_commit, window=side)
            ]
            others = [one.latest_event for one in visible]
        return max((latest for latest in (*own, *others) if latest is not None), default=None)

    def _out(self, name: str) -> Path:
        folder = self._box.folder / name
        folder.mkdir(exist_ok=True)
        return folder

"""PLAN and COMPUTE: from frozen inputs to staged files, chunk by chunk."""

from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager

from graphql_api.documents.commits import FileRole
from graphql_api.documents.copies import RangePart
from graphql_api.documents.materializations import CheckpointDocument
from graphql_api.domain.enums import RunPhase
from graphql_api.domain.times import now_micros, rfc3339
from graphql_api.engines.shapes import CheckCausality, ChunkPlan, ComputeChunk, JudgeRun, PlanChunks, View
from graphql_api.errors import RunFault
from graphql_api.runs import checks, inputs
from graphql_api.runs.shaping import view_of
from graphql_api.runs.staging import bring, checkpoints_of, counts_of, own_files, paths, stage
from graphql_api.runs.tools import Attempt
from graphql_api.stores.offline import OfflineStore

PLANNED, COMPUTED = 0.03, 0.8
"""Fractions of a run at which these phases end."""


async def compute(attempt: Attempt) -> list[CheckpointDocument]:
    """Every chunk, finished: by earlier attempts or by this one. Raises RunFault, Fenced, CancelAsked."""
    attempt.reporter.tell(phase=RunPhase.PLAN, message="Freezes its inputs.")
    frozen = await _freeze(attempt)
    done = {checkpoint.chunk: checkpoint for checkpoint in await checkpoints_of(attempt)}
    chunks = attempt.run.chunks
    if chunks is None or len(done) < len(chunks):
        attempt.reporter.tell(message=f"Brings {sum(map(len, frozen.values())):,} objects.")
        local = await inputs.bring(attempt.tools.cache, frozen, attempt.folder)
        files = {name: [str(path) for _, path in found] for name, found in local.items()}
        view = view_of(attempt.version, attempt.copy, files)
        readable = [path for found in files.values() for path in found]
        with _places_named({str(path): uri for found in local.values() for uri, path in found}):
            chunks = chunks or await _plan(attempt, view, readable)
            await _missing_chunks(attempt, view, readable, chunks, done)
    _tell(attempt, done.values(), len(chunks))
    return [done[number] for number in sorted(done)]


async def _freeze(attempt: Attempt) -> inputs.Frozen:
    """The moment is taken after the listing: a row that became known later than it is rejected, and would be lost."""
    tools, run = attempt.tools, attempt.run
    sources = attempt.version.transformation.sources
    places = {source.name: source.uris for source in sources}
    frozen = await inputs.freeze(tools.database, tools.objects, run.id, places)
    if not any(frozen.values()):
        places = ", ".join(uri for source in sources for uri in source.uris)
        raise RunFault(
            "NO_INPUT",
            f"There is no object at {places}.",
            hint="Put the source's files there, or change its place, and start another run.",
        )
    if run.frozen_at is None:
        now = now_micros()
        await attempt.hold.write({"frozen_at": now} | ({"end": now} if run.is_static else {}))
    return frozen


async def _plan(attempt: Attempt, view: View, readable: Sequence[str]) -> tuple[RangePart, ...]:
    run = attempt.run
    attempt.reporter.tell(message="Cuts its range into chunks.")
    request = PlanChunks(view=view, start=run.start, end=run.end, target_rows=attempt.tools.chunk_rows)
    plan = await attempt.box.call(request, readable=readable)
    start = _start(attempt, plan)
    if start is not None and attempt.copy.last_commit == 0:
        await _require_causal(attempt, view, readable, start)
    chunks = [{"start": first, "end": last} for first, last in plan.chunks]
    await attempt.hold.write(
        {
            "start": start,
            "chunks": chunks,
            "rows_total": plan.rows_total,
            "rejected_sources": plan.rejected_sources,
        }
    )
    return attempt.run.chunks or ()


def _start(attempt: Attempt, plan: ChunkPlan) -> int | None:
    run = attempt.run
    if run.is_static or run.start is not None:
        return run.start
    if plan.start is None or plan.start >= run.end:
        raise RunFault(
            "NO_ROWS",
            f"The sources hold no row before {rfc3339(run.end)}, and so there is no start for the run's range.",
            hint="Start it again when there are rows, or give a start.",
        )
    return plan.start


async def _require_causal(attempt: Attempt, view: View, readable: Sequence[str], start: int) -> None:
    attempt.reporter.tell(message="Checks on a sample that its SQL is causal and local.")
    difference = await attempt.box.call(CheckCausality(view=view, start=start, end=attempt.run.end), readable=readable)
    if difference is not None:
        raise RunFault(
            "NOT_CAUSAL",
            f"A range computed in two pieces gives other rows than the whole: {difference}",
            hint="An output row at t may depend on source rows in [t - lookback, t] alone: raise the lookback, "
            "or stamp rows with the end of what they sum up.",
        )


async def _missing_chunks(
    attempt: Attempt,
    view: View,
    readable: Sequence[str],
    chunks: Sequence[RangePart],
    done: dict[int, CheckpointDocument],
) -> None:
    for number, chunk in enumerate(chunks):
        if number not in done:
            _tell(attempt, done.values(), len(chunks))
            done[number] = await _chunk(attempt, view, readable, number, chunk)


async def _chunk(
    attempt: Attempt, view: View, readable: Sequence[str], number: int, chunk: RangePart
) -> CheckpointDocument:
    attempt.hold.require()
    run = attempt.run
    assert run.frozen_at is not None
    visible = (
        [] if view.is_static else await OfflineStore(attempt.tools.database).visible(run.data_id, chunk.to_range())
    )
    old = await bring(attempt, visible)
    result = await attempt.box.call(
        ComputeChunk(
            view=view,
            start=chunk.start,
            end=chunk.end,
            frozen_at=run.frozen_at,
            old=old,
            folder=str(attempt.box.folder),
        ),
        readable=[*readable, *paths(old)],
    )
    checkpoint = await stage(attempt, number, result)
    await attempt.hold.write(push={"checkpoints": checkpoint.id})
    return checkpoint


def _tell(attempt: Attempt, done: Collection[CheckpointDocument], total: int) -> None:
    attempt.reporter.tell(
        phase=RunPhase.COMPUTE,
        fraction=PLANNED + (COMPUTED - PLANNED) * len(done) / max(total, 1),
        message=f"Chunk {len(done) + 1} of {total}." if len(done) < total else "All chunks are computed.",
        **counts_of(attempt.run, done),
    )


async def judge(attempt: Attempt, done: Sequence[CheckpointDocument]) -> None:
    """Record what the checks found. Raises RunFault where one blocks, and then nothing is visible."""
    counts = checks.totals(part for checkpoint in done for part in checkpoint.checks)
    if any(validation.check in checks.OF_THE_WHOLE_RUN for validation in attempt.version.validations):
        rows = paths(await bring(attempt, await own_files(attempt, FileRole.ROWS)))
        quarantined = paths(await bring(attempt, await own_files(attempt, FileRole.QUARANTINE)))
        request = JudgeRun(view=view_of(attempt.version, attempt.copy), rows=rows, quarantined=quarantined)
        judged = await attempt.box.call(request, readable=[*rows, *quarantined])
        counts = checks.totals([*counts, *map(checks.count_of, judged)])
    results = checks.results_of(attempt.run, attempt.version, counts)
    attempt.hold.require()
    await checks.record(attempt.tools.database, results)
    checks.require_unblocked(results)


@contextmanager
def _places_named(uris: Mapping[str, str]) -> Generator[None]:
    """Faults name what people know: the object, not its local copy."""
    try:
        yield
    except RunFault as fault:
        message = fault.message
        for path, uri in uris.items():
            message = message.replace(path, uri)
        raise RunFault(fault.code, message, hint=fault.hint, retryable=fault.retryable) from fault

"""Immutable files between the sandbox, the object store and the local disk."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from beanie import PydanticObjectId

from graphql_api.documents.commits import FileRole
from graphql_api.documents.materializations import CheckpointDocument, MaterializationDocument
from graphql_api.engines.shapes import ChunkResult, Slice
from graphql_api.runs.checks import count_of
from graphql_api.runs.files import bring_files, staged_document
from graphql_api.runs.tools import Attempt
from graphql_api.stores.offline import OfflineStore, VisibleFile


async def stage(attempt: Attempt, chunk: int, result: ChunkResult) -> CheckpointDocument:
    """Store a chunk's files under new names and write its checkpoint, which counts once the run names it."""
    run = attempt.run
    checkpoint = CheckpointDocument(
        run_id=run.id,
        attempt=attempt.hold.attempt,
        chunk=chunk,
        rows_read=result.rows_read,
        rows_written=result.rows_written,
        rows_rejected=result.rows_rejected,
        rows_quarantined=result.rows_quarantined,
        non_finite_values=sum(result.non_finite.values()),
        bytes_written=sum(file.bytes for file in result.files),
        checks=tuple(count_of(check) for check in result.checks),
    )
    staged: list[dict[str, object]] = []
    for file in result.files:
        key = f"data/{run.data_id:x}/{run.id}/{attempt.hold.attempt}-{chunk}-{secrets.token_hex(6)}.parquet"
        await attempt.tools.objects.put_file(key, Path(file.path))
        attempt.made[key] = Path(file.path)
        staged.append(staged_document(file, key, run_id=run.id, checkpoint_id=checkpoint.id))
    database = attempt.tools.database
    if staged:
        await database["staged_files"].insert_many(staged)
    stored = checkpoint.model_dump(exclude={"revision_id", "id"})
    await database["checkpoints"].insert_one({"_id": checkpoint.id, **stored})
    return checkpoint


async def checkpoints_of(attempt: Attempt) -> list[CheckpointDocument]:
    """Those that the run names: one for each finished chunk."""
    named: tuple[PydanticObjectId, ...] = attempt.run.checkpoints
    found = attempt.tools.database["checkpoints"].find({"_id": {"$in": named}}, sort=[("chunk", 1)])
    return [CheckpointDocument.model_validate(raw) async for raw in found]


def counts_of(run: MaterializationDocument, done: Collection[CheckpointDocument]) -> dict[str, int | None]:
    """What its finished chunks say of a run; its rows count as written only with the commit."""
    return {
        "rows_read": sum(checkpoint.rows_read for checkpoint in done),
        "rows_rejected": run.rejected_sources + sum(checkpoint.rows_rejected for checkpoint in done),
        "rows_quarantined": sum(checkpoint.rows_quarantined for checkpoint in done),
        "non_finite_values": sum(checkpoint.non_finite_values for checkpoint in done),
        "rows_total": run.rows_total,
        "bytes_written": sum(checkpoint.bytes_written for checkpoint in done),
        "chunks_done": len(done),
        "chunks_total": len(run.chunks or ()),
    }


async def own_files(attempt: Attempt, *roles: FileRole) -> list[VisibleFile]:
    """The files that this run has staged, in these roles; commit 0 until it has one."""
    files = await OfflineStore(attempt.tools.database).files_of(attempt.run.id, attempt.run.checkpoints)
    return [
        VisibleFile(
            key=file["key"],
            sha256=file["sha256"],
            bytes=file["bytes"],
            rows=file["rows"],
            commit=attempt.run.commit or 0,
            run_id=str(attempt.run.id),
            ranges=(),
            earliest=int(file["min_event"]),
            latest=int(file["max_event"]),
        )
        for file in files
        if file["rows"] and file["role"] in roles
    ]


async def bring(attempt: Attempt, files: Iterable[VisibleFile]) -> list[Slice]:
    """The files as local ones, in their order, each with where its rows are visible."""
    return await bring_files(attempt.tools, files, attempt.folder, attempt.made)


def paths(slices: Sequence[Slice]) -> list[str]:
    return [piece.path for piece in slices]

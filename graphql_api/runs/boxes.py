"""What a run needs of the sandbox: children that compute on local files, one a lease."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, overload

from graphql_api.engines.shapes import (
    CheckCausality,
    CheckResult,
    ChunkPlan,
    ChunkResult,
    ComputeChunk,
    JudgeRun,
    PackedFile,
    PackOnline,
    PlanChunks,
)


class Box(Protocol):
    """A leased child; `folder` takes what it makes, and goes with the lease."""

    folder: Path

    @overload
    async def call(self, request: PlanChunks, *, readable: Sequence[str] = ()) -> ChunkPlan: ...
    @overload
    async def call(self, request: ComputeChunk, *, readable: Sequence[str] = ()) -> ChunkResult: ...
    @overload
    async def call(self, request: CheckCausality, *, readable: Sequence[str] = ()) -> str | None: ...
    @overload
    async def call(self, request: JudgeRun, *, readable: Sequence[str] = ()) -> list[CheckResult]: ...
    @overload
    async def call(self, request: PackOnline, *, readable: Sequence[str] = ()) -> PackedFile: ...


class Boxes(Protocol):
    def lease(self) -> AbstractAsyncContextManager[Box]: ...

"""Questions about texts, asked in the sandbox: what a user wrote is parsed and typed there alone."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Self

from graphql_api.engines.shapes import (
    AnswerT,
    CheckExpression,
    CheckPattern,
    CheckText,
    DescribeSql,
    FileColumn,
    Relation,
    RequestFor,
    SqlProblem,
    TypedExpression,
    TypeExpression,
)
from graphql_api.errors import RunFault
from graphql_api.sandbox.pool import Sandbox, SandboxPool, SqlRefused

QUESTION_SECONDS = 30.0


class Texts:
    """Of one plan. It never holds more than one child of the sandbox at a time: who holds one while waiting for another
    would keep plans that do the same waiting for ever."""

    def __init__(self, sandboxes: SandboxPool) -> None:
        self._sandboxes = sandboxes
        self._lease = AsyncExitStack()
        self._box: Sandbox | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._let_go()

    async def sql(self, sql: str, relations: Sequence[Relation]) -> Sequence[FileColumn] | SqlProblem:
        return await self._ask(DescribeSql(sql, list(relations)))

    async def expression(self, expression: str, columns: Sequence[FileColumn]) -> FileColumn | SqlProblem:
        return await self._ask(CheckExpression(expression, list(columns)))

    async def expression_over(
        self, expression: str, relations: Sequence[Relation], bare: str
    ) -> TypedExpression | SqlProblem:
        return await self._ask(TypeExpression(expression, list(relations), bare))

    async def pattern(self, pattern: str) -> SqlProblem | None:
        return await self._ask(CheckPattern(pattern))

    async def text(self, text: str, relations: Sequence[str] | None) -> SqlProblem | None:
        """May it run, whatever the columns are? As CheckText says it."""
        return await self._ask(CheckText(text, None if relations is None else list(relations)))

    async def _ask(self, request: RequestFor[AnswerT]) -> AnswerT | SqlProblem:
        """A text that ends the child, or keeps it busy for too long, is at fault; the next text gets another child."""
        try:
            async with self.child() as box:
                return await box.call(request, seconds=QUESTION_SECONDS)
        except SqlRefused as refused:
            return refused.problem
        except RunFault as fault:
            return SqlProblem(fault.message, fault.hint)

    @asynccontextmanager
    async def child(self) -> AsyncGenerator[Sandbox]:
        """The plan's own child, for one question; one that a question was too much for is let go."""
        async with self._turn:
            if self._box is None:
                self._box = await self._lease.enter_async_context(self._sandboxes.lease())
            try:
                yield self._box
            except RunFault:
                await self._let_go()
                raise

    async def _let_go(self) -> None:
        self._box = None
        await self._lease.aclose()

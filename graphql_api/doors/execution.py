"""Executing operations, the same for HTTP and WebSocket."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from graphql import execute as core_execute  # pyright: ignore[reportUnknownVariableType]
from graphql import subscribe as core_subscribe  # pyright: ignore[reportUnknownVariableType]
from strawberry.execution import optimized_is_awaitable

from graphql_api.context import Context
from graphql_api.doors.documents import Document, Documents
from graphql_api.doors.presenting import Presented, presented


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks for."""

    query: str
    variables: dict[str, Any] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`executed` False: the request itself was refused, and there is no data."""

    executed: bool
    data: dict[str, Any] | None
    errors: list[Presented]

    def body(self) -> dict[str, object]:
        data: dict[str, object] = {"data": self.data} if self.executed else {}
        return {"errors": self.errors, **data} if self.errors else data


@dataclass(frozen=True, slots=True)
class Executor:
    schema: GraphQLSchema
    documents: Documents

    def read(self, operation: Operation) -> tuple[Document, OperationType | None]:
        document = self.documents.read(operation.query)
        return document, document.operation_type(operation.name)

    async def run(self, document: Document, operation: Operation, context: Context) -> Outcome:
        """A query or mutation."""
        if document.errors or document.ast is None:
            return Outcome(False, None, presented(document.errors))
        begun = core_execute(
            self.schema,
            document.ast,
            context_value=context,
            variable_values=operation.variables,
            operation_name=operation.name,
            is_awaitable=cast("Any", optimized_is_awaitable),
        )
        return _outcome(await begun if isawaitable(begun) else begun)

    async def follow(self, document: Document, operation: Operation, context: Context) -> AsyncGenerator[Outcome]:
        """A subscription: one outcome an event. One that was not executed is the last."""
        if document.errors or document.ast is None:
            yield Outcome(False, None, presented(document.errors))
            return
        started: object = core_subscribe(
            self.schema,
            document.ast,
            context_value=context,
            variable_values=operation.variables,
            operation_name=operation.name,
        )
        stream: object = await started if isawaitable(started) else started
        if isinstance(stream, ExecutionResult):
            yield Outcome(False, None, presented(stream.errors or ()))
            return
        events = cast("AsyncGenerator[ExecutionResult]", stream)
        try:
            async for result in events:
                yield _outcome(result)
        except Exception as error:  # the border: what ends the stream is its last message; presenting logs a bug
            yield refused(error)
        finally:
            await events.aclose()


def refused(error: Exception) -> Outcome:
    """What ended a request outside of any field."""
    return Outcome(False, None, presented([GraphQLError(str(error), original_error=error)]))


def _outcome(result: ExecutionResult) -> Outcome:
    errors = result.errors or []
    unmet = result.data is None and bool(errors) and all(error.path is None for error in errors)
    return Outcome(not unmet, result.data, presented(errors))

"""What planning must ask of the world, and how the answers look. A refusal is an answer; trouble is an exception."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from graphql_api.engines.shapes import FileColumn, Relation, SqlProblem, TypedExpression


@dataclass(frozen=True, slots=True)
class Refusal:
    """`uri`: the one of those asked for that is at fault, where it is one."""

    message: str
    hint: str | None = None
    uri: str | None = None


class Answers(Protocol):
    """Raises Unavailable, and nothing else, where a part that is needed does not answer."""

    async def place(self, uri: str) -> Refusal | None:
        """May a source lie there?"""
        ...

    async def columns(self, uris: Sequence[str]) -> Sequence[FileColumn] | Refusal:
        """The columns that the files' footers show, as one."""
        ...

    async def text(self, text: str, relations: Sequence[str] | None) -> SqlProblem | None:
        """May it run, whatever the columns are? `relations` None: as one scalar expression."""
        ...

    async def sql(self, sql: str, relations: Sequence[Relation]) -> Sequence[FileColumn] | SqlProblem:
        """What a SELECT over these relations gives."""
        ...

    async def expression(self, expression: str, columns: Sequence[FileColumn]) -> FileColumn | SqlProblem:
        """The type of one scalar expression over these columns."""
        ...

    async def expression_over(
        self, expression: str, relations: Sequence[Relation], bare: str
    ) -> TypedExpression | SqlProblem:
        """One scalar expression over the columns of several relations, as TypeExpression says it."""
        ...

    async def pattern(self, pattern: str) -> SqlProblem | None:
        """Is it a regular expression of RE2?"""
        ...

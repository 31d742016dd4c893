"""How a computation says no, and how DuckDB's words become ours."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import duckdb
import msgspec

from graphql_api.engines.duck_words import Told, in_our_words
from graphql_api.engines.shapes import ComputeProblem, SqlProblem
from graphql_api.engines.text import place

# `error('...')` inside SQL is how a computation over millions of rows stops at the one that cannot be; what it says
# begins with this, then the code and the message as JSON.
MARK = "!problem!"
AT_FAULT_ELSEWHERE = (duckdb.InterruptException, duckdb.OutOfMemoryException, duckdb.IOException)
"""Errors that are not the text's fault."""
MOST_PROBLEMS = 20
"""That are told of one text."""


class Refused(Exception):
    """Carries the problem across the border of the sandbox."""

    def __init__(self, problem: SqlProblem | ComputeProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def refuse_sql(message: str, *, hint: str | None = None, at: tuple[int, int] | None = None) -> NoReturn:
    line, column = at if at is not None else (None, None)
    raise Refused(SqlProblem(message, hint, line, column))


def refuse_all(problems: Sequence[SqlProblem]) -> None:
    """Refuses with all of them, in the order of their places; does nothing where there is none."""
    if problems:
        first, *others = sorted(problems, key=lambda one: (one.line or 0, one.column or 0))[:MOST_PROBLEMS]
        raise Refused(msgspec.structs.replace(first, others=tuple(others)))


def refuse(code: str, message: str, *, hint: str | None = None, retryable: bool = False) -> NoReturn:
    raise Refused(ComputeProblem(code, message, hint, retryable))


def marked(error: duckdb.Error) -> ComputeProblem | None:
    """The problem that SQL of ours raised through `error()`, if this is one."""
    message = Told(error).message
    start = message.find(MARK)
    if start < 0:
        return None
    code, text = message[start + len(MARK) :].split("!", 1)
    return ComputeProblem(code, text)


def sql_problem(error: duckdb.Error, text: str, *, before: int = 0) -> SqlProblem:
    """Of an error in `text`, which stood `before` bytes into the statement."""
    told = Told(error)
    line, column = sql_place(error, text, before=before) or (None, None)
    start = (told.position or 0) - before
    pointed = text.encode()[start : start + told.length].decode(errors="ignore") if start >= 0 else ""
    message, hint = in_our_words(told, pointed)
    return SqlProblem(message, hint, line, column)


def sql_place(error: duckdb.Error, text: str, *, before: int) -> tuple[int, int] | None:
    """Line and column that the error points to in `text`, which stood `before` bytes into the statement."""
    position = Told(error).position
    return None if position is None else place(text, position - before)


@contextmanager
def binding(text: str, *, before: int = 0) -> Generator[None]:
    """What DuckDB says of a text that it only parses and binds is the text's fault."""
    try:
        yield
    except AT_FAULT_ELSEWHERE:
        raise
    except duckdb.Error as error:
        raise Refused(sql_problem(error, text, before=before)) from error


def compute_problem(error: duckdb.Error) -> ComputeProblem:
    """Of an error while computing."""
    if (problem := marked(error)) is not None:
        return problem
    message = Told(error).plain
    match error:
        case duckdb.InterruptException():
            return ComputeProblem("CANCELLED", "The computation was cancelled.")
        case duckdb.OutOfMemoryException():
            return ComputeProblem(
                "OUT_OF_MEMORY",
                f"The computation needs more memory than it may have: {message}",
                "Compute less at once: a shorter lookback, fewer columns, or smaller chunks.",
            )
        case duckdb.PermissionException():
            return ComputeProblem("FORBIDDEN_FILE", message)
        case duckdb.IOException():
            return ComputeProblem("IO_FAILED", message, retryable=True)
        case _:
            return ComputeProblem("SQL_FAILED", message)


def raising(code: str, message_sql: str) -> str:
    """A SQL expression that ends the computation with `message_sql`, itself an expression of type VARCHAR."""
    return f"error('{MARK}{code}!' || {message_sql})"

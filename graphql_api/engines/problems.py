"""How a computation says no, and how DuckDB's words become ours."""

import difflib
import json
import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import NoReturn, cast

import duckdb

from graphql_api.engines.shapes import ComputeProblem, SqlProblem
from graphql_api.engines.text import place

# `error('...')` inside SQL is how a computation over millions of rows stops at the one that cannot be; what it says
# begins with this, then the code and the message as JSON.
MARK = "!problem!"


class Refused(Exception):
    """Carries the problem across the border of the sandbox."""

    def __init__(self, problem: SqlProblem | ComputeProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def refuse_sql(message: str, *, hint: str | None = None, at: tuple[int, int] | None = None) -> NoReturn:
    line, column = at if at is not None else (None, None)
    raise Refused(SqlProblem(message, hint, line, column))


def refuse(code: str, message: str, *, hint: str | None = None, retryable: bool = False) -> NoReturn:
    raise Refused(ComputeProblem(code, message, hint, retryable))


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` looks like a slip of."""
    found = difflib.get_close_matches(name.lower(), sorted(candidates), n=1, cutoff=0.6)
    return f"Did you mean {found[0]!r}?" if found else None


class _Told:
    """A DuckDB error, taken apart: its kind, its words, where it points to."""

    def __init__(self, error: duckdb.Error) -> None:
        text = str(error)
        self.message = text
        self.position: int | None = None
        self.candidates: list[str] = []
        brace = text.find("{")
        try:
            told = cast("dict[str, str]", json.loads(text[brace:])) if brace >= 0 else {}
        except ValueError:
            told = {}
        if "exception_message" in told:
            self.message = told["exception_message"]
            self.candidates = [c for c in told.get("candidates", "").split(",") if c]
            if told.get("position", "").isdigit():
                self.position = int(told["position"])
        self.first_line = re.split(r"\n\s*(?:Candidate|Did you mean|LINE )", self.message, maxsplit=1)[0].strip()


def marked(error: duckdb.Error) -> ComputeProblem | None:
    """The problem that SQL of ours raised through `error()`, if this is one."""
    message = _Told(error).message
    start = message.find(MARK)
    if start < 0:
        return None
    code, text = message[start + len(MARK) :].split("!", 1)
    return ComputeProblem(code, text)


def sql_problem(error: duckdb.Error, text: str, *, before: int = 0) -> SqlProblem:
    """Of an error in `text`, which stood `before` bytes into the statement."""
    told = _Told(error)
    line, column = sql_place(error, text, before=before) or (None, None)
    hint = f"Did you mean {told.candidates[0]!r}?" if told.candidates else None
    return SqlProblem(told.first_line, hint, line, column)


def sql_place(error: duckdb.Error, text: str, *, before: int) -> tuple[int, int] | None:
    """Line and column that the error points to in `text`, which stood `before` bytes into the statement."""
    position = _Told(error).position
    return None if position is None else place(text, position - before)


@contextmanager
def binding(text: str, *, before: int = 0) -> Generator[None]:
    """What DuckDB says of a text that it only parses and binds is the text's fault."""
    try:
        yield
    except (duckdb.InterruptException, duckdb.OutOfMemoryException, duckdb.IOException):
        raise
    except duckdb.Error as error:
        raise Refused(sql_problem(error, text, before=before)) from error


def compute_problem(error: duckdb.Error) -> ComputeProblem:
    """Of an error while computing."""
    if (problem := marked(error)) is not None:
        return problem
    message = _Told(error).first_line
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

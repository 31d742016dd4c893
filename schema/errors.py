"""Refusals that a user can act on: members of the unions that mutations return."""

from typing import Self

import strawberry

from graphql_api import errors
from schema.enums import ErrorCode


@strawberry.interface(description="A refusal. Unions grow: select `... on Error { code message }` to meet any of them.")
class Error:
    code: ErrorCode = strawberry.field(description="What kind of refusal it is, for programs.")
    message: str = strawberry.field(description="What is wrong, for people.")


@strawberry.type(description="One thing that is wrong with what was sent.")
class Problem:
    path: str = strawberry.field(
        description="Leads to the place, from the field's arguments: definitions[2].features[0].type, or input.start"
    )
    message: str = strawberry.field(description="What is wrong there.")
    hint: str | None = strawberry.field(description="What to do, or the nearest valid name where it looks like a slip.")


@strawberry.type(description="What was sent is wrong; nothing was done.")
class InvalidInput(Error):
    problems: list[Problem] = strawberry.field(
        description="Every problem at once; may be empty where the message says all."
    )

    @classmethod
    def of(cls, refusal: errors.InvalidInput, *, within: str | None = None) -> Self:
        """`within`: the argument that the paths of its problems begin in; None: they name their argument themselves."""
        problems = [
            Problem(path=_path(within, one.path), message=one.message, hint=one.hint) for one in refusal.problems
        ]
        return cls(code=ErrorCode.INVALID_INPUT, message=refusal.message, problems=problems)


def _path(within: str | None, path: str) -> str:
    return ".".join(part for part in (within, path) if part)


@strawberry.type(description="What was named is not there; nothing was done.")
class NotFound(Error):
    @classmethod
    def of(cls, refusal: errors.NotFound) -> Self:
        return cls(code=ErrorCode.NOT_FOUND, message=refusal.message)


@strawberry.type(description="Right in itself, but not as things stand; nothing was done.")
class Conflict(Error):
    @classmethod
    def of(cls, refusal: errors.Conflict) -> Self:
        return cls(code=ErrorCode.CONFLICT, message=refusal.message)


@strawberry.type(description="Something else would break; nothing was done.")
class BlockedByDependents(Error):
    dependents: list[str] = strawberry.field(description="References of what depends on it.")

    @classmethod
    def of(cls, refusal: errors.BlockedByDependents) -> Self:
        return cls(code=ErrorCode.BLOCKED_BY_DEPENDENTS, message=refusal.message, dependents=list(refusal.dependents))


@strawberry.type(description="A part that is needed does not answer; the same request may pass later.")
class Unavailable(Error):
    retry_after_seconds: float | None = strawberry.field(description="When to try again; null where that is not known.")

    @classmethod
    def of(cls, refusal: errors.Unavailable) -> Self:
        return cls(code=ErrorCode.UNAVAILABLE, message=refusal.message, retry_after_seconds=refusal.retry_after_seconds)

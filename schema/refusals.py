"""How an error that is raised becomes a member of the union that a field returns.

A field whose union lacks the member gives a GraphQL error instead, and so do refusals that concern every request:
no token, too small a role, a project that is not there for the viewer, a limit."""

import strawberry
from strawberry.types.field import StrawberryField

from graphql_api import errors
from graphql_api.context import Info
from schema.errors import BlockedByDependents, Conflict, InvalidInput, NotFound, Unavailable

INPUT = "input"


class InvalidInputs(strawberry.ExceptionHandler[errors.InvalidInput, InvalidInput]):
    def handle(self, exception: errors.InvalidInput, *, field: StrawberryField, info: Info) -> InvalidInput:
        return InvalidInput.of(exception, within=INPUT if _takes_input(field) else None)


class NotFounds(strawberry.ExceptionHandler[errors.NotFound, NotFound]):
    def handle(self, exception: errors.NotFound, *, field: StrawberryField, info: Info) -> NotFound | None:
        return None if isinstance(exception, errors.ProjectNotFound) else NotFound.of(exception)


class Conflicts(strawberry.ExceptionHandler[errors.Conflict, Conflict]):
    def handle(self, exception: errors.Conflict, *, field: StrawberryField, info: Info) -> Conflict:
        return Conflict.of(exception)


class BlockedOnes(strawberry.ExceptionHandler[errors.BlockedByDependents, BlockedByDependents]):
    def handle(
        self, exception: errors.BlockedByDependents, *, field: StrawberryField, info: Info
    ) -> BlockedByDependents:
        return BlockedByDependents.of(exception)


class Unavailables(strawberry.ExceptionHandler[errors.Unavailable, Unavailable]):
    def handle(self, exception: errors.Unavailable, *, field: StrawberryField, info: Info) -> Unavailable:
        return Unavailable.of(exception)


def _takes_input(field: StrawberryField) -> bool:
    """Services know nothing of inputs: a problem's path begins with a field of it, and a client's with the argument."""
    return any(argument.python_name == INPUT for argument in field.arguments)


REFUSALS = (InvalidInputs(), NotFounds(), Conflicts(), BlockedOnes(), Unavailables())

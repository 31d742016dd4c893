"""All that is raised on purpose.

UserError                    a refusal that its reader can act on; never masked
├── InvalidInput             what was sent is wrong; every problem at once
├── NotFound
├── Conflict                 right in itself, but not now
├── BlockedByDependents      something else would break
├── Unavailable              a part that is needed does not answer
├── Unauthenticated
├── Forbidden
├── LinkExpired              a link that was given counts no more
└── LimitExceeded
RunFault                     why an attempt of a run ended; `retryable` where another attempt may pass
Fenced                       this process no longer holds what it works on; whatever it still does must have no effect
CannotStart                  a process cannot begin its work here; says what is in the way and what helps
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` leads to the place: `definitions[2].features[0].type`."""

    path: str
    message: str
    hint: str | None = None


class UserError(Exception):
    code: ClassVar[str]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(UserError):
    code = "INVALID_INPUT"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NotFound(UserError):
    code = "NOT_FOUND"


class Conflict(UserError):
    code = "CONFLICT"


class BlockedByDependents(UserError):
    code = "BLOCKED_BY_DEPENDENTS"

    def __init__(self, message: str, dependents: Sequence[str]) -> None:
        super().__init__(message)
        self.dependents = tuple(dependents)


class Unavailable(UserError):
    code = "UNAVAILABLE"

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unauthenticated(UserError):
    code = "UNAUTHENTICATED"


class Forbidden(UserError):
    """`project_id`: where a role is lacking; None: on the server."""

    code = "FORBIDDEN"

    def __init__(self, message: str, project_id: str | None = None) -> None:
        super().__init__(message)
        self.project_id = project_id


class LinkExpired(UserError):
    code = "EXPIRED"


class ProjectNotFound(NotFound):
    """A GraphQL error everywhere, mutations too: the project is unknown or the viewer has no role in it."""


class LimitExceeded(UserError):
    code = "LIMIT_EXCEEDED"


class RunFault(Exception):
    def __init__(self, code: str, message: str, *, hint: str | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.retryable = retryable


class Fenced(Exception):
    """Another process holds the run or the lock, or the run is no longer running."""


class CannotStart(Exception):
    """Shown on the screen as it is, without a traceback. A process that ends with this status would do so again."""

    exit_status: ClassVar = 78  # EX_CONFIG

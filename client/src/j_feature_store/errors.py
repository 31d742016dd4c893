"""All that the client raises on purpose.

FeatureStoreError
├── Refused                      the server said no; `code` is its word for why
│   ├── InvalidInput             what was asked is wrong; `problems` lead to each place
│   ├── NotFound
│   ├── Conflict                 right in itself, but not now
│   ├── BlockedByDependents      something else would break; `dependents` name it
│   ├── Unauthenticated          no token, or one that does not count
│   ├── Forbidden                the token lacks a role
│   ├── LimitExceeded
│   ├── Unavailable              the server, or a part that it needs, does not answer
│   └── ServerFault              a bug; its message names the entry in the server's log
├── UnexpectedAnswer             something answers there, but not as this API does
├── RunFailed                    a run that was waited for ended without success
├── TimedOut                     a run that was waited for goes on; `run` is what to wait for further
├── Damaged                      a download that is not what the server announced
└── Missing                      an extra of this package, such as pandas, is not installed
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from j_feature_store.runs import Run


class Problem(msgspec.Struct, frozen=True):
    """What is wrong at one place: `path` is like `definitions[2].features[0].type`, or begins with a file's name."""

    path: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        told = f"{self.path}: {self.message}" if self.path else self.message
        return f"{told} {self.hint}" if self.hint else told


class FeatureStoreError(Exception):
    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(FeatureStoreError):
    """The server said no. A code that this version of the client has no class for comes as `Refused` itself."""

    code: str = ""


class InvalidInput(Refused):
    code = "INVALID_INPUT"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {problem}" for problem in self.problems)])


class NotFound(Refused):
    code = "NOT_FOUND"


class Conflict(Refused):
    code = "CONFLICT"


class BlockedByDependents(Refused):
    code = "BLOCKED_BY_DEPENDENTS"

    def __init__(self, message: str, dependents: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.dependents = tuple(dependents)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {dependent}" for dependent in self.dependents)])


class Unauthenticated(Refused):
    code = "UNAUTHENTICATED"


class Forbidden(Refused):
    code = "FORBIDDEN"


class LimitExceeded(Refused):
    code = "LIMIT_EXCEEDED"


class Unavailable(Refused):
    code = "UNAVAILABLE"

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ServerFault(Refused):
    code = "INTERNAL"


class UnexpectedAnswer(FeatureStoreError):
    pass


class RunFailed(FeatureStoreError):
    """`run` is as it ended, its `failure` says what a person can do about it."""

    def __init__(self, run: "Run") -> None:
        failure = run.failure
        told = f"The run {run.id} is {run.state}"
        if failure is not None:
            told += f": {failure.message}" + (f" {failure.hint}" if failure.hint else "")
        super().__init__(told)
        self.run = run


class TimedOut(FeatureStoreError, TimeoutError):
    """`run` is what was waited for, or its id, as it was given: `wait` and `watch` take it, and follow it further."""

    def __init__(self, run: "Run | str") -> None:
        told = run if isinstance(run, str) else run.title
        super().__init__(f"{told} goes on; the time to wait for its end is over. `wait` follows it further.")
        self.run = run


class Damaged(FeatureStoreError):
    pass


class Missing(FeatureStoreError, ImportError):
    def __init__(self, package: str, extra: str) -> None:
        FeatureStoreError.__init__(self, f"This needs {package}: pip install 'j-feature-store[{extra}]'.")


_PLAIN: Mapping[str, type[Refused]] = {
    each.code: each for each in (NotFound, Conflict, Unauthenticated, Forbidden, LimitExceeded, ServerFault)
}


def refusal(code: str, message: str, details: Mapping[str, Any]) -> Refused:
    """The error of a code, with what its kind carries: problems, dependents, a time to wait."""
    match code:
        case InvalidInput.code:
            return InvalidInput(message, problems_in(details))
        case BlockedByDependents.code:
            return BlockedByDependents(message, details.get("dependents") or ())
        case Unavailable.code:
            return Unavailable(message, details.get("retryAfterSeconds"))
        case _:
            error = _PLAIN.get(code, Refused)(message)
            error.code = code
            return error


def problems_in(details: Mapping[str, Any]) -> list[Problem]:
    """An input's fields are arguments here, by the same names."""
    listed: Sequence[Mapping[str, str | None]] = details.get("problems") or ()
    return [
        Problem((each.get("path") or "").removeprefix("input."), each.get("message") or "", each.get("hint"))
        for each in listed
    ]

"""Why an attempt ended, in words that a person can act on, and when the next one may begin."""

import logging

from pymongo.errors import PyMongoError

from graphql_api.documents.materializations import RunFailurePart
from graphql_api.documents.raw import passes
from graphql_api.errors import RunFault, Unavailable, UserError
from graphql_api.sandbox.pool import SqlRefused

logger = logging.getLogger(__name__)
_LONGEST_PAUSE_SECONDS = 60.0


def as_fault(error: Exception) -> RunFault:
    """What a person is told; what nobody foresaw goes to the log in full, and is told as that."""
    match error:
        case RunFault():
            return error
        case SqlRefused():
            problem = error.problem
            place = f" (line {problem.line}, column {problem.column})" if problem.line is not None else ""
            return RunFault("SQL_REFUSED", f"{problem.message}{place}", hint=problem.hint)
        case Unavailable():
            return RunFault("UNAVAILABLE", error.message, retryable=True)
        case UserError():
            return RunFault(error.code, error.message)
        case PyMongoError() if passes(error):
            return RunFault("UNAVAILABLE", "MongoDB does not answer.", retryable=True)
        case OSError():
            logger.warning("a run met trouble with local files", exc_info=error)
            return RunFault("LOCAL_FILES", f"The worker cannot use its disk: {error.strerror}.", retryable=True)
        case _:
            logger.error("a run failed for a reason that nobody foresaw", exc_info=error)
            return RunFault("INTERNAL", "The run failed inside the feature store; the worker's log says why.")


def failure_of(fault: RunFault) -> RunFailurePart:
    return RunFailurePart(code=fault.code, message=fault.message, hint=fault.hint, retryable=fault.retryable)


def pause_seconds(failures: int, first: float) -> float:
    """Before the attempt after this many failures: doubling, up to a minute."""
    return min(first * 2 ** min(failures - 1, 16), _LONGEST_PAUSE_SECONDS)

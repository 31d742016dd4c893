"""Where what goes wrong ends: with one chore, or one piece of it, and not with all that comes after."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from pymongo.errors import PyMongoError

from graphql_api.documents.raw import passes
from graphql_api.errors import RunFault, UserError

log = logging.getLogger(__name__)

_TOLD = (PyMongoError, UserError, RunFault)
"""What says all in its message."""


def tell(what: str, error: Exception) -> None:
    """Log that something is left for later, and why."""
    log.warning("%s waits: %s", what, error, exc_info=None if isinstance(error, _TOLD) else error)


@contextmanager
def apart(what: str) -> Generator[None]:
    """Whatever goes wrong with one piece is told, and the next one goes on. A database that does not answer is no
    matter of a piece: that is raised."""
    try:
        yield
    except Exception as error:  # the border
        if isinstance(error, PyMongoError) and passes(error):
            raise
        tell(what, error)

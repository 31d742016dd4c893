"""The layout of the rows in the online store, of which the store itself bears the number.

There was never another than the first: a store without a number has it, or nothing. The next one comes with a migration
that writes the rows anew."""

import logging

from graphql_api.domain.packing import LAYOUT
from graphql_api.domain.release import RELEASE
from graphql_api.errors import CannotStart, Unavailable
from graphql_api.stores.online import OnlineStore

log = logging.getLogger(__name__)


async def require_layout(online: OnlineStore) -> None:
    """Raises CannotStart where the rows have another layout than this program reads and writes, Unavailable where the
    store does not answer."""
    layout = await online.layout()
    if layout not in (None, LAYOUT):
        raise CannotStart(
            f"The online store at REDIS_URL has rows of layout {layout}, which another release has written; this is "
            f"release {RELEASE}, which knows layout {LAYOUT}. Nothing was changed.\n"
            "Start the release that wrote it, or choose another Redis with REDIS_URL."
        )


async def refuse_other_layout(online: OnlineStore) -> None:
    """The same for those who begin without the store too: look-ups say that it is away, and readiness asks again."""
    try:
        await require_layout(online)
    except Unavailable as away:
        log.warning("The layout of the online store is not known yet: %s", away)


async def declare_layout(online: OnlineStore) -> None:
    try:
        await online.declare_layout(LAYOUT)
    except Unavailable as away:
        log.warning("The layout of the online store is not declared yet: %s", away)
